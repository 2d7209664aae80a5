#include "flow/comparing.h"

#include <algorithm>
#include <chrono>

namespace usher::flow {

namespace {

using domain::CallPhase;
using domain::Entitlement;
using domain::PartnerStatus;

// Something of ours is on its way, which ends in a look at the partner by itself. A call that was
// lost and settled since is not: whether it acted after all is what a read tells.
bool is_under_way(const Entitlement& ours) {
    return ours.convergence.intent || ours.claim.lease_until ||
           std::ranges::any_of(ours.convergence.calls, [](const domain::Call& call) {
               return call.phase == CallPhase::under_way || call.phase == CallPhase::awaited;
           });
}

bool is_doubted(const Entitlement& ours) {
    return ours.convergence.read_wanted ||
           ours.convergence.partner_status == PartnerStatus::unknown;
}

Judgement asking(Finding finding, const Entitlement& ours) {
    return {.finding = finding,
            .read = !ours.convergence.read_wanted && !ours.claim.lease_until.has_value()};
}

base::Time in_seconds(base::Time time) {
    return std::chrono::floor<std::chrono::seconds>(time);
}

bool same_status(PartnerStatus theirs, PartnerStatus ours) {
    if (domain::is_ended(theirs) && domain::is_ended(ours)) return true;
    return theirs == ours && theirs != PartnerStatus::unknown;
}

bool same_product(const FileRow& row, const Entitlement& ours) {
    return domain::is_ended(row.status) || row.product_key == ours.product_key;
}

// A row without a date says nothing about it.
bool same_end(const FileRow& row, const Entitlement& ours) {
    if (row.status != PartnerStatus::active_ending || !row.ends_at) return true;
    return ours.ends_at && in_seconds(*ours.ends_at) == in_seconds(*row.ends_at);
}

bool heard_after(const Entitlement& ours, base::Time as_of) {
    return ours.partner_said_at && *ours.partner_said_at > as_of;
}

Judgement judge_difference(const FileRow& row, const Entitlement& ours, base::Time as_of) {
    const auto& date = ours.convergence.partner_date;
    const auto theirs = in_seconds(row.last_updated);
    if (date && theirs < in_seconds(*date)) return {.finding = Finding::ours_newer};
    if (!same_status(row.status, ours.convergence.partner_status)) {
        if (date && theirs > in_seconds(*date)) return asking(Finding::theirs_newer, ours);
        if (heard_after(ours, as_of)) return {.finding = Finding::ours_newer};
        return asking(Finding::status_differs, ours);
    }
    // What we know to be there already is for a person, whom a read does not help.
    if (row.product_key == ours.other_product_key) return {.finding = Finding::product_differs};
    if (!same_product(row, ours)) return asking(Finding::product_differs, ours);
    return asking(Finding::end_date_differs, ours);
}

}  // namespace

Judgement judge_row(const FileRow& row, const Entitlement& ours, base::Time as_of) {
    if (row.repeated) return asking(Finding::repeated, ours);
    if (row.customer != ours.customer) return {.finding = Finding::customer_differs};
    if (same_status(row.status, ours.convergence.partner_status) && same_product(row, ours) &&
        same_end(row, ours)) {
        return {.finding = Finding::equal};
    }
    if (is_under_way(ours)) return {.finding = Finding::ours_open};
    if (is_doubted(ours)) return {.finding = Finding::being_read};
    return judge_difference(row, ours, as_of);
}

Judgement judge_stranger(const FileRow& row, bool named_as_ours, const Entitlement* ours_unbound) {
    if (!named_as_ours) return {.finding = Finding::other_tenant};
    if (row.repeated) return {.finding = Finding::repeated};
    if (domain::is_ended(row.status)) return {.finding = Finding::ended_there};
    if (ours_unbound == nullptr) return {.finding = Finding::unknown_here};
    return asking(Finding::lost_create, *ours_unbound);
}

std::optional<Judgement> judge_absent(const Entitlement& ours, const domain::MerchantId& merchant,
                                      base::Time as_of, bool all_statuses) {
    const auto status = ours.convergence.partner_status;
    const bool listed =
        domain::is_live(status) && (all_statuses || status != PartnerStatus::pending);
    if (ours.merchant != merchant || ours.partner_id.empty() || !listed) return std::nullopt;
    const auto& date = ours.convergence.partner_date;
    const bool newer = ours.created > as_of || (date && *date > as_of) || heard_after(ours, as_of);
    if (newer || is_under_way(ours)) return std::nullopt;
    return asking(Finding::unknown_there, ours);
}

}  // namespace usher::flow
