#include "flow/account.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/log.h"
#include "base/planted.h"
#include "flow/cascading.h"
#include "flow/update_status.h"

namespace usher::flow {

namespace {

using domain::Account;
using domain::AccountStatus;
using domain::CascadeKind;

constexpr std::size_t kTakenUpAtOnce = 16;
constexpr std::size_t kCounted = 10'000;

std::optional<CascadeKind> cascade_of(const ChangeAccount& request) {
    if (request.deletes || request.status == AccountStatus::cancelled) return CascadeKind::end;
    if (!request.suspends) return std::nullopt;
    if (request.status == AccountStatus::suspended) return CascadeKind::suspend;
    if (request.status == AccountStatus::active) return CascadeKind::resume;
    return std::nullopt;
}

struct Changed {
    std::optional<Account> account;  // nothing: it was so already
    bool cascades = false;
};

std::expected<Changed, Failure> changed(const ChangeAccount& request, const Rows& rows) {
    if (!rows.account || rows.account->deleted_at) {
        return std::unexpected{fail(FailureKind::account_not_there)};
    }
    auto account = *rows.account;
    const auto before = account.status;
    const auto to = request.deletes ? AccountStatus::cancelled : request.status;
    if (before == AccountStatus::cancelled && to != before) {
        return std::unexpected{fail(FailureKind::account_ended)};
    }
    if (to == before && !request.deletes) return Changed{};
    account.status = to;
    account.modified = rows.now;
    if (request.deletes) account.deleted_at = rows.now;
    const auto kind = cascade_of(request);
    if (kind) {
        account.cascade = domain::Cascade{.kind = *kind,
                                          .asker = request.asker,
                                          .begun = rows.now,
                                          .due_at = rows.now + kCascadeLease};
    }
    return Changed{.account = std::move(account), .cascades = kind.has_value()};
}

using AccountDecided = std::variant<Changed, Failure>;

std::pair<Writes, AccountDecided> decide_change(const ChangeAccount& request, const Rows& rows) {
    auto done = changed(request, rows);
    if (!done) return {Writes{}, done.error()};
    Writes writes{.account = done->account};
    if (base::planted(base::Planted::cascade_not_recorded) && writes.account) {
        writes.account->cascade.reset();
    }
    return {std::move(writes), std::move(*done)};
}

// What is known before any entitlement was asked.
ChangedAccount as_begun(const Changed& done) {
    const bool is_done = done.account && !done.cascades;
    return {.modified = done.account.has_value(), .all_confirmed = is_done};
}

// What was only tried would ask something of the account's entitlements as well.
base::Task<Failure> with_cascade(Ports& ports, Failure failure) {
    const bool cascades =
        failure.tried && failure.tried->account && failure.tried->account->cascade;
    if (!cascades) co_return failure;
    auto tried = *failure.tried;
    auto asked = co_await try_cascade(ports, *tried.account);
    if (!asked) co_return fail(asked.error());
    add(tried, std::move(*asked));
    failure.tried = std::make_shared<const Tried>(std::move(tried));
    co_return failure;
}

// An earlier change may not have come true everywhere yet.
base::Task<std::expected<ChangedAccount, Failure>> unchanged(Ports& ports,
                                                             const ChangeAccount& request) {
    const auto view = co_await read_account(ports, request.tenant, request.account);
    if (!view) co_return std::unexpected{view.error()};
    const auto& cascade = view->account.cascade;
    const bool still_asks = cascade && cascade->due_at && cascade->rounds == 0;
    co_return ChangedAccount{.modified = false,
                             .all_confirmed = !still_asks && view->unsettled == 0};
}

}  // namespace

base::Task<std::expected<ChangedAccount, Failure>> change_account(Ports& ports,
                                                                  ChangeAccount request,
                                                                  base::Monotonic deadline) {
    auto decided = co_await decide_in<AccountDecided>(
        ports.store,
        {.tenant = request.tenant, .account = request.account, .idempotency = key_of(request.once)},
        [request](const Rows& rows) {
            return decide_once<ChangedAccount, Changed>(
                request.once, rows, [&] { return decide_change(request, rows); }, as_begun);
        });
    if (!decided) co_return std::unexpected{fail(decided.error())};
    if (auto* failure = std::get_if<Failure>(&*decided)) {
        co_return std::unexpected{co_await with_cascade(ports, std::move(*failure))};
    }
    auto& done = std::get<Changed>(*decided);
    auto& account = done.account;
    if (!account) co_return co_await unchanged(ports, request);
    base::log(base::LogLevel::info, "account_changed",
              {{"tenant", request.tenant.text()},
               {"account", request.account.text()},
               {"status", std::string{domain::to_text(account->status)}},
               {"correlation_id", request.asker.correlation.text()}});
    if (!done.cascades) co_return ChangedAccount{.modified = true};
    const auto round = co_await walk_cascade(ports, std::move(*account), deadline);
    co_return ChangedAccount{.modified = true,
                             .all_confirmed = round.finished && round.all_confirmed};
}

base::Task<std::size_t> go_on_with_cascades(Ports& ports, base::Monotonic deadline) {
    const auto due = co_await ports.store.cascades_due(ports.clock.now(), kTakenUpAtOnce);
    std::size_t taken = 0;
    if (!due) co_return taken;
    for (const auto& found : *due) {
        auto account = co_await take_up_cascade(ports, found);
        if (!account || !*account) continue;
        ++taken;
        co_await walk_cascade(ports, std::move(**account), deadline);
    }
    co_return taken;
}

base::Task<std::expected<AccountView, Failure>> read_account(Ports& ports, domain::TenantId tenant,
                                                             domain::AccountId account) {
    auto found = co_await ports.store.find_account(tenant, account);
    if (!found) co_return std::unexpected{fail(found.error())};
    if (!*found || (*found)->deleted_at) {
        co_return std::unexpected{fail(FailureKind::account_not_there)};
    }
    const auto live = co_await ports.store.live_of_account(tenant, account, kCounted);
    if (!live) co_return std::unexpected{fail(live.error())};
    const auto unsettled = std::ranges::count_if(
        *live, [](const domain::Entitlement& row) { return !domain::is_settled(row); });
    co_return AccountView{.account = std::move(**found),
                          .live = live->size(),
                          .unsettled = static_cast<std::size_t>(unsettled)};
}

}  // namespace usher::flow
