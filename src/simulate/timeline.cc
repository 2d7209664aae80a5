#include "simulate/timeline.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>

namespace usher::simulate {

namespace {

constexpr base::Time kBeginning = base::from_micros(1'800'000'000'000'000);

}  // namespace

Timeline::Id Timeline::at(base::Monotonic when, Life life, Act act) {
    const auto id = ++last_;
    const Key key{std::max(when, now_), dice_.next(), id};
    armed_.emplace(key, Armed{life, std::move(act)});
    keys_.emplace(id, key);
    return id;
}

std::optional<Timeline::Act> Timeline::take(Id id) {
    const auto found = keys_.find(id);
    if (found == keys_.end()) return std::nullopt;
    auto node = armed_.extract(found->second);
    keys_.erase(found);
    return std::move(node.mapped().act);
}

void Timeline::drop(Life life) {
    // Destroyed at the end only: what is destroyed may disarm something else.
    std::vector<Act> dropped;
    for (auto at = armed_.begin(); at != armed_.end();) {
        if (at->second.life != life) {
            ++at;
            continue;
        }
        keys_.erase(at->first.id);
        dropped.push_back(std::move(at->second.act));
        at = armed_.erase(at);
    }
}

std::optional<base::Monotonic> Timeline::next() const {
    if (armed_.empty()) return std::nullopt;
    return armed_.begin()->first.when;
}

void Timeline::step() {
    auto node = armed_.extract(armed_.begin());
    keys_.erase(node.key().id);
    now_ = node.key().when;
    node.mapped().act(true);
}

base::Time LifeClock::now() const {
    return wall_time(timeline_.now()) + offset_;
}

base::Clock::TimerId LifeClock::arm(base::Monotonic when, base::Executor executor,
                                    Handler handler) {
    return timeline_.at(
        when, life_,
        [executor = std::move(executor), handler = std::move(handler)](bool fired) mutable {
            boost::asio::post(executor,
                              [handler = std::move(handler), fired]() mutable { handler(fired); });
        });
}

void LifeClock::disarm(TimerId timer) {
    if (auto act = timeline_.take(timer)) (*act)(false);
}

base::Time wall_time(base::Monotonic at) {
    return kBeginning + at.time_since_epoch();
}

}  // namespace usher::simulate
