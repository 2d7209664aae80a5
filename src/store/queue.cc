#include "store/queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace usher::store {

CommandQueue::CommandQueue(std::size_t limit, base::Duration age) : limit_{limit}, age_{age} {}

std::optional<Refused> CommandQueue::push(Job job) {
    const std::lock_guard lock{mutex_};
    if (closed_) return Refused{std::move(job), flow::StoreError::closed};

    const auto own = lines_.find(job.command.wanted.tenant);
    if (own != lines_.end() && job.queued - own->second.front().queued > age_) {
        return Refused{std::move(job), flow::StoreError::overloaded};
    }
    if (count_ < limit_) {
        append(std::move(job));
        return std::nullopt;
    }

    // Full: a tenant with less than the longest line gets the place of that line's newest.
    const auto longest =
        std::ranges::max_element(lines_, {}, [](const auto& line) { return line.second.size(); });
    const std::size_t own_length = own == lines_.end() ? 0 : own->second.size();
    if (longest == lines_.end() || longest->second.size() <= own_length + 1) {
        return Refused{std::move(job), flow::StoreError::overloaded};
    }
    Refused evicted{std::move(longest->second.back()), flow::StoreError::overloaded};
    longest->second.pop_back();
    --count_;
    append(std::move(job));
    return evicted;
}

void CommandQueue::append(Job job) {
    auto& line = lines_[job.command.wanted.tenant];
    if (line.empty()) turns_.push_back(job.command.wanted.tenant);
    line.push_back(std::move(job));
    ++count_;
}

CommandQueue::Taken CommandQueue::take(std::size_t limit, base::Monotonic now) {
    const std::lock_guard lock{mutex_};
    Taken taken;
    while (taken.jobs.size() < limit && !turns_.empty()) {
        const auto line = lines_.find(turns_.front());
        auto& jobs = line->second;
        auto& to = now - jobs.front().queued > age_ ? taken.expired : taken.jobs;
        to.push_back(std::move(jobs.front()));
        jobs.pop_front();
        --count_;
        if (jobs.empty()) {
            lines_.erase(line);
            turns_.pop_front();
        } else {
            turns_.splice(turns_.end(), turns_, turns_.begin());
        }
    }
    return taken;
}

bool CommandQueue::empty() const {
    const std::lock_guard lock{mutex_};
    return count_ == 0;
}

std::vector<Job> CommandQueue::close() {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    std::vector<Job> left;
    for (auto& [tenant, jobs] : lines_) std::ranges::move(jobs, std::back_inserter(left));
    lines_.clear();
    turns_.clear();
    count_ = 0;
    return left;
}

}  // namespace usher::store
