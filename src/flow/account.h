// What becomes of an account, and of its entitlements with it (OpenTV §2.3): when it is cancelled
// or deleted they end, softly or, where that cannot be, at once; when it is suspended they are only
// suspended where the operator wants it so. One recorded operation, the cascade: what was asked
// stays asked, and what is left goes on after a crash.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>

#include "base/task.h"
#include "domain/entitlement.h"
#include "flow/failure.h"
#include "flow/once.h"
#include "flow/ports.h"

namespace usher::flow {

struct ChangedAccount {
    bool modified = false;
    bool all_confirmed = true;  // else the partner has yet to be told of some
};

struct ChangeAccount {
    domain::TenantId tenant;
    domain::AccountId account;
    domain::AccountStatus status{};  // of a deletion: not looked at
    bool deletes = false;
    bool suspends = false;  // its entitlements too, and resumes those again
    domain::Asker asker;
    std::optional<Once<ChangedAccount>> once{};
};

// Waits for nobody at the partner. The cascade begins at once and goes on until `deadline`; then
// go_on_with_cascades() takes it up. An error of the store after the account was changed is none:
// what is left is recorded.
base::Task<std::expected<ChangedAccount, Failure>> change_account(Ports& ports,
                                                                  ChangeAccount request,
                                                                  base::Monotonic deadline);

// Takes up what is due of every tenant, and says how many accounts that were. Nodes may do so at
// the same time: a request is recorded once.
base::Task<std::size_t> go_on_with_cascades(Ports& ports, base::Monotonic deadline);

struct AccountView {
    domain::Account account;
    std::size_t live = 0;       // entitlements, those that end softly included
    std::size_t unsettled = 0;  // of those
};

base::Task<std::expected<AccountView, Failure>> read_account(Ports& ports, domain::TenantId tenant,
                                                             domain::AccountId account);

}  // namespace usher::flow
