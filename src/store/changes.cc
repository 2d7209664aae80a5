#include "store/changes.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "base/planted.h"

namespace usher::store {

namespace {

void require(bool kept, std::string_view rule) {
    if (kept) return;
    base::log(base::LogLevel::error, "bug_in_decide", {{"rule", rule}});
    std::abort();
}

void check(const flow::Wanted& wanted, const flow::Writes& writes) {
    const auto& row = writes.entitlement;
    require(row || (writes.events.empty() && writes.answered.empty()),
            "events and answered calls come with their entitlement");
    require(!row || row->tenant == wanted.tenant, "the entitlement is in the command's tenant");
    require(!writes.account || writes.account->tenant == wanted.tenant,
            "the account is in the command's tenant");
    require(!writes.product || writes.product->tenant == wanted.tenant,
            "the product is in the command's tenant");
    require(!writes.sweep || writes.sweep->tenant == wanted.tenant,
            "the sweep is in the command's tenant");
    require(!writes.hold || writes.hold->tenant == wanted.tenant,
            "the hold is in the command's tenant");
    require(!writes.report || writes.report->tenant == wanted.tenant,
            "the report is in the command's tenant");
    require(!writes.comparison || writes.comparison->tenant == wanted.tenant,
            "the comparison is in the command's tenant");
    require(!writes.pin || writes.pin->tenant == wanted.tenant,
            "the pin is in the command's tenant");
    require(!writes.sub_tenant || writes.sub_tenant->primary == wanted.tenant,
            "the tenant that is added belongs to the command's");
    require(!writes.tenant_change ||
                (writes.sub_tenant && writes.sub_tenant->id == writes.tenant_change->tenant),
            "what is told of a tenant comes with it");
    require(!writes.bulk || writes.bulk->tenant == wanted.tenant,
            "the bulk is in the command's tenant");
    require(!writes.kept || writes.kept->key.tenant == wanted.tenant,
            "the kept answer is in the command's tenant");
    for (const auto& event : writes.events) {
        require(event.tenant == row->tenant && event.entitlement == row->id,
                "events are of the entitlement that is written");
    }
}

const domain::Call* find_call(const std::vector<domain::Call>& calls, std::uint32_t number) {
    const auto found = std::ranges::find(calls, number, &domain::Call::number);
    return found == calls.end() ? nullptr : &*found;
}

std::vector<domain::Call> changed_calls(const std::vector<domain::Call>& before,
                                        const std::vector<domain::Call>& after,
                                        const std::vector<domain::Call>& answered) {
    std::vector<domain::Call> changed;
    for (const auto& call : after) {
        const auto* old = find_call(before, call.number);
        if (!old || *old != call) changed.push_back(call);
    }
    for (const auto& call : answered) {
        require(call.phase == domain::CallPhase::answered, "an answered call says so");
        require(!find_call(after, call.number), "an answered call is no longer unsettled");
        changed.push_back(call);
    }
    for (const auto& call : before) {
        require(find_call(after, call.number) || find_call(answered, call.number),
                "an unsettled call stays or ends as answered");
    }
    return changed;
}

// Both are of the build for tests alone.
bool is_skipped(const domain::Event& event) {
    return base::planted(base::Planted::event_skipped) &&
           event.change.kind == domain::ChangeKind::learnt;
}

void reverse_positions(std::vector<domain::Event>& events) {
    if (events.size() < 2) return;
    std::swap(events.front().position, events.back().position);
}

}  // namespace

std::uint32_t unsettled_from(const domain::Entitlement& entitlement) {
    const auto& calls = entitlement.convergence.calls;
    const auto lowest = std::ranges::min_element(calls, {}, &domain::Call::number);
    return lowest == calls.end() ? 0 : lowest->number;
}

Changes work_out(const flow::Wanted& wanted, const flow::Rows& rows, const flow::Writes& writes,
                 std::int64_t last) {
    check(wanted, writes);
    Changes changes;
    if (!writes.entitlement) return changes;

    auto row = *writes.entitlement;
    if (rows.entitlement && rows.entitlement->id == row.id) {
        changes.before = &*rows.entitlement;
    } else if (rows.occupant && rows.occupant->id == row.id) {
        changes.before = &*rows.occupant;
    }

    row.last_position = changes.before ? changes.before->last_position : 0;
    for (const auto& told : writes.events) {
        if (is_skipped(told)) continue;
        auto event = told;
        event.position = ++last;
        if (base::planted(base::Planted::position_skipped)) ++last;
        event.previous = row.last_position;
        row.last_position = event.position;
        changes.events.push_back(std::move(event));
    }
    if (base::planted(base::Planted::events_reversed)) reverse_positions(changes.events);
    static const std::vector<domain::Call> kNone;
    changes.calls = changed_calls(changes.before ? changes.before->convergence.calls : kNone,
                                  row.convergence.calls, writes.answered);
    if (!changes.before || *changes.before != row) changes.row = std::move(row);
    return changes;
}

}  // namespace usher::store
