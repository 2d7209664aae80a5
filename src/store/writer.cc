#include "store/writer.h"

#include <utility>

#include "base/log.h"
#include "base/planted.h"

namespace usher::store {

namespace {

// A decide that throws is a bug: noexcept ends the process.
flow::Writes run_decide(const flow::Command& command, const flow::Rows& rows) noexcept {
    return command.decide(rows);
}

}  // namespace

Writer::Writer(std::unique_ptr<WriteEngine> engine, base::Clock& clock, const StoreOptions& options,
               std::function<void()> turn)
    : engine_{std::move(engine)},
      clock_{clock},
      options_{options},
      turn_{std::move(turn)},
      queue_{options.queue_limit, options.queue_age},
      metrics_{options.metrics} {}

void Writer::submit(flow::Command command, base::Completion<Answer> done) {
    auto refused = queue_.push({std::move(command), std::move(done), clock_.monotonic()});
    if (refused) refused->job.done(std::unexpected{refused->error});
}

bool Writer::run_group() {
    turn_();
    const bool more = take_group();
    turn_();
    return more;
}

bool Writer::take_group() {
    const bool ready = make_ready();
    auto taken = queue_.take(options_.group_limit, clock_.monotonic());
    for (auto& job : taken.expired) job.done(std::unexpected{flow::StoreError::overloaded});
    if (!taken.jobs.empty()) {
        if (ready) {
            commit_group(taken.jobs, clock_.now());
        } else {
            for (auto& job : taken.jobs) job.done(std::unexpected{flow::StoreError::not_writable});
        }
    } else if (ready && engine_->upkeep_has_ended()) {
        maintain();
    }
    return !queue_.empty();
}

void Writer::commit_group(std::span<Job> jobs, base::Time now) {
    wrote_ = false;
    begun_ = clock_.monotonic();
    std::vector<Answer> answers(jobs.size(), Answer{now});
    if (!engine_->begin()) {
        break_off(jobs, flow::StoreError::not_writable, engine_->trouble());
        return;
    }
    switch (run_all(jobs, answers, now)) {
        case Ran::done:
            end_transaction(jobs, answers);
            return;
        case Ran::broken:
            engine_->rollback();
            break_off(jobs, flow::StoreError::not_writable, engine_->trouble());
            return;
        case Ran::split:
            break;
    }
    engine_->rollback();
    if (jobs.size() == 1) {
        jobs.front().done(std::unexpected{flow::StoreError::damaged});
        return;
    }
    for (auto& job : jobs) {
        if (make_ready()) {
            commit_group(std::span{&job, 1}, now);
        } else {
            job.done(std::unexpected{flow::StoreError::not_writable});
        }
    }
}

Writer::Ran Writer::run_all(std::span<Job> jobs, std::vector<Answer>& answers, base::Time now) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        const auto ran = run_command(jobs[i].command, answers[i], now);
        if (ran != Ran::done) return ran;
    }
    return Ran::done;
}

Writer::Ran Writer::run_command(const flow::Command& command, Answer& answer, base::Time now) {
    for (int run = 0; run < options_.decide_runs; ++run) {
        const auto rows = engine_->read(command.wanted, now);
        if (!rows) {
            if (rows.error() == ReadProblem::broken) return Ran::broken;
            if (rows.error() == ReadProblem::ended) return Ran::split;
            answer = std::unexpected{flow::StoreError::damaged};
            return Ran::done;
        }
        switch (decide_once(command, *rows)) {
            case Applied::done:
                return Ran::done;
            case Applied::conflict:
                break;
            case Applied::failed:
                return Ran::split;
            case Applied::broken:
                return Ran::broken;
        }
    }
    answer = std::unexpected{flow::StoreError::contended};
    return Ran::done;
}

Applied Writer::decide_once(const flow::Command& command, const flow::Rows& rows) {
    const auto writes = run_decide(command, rows);
    if (options_.faults.decide_again && options_.faults.decide_again()) return Applied::conflict;
    if (writes.empty()) return Applied::done;
    const auto applied = engine_->apply(command.wanted, rows, writes);
    if (applied != Applied::done) return applied;
    wrote_ = true;
    if (options_.faults.fail_command && options_.faults.fail_command()) return Applied::failed;
    return Applied::done;
}

void Writer::end_transaction(std::span<Job> jobs, std::vector<Answer>& answers) {
    const auto& hook = options_.faults.before_commit;
    const auto fault = hook && wrote_ ? hook() : CommitFault::none;
    if (fault == CommitFault::fail || fault == CommitFault::unknown_lost) {
        engine_->rollback();
        break_off(jobs,
                  fault == CommitFault::fail ? flow::StoreError::not_writable
                                             : flow::StoreError::unconfirmed,
                  "a planted fault");
        return;
    }
    const auto answer_all = [&] {
        for (std::size_t i = 0; i < jobs.size(); ++i) jobs[i].done(std::move(answers[i]));
        jobs = {};
    };
    if (base::planted(base::Planted::answers_before_commit)) answer_all();
    const auto commit = engine_->commit();
    if (base::planted(base::Planted::doubtful_commit_is_done)) answer_all();
    if (commit != Commit::done) {
        break_off(jobs,
                  commit == Commit::nothing ? flow::StoreError::not_writable
                                            : flow::StoreError::unconfirmed,
                  engine_->trouble());
        return;
    }
    if (fault == CommitFault::unknown_kept) {
        break_off(jobs, flow::StoreError::unconfirmed, "a planted fault");
        return;
    }
    if (wrote_) {
        metrics_.group(jobs.size(), clock_.monotonic() - begun_);
        outage_.forget_failures();
    }
    answer_all();
    maintain();
}

void Writer::maintain() {
    const auto begun = clock_.monotonic();
    if (!engine_->maintain()) break_off({}, flow::StoreError::not_writable, engine_->trouble());
    metrics_.upkeep(clock_.monotonic() - begun);
}

void Writer::run_upkeep() {
    engine_->run_upkeep();
}

void Writer::tell_of_upkeep(const UpkeepEars& ears) {
    engine_->tell_of_upkeep(ears);
}

void Writer::break_off(std::span<Job> jobs, flow::StoreError error, std::string why) {
    metrics_.failed_group();
    base::log(base::LogLevel::error, "store_write_failed",
              {{"reason", why}, {"commands", jobs.size()}, {"answer", flow::to_text(error)}});
    outage_.begin(std::move(why), clock_.monotonic());
    for (auto& job : jobs) job.done(std::unexpected{error});
}

bool Writer::make_ready() {
    switch (outage_.state(clock_.monotonic())) {
        case Outage::State::none:
            return true;
        case Outage::State::pausing:
            return false;
        case Outage::State::to_retry:
            break;
    }
    auto reopened = engine_->reopen();
    if (!reopened) {
        base::log(base::LogLevel::error, "store_reopen_failed", {{"reason", reopened.error()}});
        outage_.begin(std::move(reopened.error()), clock_.monotonic());
        return false;
    }
    base::log(base::LogLevel::info, "store_reopened");
    outage_.end();
    return true;
}

std::expected<void, std::string> Writer::writable() const {
    if (auto writable = outage_.writable(); !writable) return writable;
    return engine_->present();
}

bool Writer::wants_reopening() const {
    return outage_.state(clock_.monotonic()) == Outage::State::to_retry;
}

void Writer::close() {
    engine_->tell_of_upkeep({});
    for (auto& job : queue_.close()) job.done(std::unexpected{flow::StoreError::closed});
}

}  // namespace usher::store
