#include "flow/bulk.h"

#include <algorithm>
#include <cstdlib>

namespace usher::flow {

namespace {

void count(BulkTally& tally, BulkVerdict verdict) {
    switch (verdict) {
        case BulkVerdict::changed:
            ++tally.changed;
            return;
        case BulkVerdict::unchanged:
            ++tally.unchanged;
            return;
        case BulkVerdict::refused:
            ++tally.refused;
            return;
    }
}

BulkDecided refuse(FailureKind kind) {
    return {Writes{}, fail(kind)};
}

BulkDecided write(const Bulk& bulk, Bulk changed) {
    if (changed == bulk) return {Writes{}, std::move(changed)};
    return {Writes{.bulk = changed}, changed};
}

bool fits(const Bulk& bulk, std::uint64_t from, std::uint64_t count, std::uint64_t reached) {
    return from <= reached && count <= bulk.rows - from;
}

}  // namespace

BulkState state_of(const Bulk& bulk) {
    if (bulk.finished) return bulk.told < bulk.rows ? BulkState::stopped : BulkState::done;
    if (bulk.started) return BulkState::running;
    return bulk.looked_at ? BulkState::looked : BulkState::looking;
}

std::string_view to_text(BulkState state) {
    switch (state) {
        case BulkState::looking:
            return "looking";
        case BulkState::looked:
            return "looked";
        case BulkState::running:
            return "running";
        case BulkState::stopped:
            return "stopped";
        case BulkState::done:
            return "done";
    }
    std::abort();
}

bool is_too_much(std::uint64_t ends, std::uint64_t live, std::uint32_t percent) {
    return percent < 100 && ends * 100 > live * percent;
}

BulkDecided note_look(const Bulk& bulk, const LookNoted& noted, base::Time now) {
    const auto end = noted.from + noted.verdicts.size();
    const bool in_turn =
        !bulk.started && fits(bulk, noted.from, noted.verdicts.size(), bulk.looked);
    if (!in_turn) return refuse(FailureKind::bulk_out_of_turn);
    auto changed = bulk;
    for (auto row = bulk.looked; row < end; ++row) {
        count(changed.foreseen, noted.verdicts.at(row - noted.from));
        changed.would_end += noted.ends.at(row - noted.from);
    }
    changed.looked = std::max(bulk.looked, end);
    if (end == bulk.rows) {
        changed.live = noted.live;
        changed.looked_at = now;
        changed.token_digest = noted.token_digest;
    }
    return write(bulk, std::move(changed));
}

BulkDecided start_run(const Bulk& bulk, const StartRun& request, base::Time now) {
    const auto& token_digest = request.token_digest;
    const bool is_its_token = !token_digest.empty() && token_digest == bulk.token_digest;
    if (!token_digest.empty() && !is_its_token) return refuse(FailureKind::bulk_token_refused);
    if (bulk.finished) {
        return refuse(is_its_token ? FailureKind::bulk_token_refused
                                   : FailureKind::bulk_out_of_turn);
    }
    if (bulk.started) return {Writes{}, bulk};
    if (!bulk.looked_at) return refuse(FailureKind::bulk_out_of_turn);
    if (now >= *bulk.looked_at + kBulkTrusted) {
        return refuse(is_its_token ? FailureKind::bulk_token_refused
                                   : FailureKind::bulk_out_of_turn);
    }
    if (!is_its_token && is_too_much(bulk.would_end, bulk.live, request.percent)) {
        return refuse(FailureKind::bulk_guarded);
    }
    auto changed = bulk;
    changed.started = now;
    changed.asker.comment = request.why;
    changed.confirmed = is_its_token;
    return write(bulk, std::move(changed));
}

BulkDecided let_through(const Bulk& bulk, const LetThrough& rows, std::uint32_t percent,
                        base::Time now) {
    const bool goes_on = bulk.started && now < *bulk.started + kBulkResumable;
    // What is repeated of a run that is over has its answers already.
    const bool is_repeat = rows.from + rows.count <= bulk.told;
    const bool in_turn = goes_on && (is_repeat || !bulk.finished) &&
                         fits(bulk, rows.from, rows.count, bulk.told) &&
                         rows.known == bulk.let_through;
    if (!in_turn) return refuse(FailureKind::bulk_out_of_turn);
    auto changed = bulk;
    changed.let_through = std::max(bulk.let_through, rows.from + rows.count);
    changed.ends += rows.ends;
    if (!bulk.confirmed && is_too_much(changed.ends, bulk.live, percent)) {
        auto stopped = bulk;
        stopped.finished = now;
        return {Writes{.bulk = std::move(stopped)}, fail(FailureKind::bulk_guarded)};
    }
    return write(bulk, std::move(changed));
}

BulkDecided note_results(const Bulk& bulk, const ResultsNoted& noted, base::Time now) {
    const auto end = noted.from + noted.verdicts.size();
    if (!fits(bulk, noted.from, noted.verdicts.size(), bulk.told)) {
        return refuse(FailureKind::bulk_out_of_turn);
    }
    auto changed = bulk;
    for (auto row = bulk.told; row < end; ++row) {
        count(changed.done, noted.verdicts.at(row - noted.from));
    }
    changed.told = std::max(bulk.told, end);
    if (changed.told == bulk.rows && !bulk.finished) changed.finished = now;
    return write(bulk, std::move(changed));
}

}  // namespace usher::flow
