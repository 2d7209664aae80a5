// Files of changes (flow/bulk.h), a part of their rows at a time. The client keeps the file and
// what came of each row; here is remembered how far it has come and what the guard must know.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "api/admin/body.h"
#include "api/admin/bulk_rows.h"
#include "api/admin/calls.h"
#include "api/admin/manners.h"
#include "api/fields.h"
#include "api/once.h"
#include "base/json.h"
#include "base/side_by_side.h"

namespace usher::api::admin {

namespace {

namespace json = boost::json;

constexpr std::size_t kLongestToken = 64;
constexpr std::size_t kListed = 50;
// Rows that are carried out at once; each waits for the partner as any request does, so that a run
// goes no faster than the partner takes it.
constexpr std::size_t kAtOnce = 16;
// After that no further row of the request is begun: its answer should not be waited for too long.
constexpr base::Duration kLongestPart = std::chrono::seconds{8};
// Nor for its last rows.
constexpr std::chrono::seconds kLongestRow{5};

json::object tally_json(const flow::BulkTally& tally, std::uint64_t rows) {
    return {{"rows", rows},
            {"changed", tally.changed},
            {"unchanged", tally.unchanged},
            {"refused", tally.refused}};
}

json::object bulk_json(const flow::Bulk& bulk, std::uint32_t percent) {
    auto look = tally_json(bulk.foreseen, bulk.looked);
    look["ends"] = bulk.would_end;
    if (bulk.looked_at) {
        look["live"] = bulk.live;
        look["at"] = base::format_time(*bulk.looked_at);
        look["guarded"] = flow::is_too_much(bulk.would_end, bulk.live, percent);
    }
    json::object told{{"bulkId", bulk.id},
                      {"state", flow::to_text(flow::state_of(bulk))},
                      {"file", bulk.file},
                      {"sha256", bulk.digest},
                      {"rows", bulk.rows},
                      {"by", bulk.by},
                      {"subject", bulk.asker.subject},
                      {"begun", base::format_time(bulk.begun)},
                      {"guardPercent", percent},
                      {"look", std::move(look)}};
    if (!bulk.started) return told;
    auto run = tally_json(bulk.done, bulk.told);
    run["ends"] = bulk.ends;
    run["started"] = base::format_time(*bulk.started);
    run["reason"] = bulk.asker.comment;
    run["confirmed"] = bulk.confirmed;
    if (bulk.finished) run["finished"] = base::format_time(*bulk.finished);
    told["run"] = std::move(run);
    return told;
}

Answer told(int status, const std::expected<flow::Bulk, flow::Failure>& outcome,
            const Surroundings& around) {
    if (!outcome) return std::unexpected{problem(outcome.error())};
    return answer(status, bulk_json(*outcome, around.options.bulk_guard_percent));
}

flow::BulkPlace place_of(const Exchange& exchange) {
    return {.tenant = exchange.tenant->id,
            .id = exchange.params.at("bulkId"),
            .subject = exchange.principal->subject};
}

std::string read_token(Fields& fields) {
    return fields.text("token", Presence::optional, kLongestToken).value_or("");
}

struct Part {
    std::uint64_t from = 0;
    std::vector<json::object> rows;
};

std::expected<Part, Problem> read_part(const json::object& body) {
    Fields fields{body};
    Part part{.from = read_count(body, "from", fields)};
    auto read = for_each(body, "rows", fields, [&](const json::object& row, Fields& /*own*/) {
        part.rows.push_back(row);
    });
    if (!read) return std::unexpected{std::move(read.error())};
    return part;
}

// Makes a row's call and says what came of it.
class Rows {
  public:
    Rows(const Exchange& asked, const Surroundings& around, const Part& part)
        : asked_{asked}, around_{around}, part_{part}, outcomes_(part.rows.size()) {}

    // Those that have not had their turn, as they would go: all but the ones whose result is known,
    // and those that were carried out before a crash.
    base::Task<> look(const flow::Bulk& bulk) {
        next_ = bulk.told <= part_.from ? 0 : bulk.told - part_.from;
        co_await base::side_by_side(kAtOnce, [this, &bulk] { return look_at_more(bulk); });
    }

    base::Task<> run(const flow::Bulk& bulk) {
        next_ = 0;
        until_ = around_.clock.monotonic() + kLongestPart;
        co_await base::side_by_side(kAtOnce, [this, &bulk] { return carry_out_more(bulk); });
    }

    const std::vector<std::optional<RowOutcome>>& outcomes() const { return outcomes_; }

  private:
    base::Task<> look_at_more(const flow::Bulk& bulk) {
        while (next_ < part_.rows.size() && !is_stopped_) {
            const auto row = next_++;
            const bool may_be_done = part_.from + row < bulk.let_through;
            if (may_be_done && co_await is_done(bulk, row)) continue;
            note(row, co_await try_row(part_.rows[row]));
        }
    }

    base::Task<> carry_out_more(const flow::Bulk& bulk) {
        while (next_ < part_.rows.size() && !is_stopped_ && around_.clock.monotonic() < until_) {
            const auto row = next_++;
            note(row, co_await carry_out_row(bulk, row));
        }
    }

    void note(std::size_t row, RowOutcome outcome) {
        if (!outcome) is_stopped_ = true;
        outcomes_[row] = std::move(outcome);
    }

    std::expected<OperatorCall, Problem> call_of(const json::object& row) const {
        auto text = read_bulk_row(row);
        if (!text) return std::unexpected{std::move(text.error())};
        auto call = make_call(asked_, std::move(*text));
        if (!call) return std::unexpected{problem(ErrorCode::route_unknown)};
        return std::move(*call);
    }

    base::Task<RowOutcome> try_row(const json::object& row) {
        auto call = call_of(row);
        if (!call) co_return refused_row(call.error(), asked_);
        call->exchange.tries = true;
        const auto came = co_await admin::carry_out(*call, around_);
        co_return look_outcome(came, call->exchange);
    }

    // Under its key, in the bulk's name.
    std::expected<OperatorCall, Problem> keyed_call(const flow::Bulk& bulk, std::size_t row) const {
        auto call = call_of(part_.rows[row]);
        if (!call) return call;
        auto& exchange = call->exchange;
        const auto number = part_.from + row;
        exchange.request.headers.set("Idempotency-Key", fmt::format("bulk.{}.{}", bulk.id, number));
        exchange.request_id = fmt::format("{}.{}", asked_.request_id, number);
        if (exchange.tenant->wait > kLongestRow) {
            exchange.request.headers.set("Prefer", fmt::format("wait={}", kLongestRow.count()));
        }
        exchange.correlation = bulk.id;
        exchange.comment = bulk.asker.comment;
        return call;
    }

    // What is kept of its being carried out; nothing where it was refused, or not carried out.
    base::Task<std::expected<std::optional<std::string>, flow::Failure>> kept_of(
        const Exchange& exchange) {
        auto asked = read_idempotency_key(exchange);
        if (!asked || !*asked) co_return std::nullopt;
        co_return co_await around_.operations.find_answer(std::move(**asked));
    }

    base::Task<bool> is_done(const flow::Bulk& bulk, std::size_t row) {
        const auto call = keyed_call(bulk, row);
        if (!call) co_return false;
        const auto kept = co_await kept_of(call->exchange);
        co_return kept && *kept;
    }

    base::Task<RowOutcome> carry_out_row(const flow::Bulk& bulk, std::size_t row) {
        auto call = keyed_call(bulk, row);
        if (!call) co_return refused_row(call.error(), asked_);
        if (part_.from + row < bulk.told) co_return co_await tell_again(*call, row);
        const auto came = co_await admin::carry_out(*call, around_);
        co_return run_outcome(came, call->exchange);
    }

    // A row has one turn. What came of it is kept, unless it was refused: then it is only looked
    // at.
    base::Task<RowOutcome> tell_again(OperatorCall& call, std::size_t row) {
        const auto kept = co_await kept_of(call.exchange);
        if (!kept && kept.error().kind == flow::FailureKind::key_of_another) {
            co_return refused_row(problem(kept.error()), asked_);
        }
        if (!kept) co_return std::unexpected{problem(kept.error())};
        if (*kept) co_return run_outcome(read_kept(**kept), call.exchange);
        auto outcome = co_await try_row(part_.rows[row]);
        const bool is_late = outcome && outcome->verdict != flow::BulkVerdict::refused;
        if (is_late) co_return late_row(asked_);
        co_return outcome;
    }

    const Exchange& asked_;
    const Surroundings& around_;
    const Part& part_;
    std::vector<std::optional<RowOutcome>> outcomes_;
    std::size_t next_ = 0;
    base::Monotonic until_{};
    bool is_stopped_ = false;
};

std::string_view verdict_word(flow::BulkVerdict verdict) {
    switch (verdict) {
        case flow::BulkVerdict::changed:
            return "changed";
        case flow::BulkVerdict::unchanged:
            return "unchanged";
        case flow::BulkVerdict::refused:
            return "refused";
    }
    return "";
}

// The results of the first rows, up to the first that has none.
struct Results {
    std::vector<flow::BulkVerdict> verdicts;
    std::vector<std::uint64_t> ends;
    json::array told;
    std::optional<Problem> trouble;  // of the first that has none
};

Results results_of(const std::vector<std::optional<RowOutcome>>& outcomes) {
    Results results;
    for (const auto& outcome : outcomes) {
        if (!outcome) break;
        if (!*outcome) {
            results.trouble = outcome->error();
            break;
        }
        const auto& result = **outcome;
        results.verdicts.push_back(result.verdict);
        results.ends.push_back(result.ends);
        auto told = result.told;
        told["outcome"] = verdict_word(result.verdict);
        if (result.ends > 0) told["ends"] = result.ends;
        results.told.emplace_back(std::move(told));
    }
    return results;
}

// How many entitlements those would end that have not had their turn.
base::Task<std::expected<std::uint64_t, Problem>> count_ends(Rows rows, const flow::Bulk& bulk) {
    co_await rows.look(bulk);
    std::uint64_t ends = 0;
    for (const auto& outcome : rows.outcomes()) {
        if (!outcome) continue;
        if (!*outcome) co_return std::unexpected{outcome->error()};
        ends += (*outcome)->ends;
    }
    co_return ends;
}

}  // namespace

base::Task<Answer> begin_bulk(Exchange& exchange, const Surroundings& around) {
    Fields fields{exchange.body};
    flow::BeginBulk request{
        .tenant = exchange.tenant->id,
        .asker = {.subject = exchange.principal->subject,
                  .client = exchange.principal->client,
                  .correlation = domain::CorrelationId{exchange.correlation}},
        .by = who(exchange),
        .file = fields.text("file", Presence::mandatory, kLongestName).value_or(""),
        .digest = read_digest("sha256", fields),
        .rows = read_count(exchange.body, "rows", fields),
        .token = read_token(fields)};
    if (fields.ok() && (request.rows == 0 || request.rows > flow::kMostBulkRows)) {
        fields.add(ErrorCode::argument_invalid, "rows", "must be from 1 to 1000000.");
    }
    if (!fields.ok()) co_return std::unexpected{fields.take_problem()};
    co_return told(201, co_await around.operations.begin_bulk(std::move(request)), around);
}

base::Task<Answer> list_bulks(Exchange& exchange, const Surroundings& around) {
    const auto newest = co_await around.operations.list_bulks(exchange.tenant->id, kListed);
    if (!newest) co_return std::unexpected{problem(newest.error())};
    json::array bulks;
    for (const auto& bulk : *newest) {
        bulks.emplace_back(bulk_json(bulk, around.options.bulk_guard_percent));
    }
    co_return answer(200, {{"bulks", std::move(bulks)}});
}

base::Task<Answer> read_bulk(Exchange& exchange, const Surroundings& around) {
    co_return told(
        200,
        co_await around.operations.find_bulk(exchange.tenant->id, exchange.params.at("bulkId")),
        around);
}

base::Task<Answer> look_at_rows(Exchange& exchange, const Surroundings& around) {
    const auto part = read_part(exchange.body);
    if (!part) co_return std::unexpected{part.error()};
    const auto bulk =
        co_await around.operations.find_bulk(exchange.tenant->id, exchange.params.at("bulkId"));
    if (!bulk) co_return std::unexpected{problem(bulk.error())};
    Rows rows{exchange, around, *part};
    co_await rows.look(*bulk);
    auto results = results_of(rows.outcomes());
    if (results.trouble) co_return std::unexpected{std::move(*results.trouble)};
    const auto looked =
        co_await around.operations.note_look({.place = place_of(exchange),
                                              .noted = {.from = part->from,
                                                        .verdicts = std::move(results.verdicts),
                                                        .ends = std::move(results.ends)}});
    if (!looked) co_return std::unexpected{problem(looked.error())};
    json::object body{{"results", std::move(results.told)},
                      {"bulk", bulk_json(looked->bulk, around.options.bulk_guard_percent)}};
    if (!looked->token.empty()) body["token"] = looked->token.reveal();
    co_return answer(200, body);
}

base::Task<Answer> start_bulk(Exchange& exchange, const Surroundings& around) {
    Fields fields{exchange.body};
    flow::StartBulk request{
        .place = place_of(exchange),
        .token = read_token(fields),
        .why = fields.text("reason", Presence::mandatory, kLongestReason).value_or(""),
        .percent = around.options.bulk_guard_percent};
    if (!fields.ok()) co_return std::unexpected{fields.take_problem()};
    co_return told(200, co_await around.operations.start_bulk(std::move(request)), around);
}

base::Task<Answer> carry_out_rows(Exchange& exchange, const Surroundings& around) {
    const auto part = read_part(exchange.body);
    if (!part) co_return std::unexpected{part.error()};
    const auto place = place_of(exchange);
    const auto before = co_await around.operations.find_bulk(place.tenant, place.id);
    if (!before) co_return std::unexpected{problem(before.error())};
    const auto ends = co_await count_ends({exchange, around, *part}, *before);
    if (!ends) co_return std::unexpected{ends.error()};
    const auto bulk =
        co_await around.operations.let_rows_through({.place = place,
                                                     .rows = {.from = part->from,
                                                              .count = part->rows.size(),
                                                              .known = before->let_through,
                                                              .ends = *ends},
                                                     .percent = around.options.bulk_guard_percent});
    if (!bulk) co_return std::unexpected{problem(bulk.error())};
    Rows rows{exchange, around, *part};
    co_await rows.run(*bulk);
    auto results = results_of(rows.outcomes());
    if (results.verdicts.empty() && results.trouble) {
        co_return std::unexpected{std::move(*results.trouble)};
    }
    const auto noted = co_await around.operations.note_results(
        {.place = place, .noted = {.from = part->from, .verdicts = std::move(results.verdicts)}});
    if (!noted) co_return std::unexpected{problem(noted.error())};
    co_return answer(200, {{"results", std::move(results.told)},
                           {"bulk", bulk_json(*noted, around.options.bulk_guard_percent)}});
}

}  // namespace usher::api::admin
