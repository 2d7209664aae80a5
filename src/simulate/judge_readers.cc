// What was read of the events, against the history as it is.
#include <algorithm>

#include "flow/feed.h"
#include "simulate/judge_parts.h"
#include "simulate/timeline.h"

namespace usher::simulate {

namespace {

// How much an event's time may be beside what the reader's clock said then.
base::Duration slack_of(const Evidence& evidence) {
    return evidence.sees_clearly ? base::Duration{std::chrono::minutes{1}}
                                 : base::Duration{std::chrono::hours{3}};
}

void judge_reader(const domain::TenantId& tenant, const ReadEvents& read,
                  const std::vector<domain::Event>& feed, base::Duration slack, Findings& found) {
    constexpr auto kPromise = Invariant::reader_misses_nothing;
    if (!found.look(kPromise, !read.lost_its_place)) {
        found.fail(kPromise, "{} was told that its place in the events is gone", tenant.text());
    }
    for (std::size_t i = 0; i < read.ids.size(); ++i) {
        const auto is = i < feed.size() ? flow::to_text(flow::place_of(feed.at(i))) : "nothing";
        if (found.look(kPromise, read.ids.at(i) == is)) continue;
        found.fail(kPromise, "{} read {} where the history has {}", tenant.text(), read.ids.at(i),
                   is);
        return;
    }
    if (!read.complete_at) return;
    for (std::size_t i = read.ids.size(); i < feed.size(); ++i) {
        const bool may_be_later = feed.at(i).at > wall_time(*read.complete_at) - slack;
        if (found.look(kPromise, may_be_later)) continue;
        found.fail(kPromise, "{} was told that there is no more, and never read {}", tenant.text(),
                   flow::to_text(flow::place_of(feed.at(i))));
        return;
    }
}

}  // namespace

void judge_readers(const Evidence& evidence, Findings& found) {
    for (const auto& [tenant, read] : evidence.read) {
        const auto kept = evidence.tenants.find(tenant);
        if (kept == evidence.tenants.end()) continue;
        judge_reader(tenant, read, kept->second.feed, slack_of(evidence), found);
    }
}

}  // namespace usher::simulate
