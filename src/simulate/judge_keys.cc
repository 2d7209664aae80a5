#include <map>
#include <set>
#include <string>
#include <vector>

#include "simulate/judge_parts.h"

namespace usher::simulate {

namespace {

using Group = std::vector<const Asked*>;  // with one key

// Whose request the history has.
std::set<std::string> recorded_in(const Evidence& evidence) {
    std::set<std::string> correlations;
    for (const auto& [tenant, kept] : evidence.tenants) {
        for (const auto& event : kept.feed) {
            const bool is_asked = event.change.kind == domain::ChangeKind::requested &&
                                  event.initiator == domain::Initiator::op;
            if (is_asked) correlations.insert(event.asker.correlation.text());
        }
    }
    return correlations;
}

void judge_group(const Group& group, const std::set<std::string>& recorded, Findings& found) {
    const auto& first = *group.front();
    std::size_t carried_out = 0;
    bool says_modified = false;
    std::set<std::string> told;
    std::set<std::string> links;
    for (const auto* asked : group) {
        const bool is_recorded = recorded.contains(asked->correlation);
        carried_out += is_recorded ? 1 : 0;
        if (!asked->answer || *asked->answer == 503) continue;
        const bool is_good = *asked->answer < 300;
        if (is_good || asked->replayed || is_recorded) told.insert(asked->told);
        if (!asked->link.empty()) links.insert(asked->link);
        says_modified = says_modified || (is_good && asked->modified);
    }
    if (!found.look(Invariant::once_for_a_key, carried_out <= 1)) {
        found.fail(Invariant::once_for_a_key, "{} and its repeats are in the history {} times",
                   first.correlation, carried_out);
    }
    if (!found.look(Invariant::once_for_a_key, told.size() <= 1)) {
        found.fail(Invariant::once_for_a_key, "{} was told {}, and then {}", first.correlation,
                   *told.begin(), *std::next(told.begin()));
    }
    if (!found.look(Invariant::once_for_a_key, links.size() <= 1)) {
        found.fail(Invariant::once_for_a_key, "{} was given {} links", first.correlation,
                   links.size());
    }
    if (!found.look(Invariant::nothing_lost, !says_modified || carried_out == 1)) {
        found.fail(Invariant::nothing_lost, "{} or a repeat was told of a change that is not there",
                   first.correlation);
    }
}

}  // namespace

void judge_keys(const Evidence& evidence, Findings& found) {
    std::map<std::string, Group> groups;
    for (const auto& asked : evidence.asked) {
        if (!asked.key.empty()) groups[asked.key].push_back(&asked);
    }
    if (groups.empty()) return;
    const auto recorded = recorded_in(evidence);
    for (const auto& [key, group] : groups) judge_group(group, recorded, found);
}

}  // namespace usher::simulate
