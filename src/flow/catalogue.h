// Accounts and products in their simple form (OpenTV §2.3, §3.3): what a purchase refers to.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "domain/entitlement.h"
#include "flow/failure.h"
#include "flow/once.h"
#include "flow/ports.h"

namespace usher::flow {

struct PutProduct {
    domain::TenantId tenant;
    std::string name;
    domain::MerchantId merchant;     // providerId
    domain::ProductKey product_key;  // providerResourceId
    std::optional<Once<domain::Product>> once{};
};

// The id is `<providerId>_<providerResourceId>`, as the published example has it. Repeating it
// changes the name.
base::Task<std::expected<domain::Product, Failure>> put_product(Ports& ports, PutProduct request);

struct AddAccount {
    domain::TenantId tenant;
    std::optional<domain::AccountId> id;  // chosen by the caller; else made
    domain::AccountStatus status = domain::AccountStatus::active;
    std::optional<Once<domain::Account>> once{};
};

// At most `limit` behind `after`, in the order of their ids.
base::Task<std::expected<std::vector<domain::Product>, Failure>> list_products(
    Ports& ports, domain::TenantId tenant, domain::ProductId after, std::size_t limit);
base::Task<std::expected<domain::Product, Failure>> read_product(Ports& ports,
                                                                 domain::TenantId tenant,
                                                                 domain::ProductId id);

// Repeating it with the same id and status is fine; with another status, or when it was deleted, it
// is id_taken.
base::Task<std::expected<domain::Account, Failure>> add_account(Ports& ports, AddAccount request);

}  // namespace usher::flow
