// A tenant's events in the order in which they were committed, without gaps, for whoever follows
// them at a pace of his own. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "base/time.h"
#include "domain/entitlement.h"
#include "flow/failure.h"

namespace usher::flow {

struct Ports;

// Behind which event somebody is. The mark is made of the event, so that a place in a history which
// is no more, as after a restore, is told from one in this.
struct FeedPlace {
    std::int64_t position = 0;  // 0: before the first
    std::string mark;           // empty before the first
    bool operator==(const FeedPlace&) const = default;
};

FeedPlace place_of(const domain::Event& event);
// "0", or the position, a hyphen and the mark: also the event's name, the same for ever.
std::string to_text(const FeedPlace& place);
std::optional<FeedPlace> parse_feed_place(std::string_view text);

struct ReadFeed {
    enum class From { oldest, place, newest };

    domain::TenantId tenant;
    From from = From::oldest;
    FeedPlace after;  // of From::place
    // Those of one entitlement or one account alone; empty: of all.
    domain::EntitlementId entitlement;
    domain::AccountId account;
    std::size_t limit = 100;
    // What is older is not shown any more; 0: everything is.
    base::Duration kept_for{};
    base::Monotonic deadline;  // how long it may wait for something to show
};

struct FeedItem {
    domain::Event event;
    std::shared_ptr<const domain::Entitlement> row;  // as it is now
};

struct FeedPage {
    std::vector<FeedItem> items;
    FeedPlace next;     // where to go on; has moved past what was left out
    bool more = false;  // there is more already
};

// At most `limit`, the oldest first. Waits only while there is nothing at all, and looks at no more
// than some thousands, so that a filter which hardly anything passes still answers soon.
base::Task<std::expected<FeedPage, Failure>> read_feed(Ports& ports, ReadFeed asked);

// Those who wait for what comes next; once dismissed nobody waits any more.
class Followers {
  public:
    void dismiss() { dismissed_ = true; }
    bool dismissed() const { return dismissed_; }

  private:
    std::atomic<bool> dismissed_ = false;
};

}  // namespace usher::flow
