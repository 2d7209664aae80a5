#include "flow/receive_report.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/digest.h"
#include "base/planted.h"
#include "flow/recording.h"
#include "flow/unbound.h"

namespace usher::flow {

namespace {

using domain::PartnerStatus;

struct Incoming {
    domain::TenantId tenant;
    domain::EntitlementId named;
    ReportNote note;
    std::string digest;
};

// Of a build for tests alone: taken to say that what was asked is so.
void believe(Recording& recording) {
    const auto& convergence = recording.entitlement().convergence;
    const domain::ReadAnswer answer{.outcome = domain::ReadOutcome::found,
                                    .view = {.status = domain::meaning(convergence.status)},
                                    .begun = recording.now()};
    recording.take(domain::settle_read(convergence, answer, domain::ActionSet::all()),
                   domain::Initiator::partner);
}

bool is_kept(const Rows& rows, const Incoming& incoming) {
    return std::ranges::find(rows.reports, incoming.digest, &ReportMark::digest) !=
           rows.reports.end();
}

// The report goes to those kept of `owner`; what is too old, or too much, goes.
void keep(Writes& writes, const Rows& rows, const Incoming& incoming,
          const domain::EntitlementId& owner, ReportOutcome outcome, const ReportLimits& limits) {
    const auto& note = incoming.note;
    writes.report =
        KeptReport{.tenant = incoming.tenant,
                   .entitlement = owner,
                   .digest = incoming.digest,
                   .received = rows.now,
                   .outcome = outcome,
                   .named = incoming.named.text(),
                   .partner_id = note.partner_id,
                   .customer = note.customer,
                   .product_key = note.product_key,
                   .status_word = note.status_word,
                   .reason = note.reason,
                   .partner_date = note.view.and_then([](const auto& view) { return view.date; }),
                   .text = note.text};
    const auto most = owner.empty() ? limits.kept_of_nobody : limits.kept_of_each;
    std::size_t stay = 1;
    for (const auto& mark : rows.reports) {
        if (mark.digest == incoming.digest || ++stay <= most) continue;
        writes.forgotten_reports.push_back(mark.digest);
    }
    writes.reports_until = rows.now - limits.kept_for;
}

// Reports in a row cost one read: one that is wanted and has not left covers them all.
void ask_for_read(Writes& writes, const Rows& rows, base::Duration interval) {
    const auto& before = *rows.entitlement;
    const bool under_way = before.claim.lease_until.has_value();
    if (before.convergence.read_wanted && !under_way) return;
    Recording recording{before, rows.now};
    ++recording.entitlement().hints;
    auto due = rows.now;
    // A clock that was set back does not make it wait.
    const auto said = before.partner_said_at;
    if (said && *said <= rows.now) due = std::max(due, *said + interval);
    recording.want_read(due);
    if (base::planted(base::Planted::report_believed)) believe(recording);
    auto written = std::move(recording).finish();
    writes.entitlement = std::move(written.entitlement);
    writes.events = std::move(written.events);
    writes.answered = std::move(written.answered);
}

// Nothing when there is no such entitlement.
using ReportTaken = std::optional<ReportOutcome>;

base::Task<StoreResult<ReportTaken>> take(Ports& ports, Incoming incoming,
                                          domain::EntitlementId owner, bool is_named) {
    const Wanted wanted{.tenant = incoming.tenant, .entitlement = owner, .reports_of = owner};
    const auto limits = ports.limits.reports;
    co_return co_await decide_in<ReportTaken>(
        ports.store, wanted,
        [incoming = std::move(incoming), owner, is_named,
         limits](const Rows& rows) -> std::pair<Writes, ReportTaken> {
            if (!rows.entitlement) return {Writes{}, std::nullopt};
            const auto& view = incoming.note.view;
            const bool repeated = is_kept(rows, incoming);
            // With a date it can be about one moment only, and that was looked into.
            if (repeated && view && view->date) return {Writes{}, ReportOutcome::nothing_new};
            auto outcome = judge_report(*rows.entitlement, incoming.note);
            if (repeated && outcome == ReportOutcome::nothing_new) return {Writes{}, outcome};
            Writes writes;
            if (outcome != ReportOutcome::nothing_new) {
                if (!is_named) outcome = ReportOutcome::found_otherwise;
                ask_for_read(writes, rows, limits.read_min_interval);
            }
            keep(writes, rows, incoming, owner, outcome, limits);
            return {std::move(writes), outcome};
        });
}

base::Task<StoreResult<bool>> keep_for_nobody(Ports& ports, Incoming incoming) {
    const domain::EntitlementId nobody;
    const Wanted wanted{.tenant = incoming.tenant, .reports_of = nobody};
    const auto limits = ports.limits.reports;
    co_return co_await decide_in<bool>(ports.store, wanted,
                                       [incoming = std::move(incoming), nobody,
                                        limits](const Rows& rows) -> std::pair<Writes, bool> {
                                           Writes writes;
                                           if (is_kept(rows, incoming)) return {Writes{}, false};
                                           keep(writes, rows, incoming, nobody,
                                                ReportOutcome::unknown, limits);
                                           return {std::move(writes), true};
                                       });
}

base::Task<StoreResult<std::vector<domain::EntitlementId>>> find_others(Ports& ports,
                                                                        const Incoming& incoming) {
    const auto& note = incoming.note;
    std::vector<domain::EntitlementId> ids;
    if (!note.partner_id.empty()) {
        const auto bound =
            co_await ports.store.find_by_partner_id(incoming.tenant, note.partner_id);
        if (!bound) co_return std::unexpected{bound.error()};
        for (const auto& row : *bound) {
            if (note.merchant.empty() || note.merchant == row.merchant) ids.push_back(row.id);
        }
    }
    if (!ids.empty() || note.customer.empty()) co_return ids;
    const auto unbound = co_await find_unbound(ports, {.tenant = incoming.tenant,
                                                       .customer = note.customer,
                                                       .merchant = note.merchant,
                                                       .product = note.product_key});
    if (!unbound) co_return std::unexpected{unbound.error()};
    for (const auto& row : *unbound) ids.push_back(row.id);
    co_return ids;
}

}  // namespace

ReportOutcome judge_report(const domain::Entitlement& entitlement, const ReportNote& note) {
    const auto& row = entitlement;
    if (!note.partner_id.empty() && !row.partner_id.empty() && note.partner_id != row.partner_id) {
        return ReportOutcome::another_record;
    }
    const auto& held = row.convergence;
    const bool known = held.partner_status != PartnerStatus::unknown &&
                       held.partner_status != PartnerStatus::none && !held.read_wanted;
    if (!known || !note.view || !note.view->date || !held.partner_date) {
        return ReportOutcome::read_wanted;
    }
    const bool same_product = note.product_key.empty() || note.product_key == row.product_key ||
                              note.product_key == row.other_product_key;
    const bool is_old = note.view->status == held.partner_status &&
                        *note.view->date <= *held.partner_date && same_product;
    return is_old ? ReportOutcome::nothing_new : ReportOutcome::read_wanted;
}

base::Task<std::expected<ReportOutcome, Failure>> receive_report(Ports& ports,
                                                                 ReceiveReport report) {
    Incoming incoming{.tenant = std::move(report.tenant),
                      .named = std::move(report.entitlement),
                      .note = ports.partner.understand_report(report.body),
                      .digest = base::sha256_hex(report.body)};
    if (incoming.named.empty()) incoming.named = incoming.note.external_id;
    if (!incoming.named.empty()) {
        const auto taken = co_await take(ports, incoming, incoming.named, true);
        if (!taken) co_return std::unexpected{fail(taken.error())};
        if (*taken) {
            ports.propagator.wake();
            co_return **taken;
        }
    }
    if (!ports.report_budget->take(incoming.tenant, ports.limits.reports.unnamed_per_minute,
                                   ports.clock.monotonic())) {
        co_return std::unexpected{fail(FailureKind::budget_spent)};
    }
    const auto others = co_await find_others(ports, incoming);
    if (!others) co_return std::unexpected{fail(others.error())};
    ReportTaken outcome;
    for (const auto& id : *others) {
        const auto taken = co_await take(ports, incoming, id, false);
        if (!taken) co_return std::unexpected{fail(taken.error())};
        if (*taken) outcome = *taken;
    }
    if (outcome) {
        ports.propagator.wake();
        co_return *outcome;
    }
    const auto kept = co_await keep_for_nobody(ports, std::move(incoming));
    if (!kept) co_return std::unexpected{fail(kept.error())};
    co_return ReportOutcome::unknown;
}

}  // namespace usher::flow
