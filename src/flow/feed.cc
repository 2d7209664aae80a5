#include "flow/feed.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/planted.h"
#include "flow/ports.h"

namespace usher::flow {

namespace {

constexpr std::size_t kMarkLength = 12;
constexpr std::size_t kReadAtOnce = 200;
constexpr std::size_t kMostLookedAt = 4'000;
// Between two looks at whether something came. Commits do not tell who follows: another node's
// would not be heard, and nobody waits for this to the millisecond.
constexpr base::Duration kBetweenLooks = std::chrono::milliseconds{100};

class FeedReader {
  public:
    FeedReader(Ports& ports, ReadFeed asked) : ports_{ports}, asked_{std::move(asked)} {}

    base::Task<std::expected<FeedPage, Failure>> read() {
        if (const auto begun = co_await begin(); !begun) co_return std::unexpected{begun.error()};
        while (true) {
            if (const auto read = co_await read_on(); !read) {
                co_return std::unexpected{fail(read.error())};
            }
            const auto now = ports_.clock.monotonic();
            if (!page_.items.empty() || page_.more || now >= asked_.deadline ||
                ports_.followers->dismissed()) {
                co_return std::move(page_);
            }
            co_await base::sleep_for(ports_.clock, std::min(kBetweenLooks, asked_.deadline - now));
        }
    }

  private:
    using Begun = std::expected<void, Failure>;

    base::Task<Begun> begin() {
        switch (asked_.from) {
            case ReadFeed::From::place:
                co_return co_await begin_at_place();
            case ReadFeed::From::oldest:
                co_return co_await begin_at(co_await first_place(
                    [this](const auto& event) { return event && event->at < oldest(); }));
            case ReadFeed::From::newest:
                co_return co_await begin_at(
                    co_await first_place([](const auto& event) { return event.has_value(); }));
        }
        co_return Begun{};
    }

    base::Task<Begun> begin_at_place() {
        const auto& place = asked_.after;
        page_.next = place;
        if (place.position > 0) {
            const auto event = co_await event_at(place.position);
            if (!event) co_return std::unexpected{fail(event.error())};
            if (!*event || place_of(**event) != place) {
                co_return std::unexpected{fail(FailureKind::feed_place_unknown)};
            }
        }
        if (asked_.kept_for == base::Duration{}) co_return Begun{};
        const auto following = co_await event_at(place.position + 1);
        if (!following) co_return std::unexpected{fail(following.error())};
        if (*following && (*following)->at < oldest()) {
            co_return std::unexpected{fail(FailureKind::feed_place_too_old)};
        }
        co_return Begun{};
    }

    base::Task<Begun> begin_at(StoreResult<std::int64_t> position) {
        if (!position) co_return std::unexpected{fail(position.error())};
        if (*position == 0) co_return Begun{};
        const auto event = co_await event_at(*position);
        if (!event) co_return std::unexpected{fail(event.error())};
        if (*event) page_.next = place_of(**event);
        co_return Begun{};
    }

    // The last position whose event, if there is one, `is_before`, which holds up to some position
    // and for none behind it. Positions are dense, so halving finds it.
    template <class IsBefore>
    base::Task<StoreResult<std::int64_t>> first_place(IsBefore is_before) {
        std::int64_t low = 0;  // before
        std::int64_t high = 1;
        while (true) {
            const auto event = co_await event_at(high);
            if (!event) co_return std::unexpected{event.error()};
            if (!is_before(*event)) break;
            low = high;
            high *= 2;
        }
        while (high - low > 1) {
            const auto middle = low + (high - low) / 2;
            const auto event = co_await event_at(middle);
            if (!event) co_return std::unexpected{event.error()};
            (is_before(*event) ? low : high) = middle;
        }
        co_return low;
    }

    base::Task<StoreResult<std::optional<domain::Event>>> event_at(std::int64_t position) {
        auto found = co_await ports_.store.feed(asked_.tenant, position - 1, 1);
        if (!found) co_return std::unexpected{found.error()};
        if (found->empty()) co_return std::nullopt;
        co_return std::move(found->front());
    }

    // Up to the end, the limit, or as much as may be looked at.
    base::Task<StoreResult<bool>> read_on() {
        page_.more = false;
        std::size_t looked_at = 0;
        while (true) {
            auto events =
                co_await ports_.store.feed(asked_.tenant, page_.next.position, kReadAtOnce);
            if (!events) co_return std::unexpected{events.error()};
            if (events->empty()) co_return true;
            for (auto& event : *events) {
                if (page_.items.size() == asked_.limit || looked_at == kMostLookedAt) {
                    page_.more = true;
                    if (base::planted(base::Planted::reader_passes_over)) {
                        page_.next = place_of(event);
                    }
                    co_return true;
                }
                const auto place = place_of(event);
                if (auto shown = co_await show(std::move(event)); !shown) {
                    co_return std::unexpected{shown.error()};
                }
                page_.next = place;
                ++looked_at;
            }
        }
    }

    base::Task<StoreResult<bool>> show(domain::Event event) {
        if (!asked_.entitlement.empty() && event.entitlement != asked_.entitlement) co_return false;
        auto row = co_await row_of(event.entitlement);
        if (!row) co_return std::unexpected{row.error()};
        if (!asked_.account.empty() && (*row)->account != asked_.account) co_return false;
        page_.items.push_back({.event = std::move(event), .row = std::move(*row)});
        co_return true;
    }

    base::Task<StoreResult<std::shared_ptr<const domain::Entitlement>>> row_of(
        domain::EntitlementId id) {
        if (const auto known = rows_.find(id); known != rows_.end()) co_return known->second;
        auto found = co_await ports_.store.find_entitlement(asked_.tenant, id);
        if (!found) co_return std::unexpected{found.error()};
        // No row is ever taken away.
        if (!*found) co_return std::unexpected{StoreError::damaged};
        auto row = std::make_shared<const domain::Entitlement>(std::move(**found));
        rows_.emplace(std::move(id), row);
        co_return row;
    }

    base::Time oldest() const {
        return asked_.kept_for == base::Duration{} ? base::Time::min()
                                                   : ports_.clock.now() - asked_.kept_for;
    }

    Ports& ports_;
    ReadFeed asked_;
    FeedPage page_;
    std::map<domain::EntitlementId, std::shared_ptr<const domain::Entitlement>> rows_;
};

}  // namespace

FeedPlace place_of(const domain::Event& event) {
    const auto digest = base::sha256_hex(fmt::format("{}\n{}\n{}\n{}", event.tenant.text(),
                                                     event.entitlement.text(), event.version,
                                                     base::to_micros(event.at)));
    return {.position = event.position, .mark = digest.substr(0, kMarkLength)};
}

std::string to_text(const FeedPlace& place) {
    if (place.position == 0) return "0";
    return fmt::format("{}-{}", place.position, place.mark);
}

std::optional<FeedPlace> parse_feed_place(std::string_view text) {
    if (text == "0") return FeedPlace{};
    FeedPlace place;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), place.position);
    if (error != std::errc{} || place.position <= 0 || text.front() == '0') return std::nullopt;
    const auto rest = text.substr(static_cast<std::size_t>(end - text.data()));
    const bool is_mark = rest.size() == kMarkLength + 1 && rest.front() == '-' &&
                         rest.find_first_not_of("0123456789abcdef", 1) == std::string_view::npos;
    if (!is_mark) return std::nullopt;
    place.mark = rest.substr(1);
    return place;
}

base::Task<std::expected<FeedPage, Failure>> read_feed(Ports& ports, ReadFeed asked) {
    FeedReader reader{ports, std::move(asked)};
    co_return co_await reader.read();
}

}  // namespace usher::flow
