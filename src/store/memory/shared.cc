#include "store/memory/shared.h"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

#include "base/log.h"
#include "base/planted.h"

namespace usher::store::memory {

namespace {

// A command that waited so many times as long as one may wait in the queue is not repeated.
constexpr int kLongestWait = 5;

constexpr const char* kAway = "the database cannot be reached";

// A decide that throws is a bug: noexcept ends the process.
flow::Writes run_decide(const flow::Command& command, const flow::Rows& rows) noexcept {
    return command.decide(rows);
}

}  // namespace

void Database::set_away(bool away) {
    if (away) ++session_;
    away_ = away;
}

std::int64_t Database::take_positions(const domain::TenantId& tenant, std::size_t count) {
    const std::lock_guard lock{mutex_};
    auto& last = positions_[tenant];
    return std::exchange(last, last + static_cast<std::int64_t>(count));
}

SharedWriter::SharedWriter(std::shared_ptr<Database> database, base::Clock& clock,
                           const StoreOptions& options)
    : database_{std::move(database)},
      clock_{clock},
      options_{options},
      queue_{options.queue_limit, options.queue_age},
      metrics_{options.metrics},
      engine_{database_->state()},
      connections_(std::max<std::size_t>(options.connections, 1)) {}

void SharedWriter::submit(flow::Command command,
                          base::Completion<flow::StoreResult<base::Time>> done) {
    auto refused = queue_.push({std::move(command), std::move(done), clock_.monotonic()});
    if (refused) refused->job.done(std::unexpected{refused->error});
}

bool SharedWriter::run_group() {
    const bool ready = make_ready();
    auto& connection = connections_[turn_];
    turn_ = (turn_ + 1) % connections_.size();
    if (connection.group.empty()) take_group(connection, ready);
    while (!connection.group.empty()) {
        advance(connection);
        if (options_.faults.pause && options_.faults.pause()) break;
    }
    const bool is_busy =
        std::ranges::any_of(connections_, [](const Connection& one) { return !one.group.empty(); });
    return is_busy || !again_.empty() || !queue_.empty();
}

void SharedWriter::take_group(Connection& connection, bool ready) {
    if (!again_.empty()) {
        connection.group = std::move(again_.front());
        again_.pop_front();
    } else {
        auto taken = queue_.take(options_.group_limit, clock_.monotonic());
        for (auto& job : taken.expired) job.done(std::unexpected{flow::StoreError::overloaded});
        for (auto& job : taken.jobs) connection.group.push_back({.job = std::move(job)});
    }
    connection.next = Statement::begin;
    if (ready) return;
    for (auto& run : connection.group) {
        run.job.done(std::unexpected{flow::StoreError::not_writable});
    }
    connection.group.clear();
}

void SharedWriter::advance(Connection& connection) {
    const bool begins = connection.next == Statement::begin;
    if (database_->is_away() || (!begins && connection.session != database_->session())) {
        const bool in_doubt = connection.next == Statement::commit;
        return break_off(connection,
                         in_doubt ? flow::StoreError::unconfirmed : flow::StoreError::not_writable,
                         kAway);
    }
    switch (connection.next) {
        case Statement::begin:
            return read(connection);
        case Statement::decide:
            return decide(connection);
        case Statement::commit:
            return commit(connection);
    }
}

void SharedWriter::read(Connection& connection) {
    connection.session = database_->session();
    connection.now =
        base::planted(base::Planted::lease_by_own_clock) ? clock_.now() : database_->now();
    connection.begun = clock_.monotonic();
    engine_.begin();
    for (auto& run : connection.group) {
        // Memory is never damaged.
        run.rows = engine_.read(run.job.command.wanted, connection.now).value();
    }
    engine_.rollback();
    connection.next = Statement::decide;
}

void SharedWriter::decide(Connection& connection) {
    connection.next = Statement::commit;
    for (auto& run : connection.group) {
        run.writes = run_decide(run.job.command, run.rows);
        if (options_.faults.decide_again && options_.faults.decide_again()) {
            return repeat(connection);
        }
        if (run.writes.empty()) continue;
        if (base::planted(base::Planted::position_outside_transaction)) {
            run.behind =
                database_->take_positions(run.job.command.wanted.tenant, run.writes.events.size());
        }
    }
}

void SharedWriter::commit(Connection& connection) {
    const bool wrote =
        std::ranges::any_of(connection.group, [](const Run& run) { return !run.writes.empty(); });
    if (!wrote) return answer_all(connection);
    engine_.begin();
    if (!is_still_so(connection.group, connection.now)) {
        engine_.rollback();
        return repeat(connection);
    }
    switch (write_all(connection)) {
        case Applied::done:
            return end_transaction(connection);
        case Applied::conflict:
            engine_.rollback();
            for (auto& run : connection.group) ++run.runs;
            give_up(connection.group);
            return split(connection);
        case Applied::failed:
        case Applied::broken:
            break;
    }
    engine_.rollback();
    if (connection.group.size() > 1) return split(connection);
    connection.group.front().job.done(std::unexpected{flow::StoreError::damaged});
    connection.group.clear();
}

void SharedWriter::end_transaction(Connection& connection) {
    const auto& hook = options_.faults.before_commit;
    const auto fault = hook ? hook() : CommitFault::none;
    if (fault == CommitFault::fail || fault == CommitFault::unknown_lost) {
        engine_.rollback();
        return break_off(connection,
                         fault == CommitFault::fail ? flow::StoreError::not_writable
                                                    : flow::StoreError::unconfirmed,
                         "a planted fault");
    }
    engine_.commit();
    if (fault == CommitFault::unknown_kept) {
        return break_off(connection, flow::StoreError::unconfirmed, "a planted fault");
    }
    metrics_.group(connection.group.size(), clock_.monotonic() - connection.begun);
    outage_.forget_failures();
    answer_all(connection);
}

bool SharedWriter::is_still_so(const std::vector<Run>& group, base::Time now) {
    if (base::planted(base::Planted::decides_on_stale_rows)) return true;
    return std::ranges::all_of(group, [&](const Run& run) {
        return engine_.read(run.job.command.wanted, now).value() == run.rows;
    });
}

// What another command of the same group has changed is decided upon anew.
Applied SharedWriter::write_all(Connection& connection) {
    bool first = true;
    for (auto& run : connection.group) {
        const auto& wanted = run.job.command.wanted;
        if (!std::exchange(first, false)) {
            auto rows = engine_.read(wanted, connection.now).value();
            if (rows != run.rows) {
                run.rows = std::move(rows);
                run.writes = run_decide(run.job.command, run.rows);
            }
        }
        if (run.writes.empty()) continue;
        const auto applied = base::planted(base::Planted::position_outside_transaction)
                                 ? engine_.apply_behind(run.behind, wanted, run.rows, run.writes)
                                 : engine_.apply(wanted, run.rows, run.writes);
        if (applied != Applied::done) return applied;
        if (options_.faults.fail_command && options_.faults.fail_command()) return Applied::failed;
    }
    return Applied::done;
}

// First as it was, then in halves, so that one that is always in the way hinders few; and not for
// ever.
void SharedWriter::repeat(Connection& connection) {
    if (options_.faults.repeated) options_.faults.repeated();
    auto& group = connection.group;
    const bool was_repeated =
        std::ranges::any_of(group, [](const Run& run) { return run.runs > 0; });
    for (auto& run : group) ++run.runs;
    give_up(group);
    if (was_repeated && group.size() > 1) {
        const auto middle = group.begin() + static_cast<std::ptrdiff_t>(group.size() / 2);
        again_.emplace_back(std::move_iterator{middle}, std::move_iterator{group.end()});
        group.erase(middle, group.end());
    }
    if (!group.empty()) again_.push_back(std::move(group));
    group.clear();
}

void SharedWriter::give_up(std::vector<Run>& group) {
    const auto now = clock_.monotonic();
    std::erase_if(group, [&](Run& run) {
        const bool is_old = now - run.job.queued > kLongestWait * options_.queue_age;
        if (run.runs < options_.decide_runs && !is_old) return false;
        run.job.done(std::unexpected{flow::StoreError::contended});
        return true;
    });
}

// One of them cannot be written, and it is not known which.
void SharedWriter::split(Connection& connection) {
    for (auto& run : connection.group) {
        again_.emplace_back();
        again_.back().push_back(std::move(run));
    }
    connection.group.clear();
}

void SharedWriter::answer_all(Connection& connection) {
    for (auto& run : connection.group) run.job.done(connection.now);
    connection.group.clear();
}

void SharedWriter::break_off(Connection& connection, flow::StoreError error, std::string why) {
    const bool in_doubt = error == flow::StoreError::unconfirmed;
    if (in_doubt && base::planted(base::Planted::doubtful_commit_is_done)) {
        return answer_all(connection);
    }
    if (in_doubt && base::planted(base::Planted::unheard_commit_is_failure)) {
        error = flow::StoreError::not_writable;
    }
    metrics_.failed_group();
    base::log(
        base::LogLevel::error, "store_write_failed",
        {{"reason", why}, {"commands", connection.group.size()}, {"answer", flow::to_text(error)}});
    outage_.begin(std::move(why), clock_.monotonic());
    for (auto& run : connection.group) run.job.done(std::unexpected{error});
    connection.group.clear();
}

bool SharedWriter::make_ready() {
    switch (outage_.state(clock_.monotonic())) {
        case Outage::State::none:
            return true;
        case Outage::State::pausing:
            return false;
        case Outage::State::to_retry:
            break;
    }
    if (database_->is_away()) {
        outage_.begin(kAway, clock_.monotonic());
        return false;
    }
    base::log(base::LogLevel::info, "store_reopened");
    outage_.end();
    return true;
}

std::expected<void, std::string> SharedWriter::writable() const {
    return outage_.writable();
}

bool SharedWriter::wants_reopening() const {
    return outage_.state(clock_.monotonic()) == Outage::State::to_retry;
}

void SharedWriter::close() {
    for (auto& job : queue_.close()) job.done(std::unexpected{flow::StoreError::closed});
    for (auto& group : again_) {
        for (auto& run : group) run.job.done(std::unexpected{flow::StoreError::closed});
    }
    again_.clear();
    for (auto& connection : connections_) {
        for (auto& run : connection.group) {
            run.job.done(std::unexpected{flow::StoreError::closed});
        }
        connection.group.clear();
    }
}

}  // namespace usher::store::memory
