// Tenants that are added, changed and told while Usher runs (OpenTV §6, §2.3). Those of the
// settings are changed there.
#pragma once

#include <optional>
#include <vector>

#include "base/task.h"
#include "flow/failure.h"
#include "flow/once.h"
#include "flow/ports.h"
#include "flow/sub_tenant.h"

namespace usher::flow {

struct AddSubTenant {
    SubTenant tenant;
    domain::Asker asker;
    std::optional<Once<SubTenant>> once{};
};

// Repeating it with the same status is fine; with another one, or an id that is another primary's,
// it is id_taken. That its customers have names of their own at the partner is the caller's matter.
base::Task<std::expected<SubTenant, Failure>> add_sub_tenant(Ports& ports, AddSubTenant request);

struct ChangeSubTenant {
    domain::TenantId primary;
    domain::TenantId tenant;
    std::optional<bool> enabled;
    std::optional<TenantSettings> settings;
    domain::Asker asker;
    std::string why;
    std::optional<Once<bool>> once{};
};

// Whether anything was changed.
base::Task<std::expected<bool, Failure>> change_sub_tenant(Ports& ports, ChangeSubTenant request);

base::Task<std::expected<std::vector<SubTenant>, Failure>> list_sub_tenants(
    Ports& ports, domain::TenantId primary);

// The newest first.
base::Task<std::expected<std::vector<TenantChange>, Failure>> list_tenant_changes(
    Ports& ports, domain::TenantId tenant, std::size_t limit);

// Looks up all of them, for this node. False: the store did not answer.
base::Task<bool> load_sub_tenants(Ports& ports);

}  // namespace usher::flow
