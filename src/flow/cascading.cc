#include "flow/cascading.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"
#include "flow/listing.h"
#include "flow/update_status.h"

namespace usher::flow {

namespace {

using domain::Account;
using domain::Cascade;
using domain::CascadeKind;
using domain::Entitlement;
using domain::EntitlementStatus;

constexpr std::size_t kInAPage = 100;
constexpr std::uint32_t kMostRounds = 8;
constexpr base::Duration kFirstPause = std::chrono::minutes{1};

bool is_meant(CascadeKind kind, const Entitlement& row) {
    const auto meaning = domain::meaning(row.convergence.status);
    switch (kind) {
        case CascadeKind::end:
            return domain::is_live(meaning) && meaning != domain::PartnerStatus::active_ending;
        case CascadeKind::suspend:
            return meaning == domain::PartnerStatus::active;
        case CascadeKind::resume:
            return meaning == domain::PartnerStatus::suspended &&
                   row.reason.code == kAccountSuspended;
    }
    return false;
}

UpdateStatus request_for(const Account& account, const Entitlement& row) {
    UpdateStatus request{.tenant = row.tenant, .entitlement = row.id};
    request.asker = account.cascade->asker;
    switch (account.cascade->kind) {
        case CascadeKind::end:
            request.ends = true;
            request.reason.cancel_category = "REVOKED";
            request.reason.cancel_code = "ACCOUNT_TERMINATED";
            break;
        case CascadeKind::suspend:
            request.status = EntitlementStatus::suspended;
            request.reason.code = kAccountSuspended;
            break;
        case CascadeKind::resume:
            request.status = EntitlementStatus::active;
            break;
    }
    return request;
}

bool is_same(const Cascade& a, const Cascade& b) {
    return a.kind == b.kind && a.begun == b.begun && a.asker == b.asker;
}

// Writes down how far it has come. Nothing when the account was changed meanwhile.
base::Task<StoreResult<bool>> note(Ports& ports, const Account& account) {
    co_return co_await decide_in<bool>(
        ports.store, {.tenant = account.tenant, .account = account.id},
        [cascade = *account.cascade](const Rows& rows) -> std::pair<Writes, bool> {
            if (!rows.account || !rows.account->cascade) return {Writes{}, false};
            if (!is_same(*rows.account->cascade, cascade)) return {Writes{}, false};
            auto noted = *rows.account;
            noted.cascade = cascade;
            return {Writes{.account = std::move(noted)}, true};
        });
}

struct Asked {
    std::uint64_t recorded = 0;
    std::uint64_t refused = 0;
    bool all_confirmed = true;
};

base::Task<StoreResult<Asked>> ask_page(Ports& ports, const Account& account,
                                        const std::vector<Entitlement>& page) {
    Asked asked;
    for (const auto& row : page) {
        if (!is_meant(account.cascade->kind, row)) continue;
        const auto done = co_await update_status(ports, request_for(account, row));
        if (done) {
            asked.recorded += done->modified ? 1 : 0;
            if (done->propagated == Propagated::pending) asked.all_confirmed = false;
        } else if (done.error().kind == FailureKind::store) {
            co_return std::unexpected{*done.error().store};
        } else if (done.error().kind != FailureKind::entitlement_unknown) {
            ++asked.refused;
            asked.all_confirmed = false;
        }
    }
    co_return asked;
}

void end_round(Cascade& cascade, bool asked_for_something, base::Time now) {
    cascade.after = {};
    ++cascade.rounds;
    if (!asked_for_something || cascade.rounds >= kMostRounds) {
        cascade.due_at.reset();
    } else {
        cascade.due_at = now + kFirstPause * (1U << (cascade.rounds - 1));
    }
}

void log_end(const Account& account, std::uint64_t refused) {
    if (account.cascade->due_at) return;
    base::log(refused == 0 ? base::LogLevel::info : base::LogLevel::warning, "cascade_over",
              {{"tenant", account.tenant.text()},
               {"account", account.id.text()},
               {"kind", std::string{domain::to_text(account.cascade->kind)}},
               {"asked", std::to_string(account.cascade->asked)},
               {"refused", std::to_string(refused)}});
}

}  // namespace

base::Task<CascadeRound> walk_cascade(Ports& ports, Account account, base::Monotonic deadline) {
    CascadeRound round;
    auto& cascade = *account.cascade;
    // What an earlier call asked of this round's first part is not known here.
    const bool goes_on = !cascade.after.empty();
    Asked total;
    while (ports.clock.monotonic() < deadline) {
        const auto page = co_await ports.store.list(
            page_of_account(account.tenant, account.id, cascade.after, kInAPage));
        if (!page) co_return round;
        const auto asked = co_await ask_page(ports, account, page->rows);
        if (!asked) co_return round;
        total.recorded += asked->recorded;
        total.refused += asked->refused;
        round.all_confirmed = round.all_confirmed && asked->all_confirmed;
        cascade.asked += asked->recorded + asked->refused;
        round.finished = page->rows.size() < kInAPage;
        if (round.finished) {
            const bool asked_for_something = goes_on || total.recorded + total.refused > 0;
            end_round(cascade, asked_for_something, ports.clock.now());
        } else {
            cascade.after = page->rows.back().id;
            cascade.due_at = ports.clock.now() + kCascadeLease;
        }
        const auto noted = co_await note(ports, account);
        if (!noted || !*noted) co_return round;
        if (round.finished) log_end(account, total.refused);
        if (round.finished) break;
    }
    co_return round;
}

base::Task<StoreResult<std::optional<Account>>> take_up_cascade(Ports& ports,
                                                                const Account& account) {
    co_return co_await decide_in<std::optional<Account>>(
        ports.store, {.tenant = account.tenant, .account = account.id},
        [](const Rows& rows) -> std::pair<Writes, std::optional<Account>> {
            const bool is_due = rows.account && rows.account->cascade &&
                                rows.account->cascade->due_at &&
                                *rows.account->cascade->due_at <= rows.now;
            if (!is_due) return {Writes{}, std::nullopt};
            auto taken = *rows.account;
            taken.cascade->due_at = rows.now + kCascadeLease;
            return {Writes{.account = taken}, taken};
        });
}

base::Task<StoreResult<Tried>> try_cascade(Ports& ports, const Account& account) {
    constexpr std::size_t kMost = 1000;
    Tried all;
    const auto live = co_await ports.store.live_of_account(account.tenant, account.id, kMost);
    if (!live) co_return std::unexpected{live.error()};
    for (const auto& row : *live) {
        if (!is_meant(account.cascade->kind, row)) continue;
        auto tried = co_await try_update(ports, request_for(account, row));
        if (tried) {
            add(all, std::move(*tried));
        } else if (tried.error().kind == FailureKind::store) {
            co_return std::unexpected{*tried.error().store};
        }
    }
    co_return all;
}

}  // namespace usher::flow
