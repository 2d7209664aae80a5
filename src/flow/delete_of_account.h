// Deletes all of an account's entitlements (OpenTV §2.1 G9), each as a deletion of its own: what
// was recorded stays recorded whatever becomes of the next.
#pragma once

#include <expected>
#include <utility>
#include <vector>

#include "base/task.h"
#include "domain/entitlement.h"
#include "flow/failure.h"
#include "flow/once.h"
#include "flow/ports.h"

namespace usher::flow {

struct DeletedOfAccount {
    std::size_t deleted = 0;
    bool all_confirmed = true;  // else the partner has yet to be told of some
    std::vector<std::pair<domain::EntitlementId, Failure>> kept;  // refused at once
};

struct DeleteOfAccount {
    domain::TenantId tenant;
    domain::AccountId account;
    domain::Asker asker;
    std::optional<Once<DeletedOfAccount>> once{};
};

// Waits for nobody at the partner. With a key, what repeats it after a crash deletes the rest. An
// error is the store's; what was deleted before it stays so,
// and the call can be repeated.
base::Task<std::expected<DeletedOfAccount, Failure>> delete_of_account(Ports& ports,
                                                                       DeleteOfAccount request);

}  // namespace usher::flow
