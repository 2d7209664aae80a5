#include "flow/bulks.h"

#include <functional>
#include <memory>
#include <utility>

#include "base/digest.h"
#include "base/log.h"
#include "flow/listing.h"

namespace usher::flow {

namespace {

using Outcome = std::expected<Bulk, Failure>;

constexpr std::size_t kTokenBytes = 16;
// Of the tenant's newest, a run that can be gone on with is looked for among so many.
constexpr std::size_t kLookedThrough = 200;

base::Task<Outcome> decide_on(Ports& ports, BulkPlace place,
                              std::function<BulkDecided(const Bulk&, base::Time)> decide) {
    auto decided = co_await decide_in<std::variant<Bulk, Failure>>(
        ports.store, {.tenant = place.tenant, .bulk = place.id},
        [subject = place.subject, decide = std::move(decide)](const Rows& rows) -> BulkDecided {
            const bool is_known = rows.bulk && rows.bulk->asker.subject == subject;
            if (!is_known) return {Writes{}, fail(FailureKind::bulk_unknown)};
            return decide(*rows.bulk, rows.now);
        });
    if (!decided) co_return std::unexpected{fail(decided.error())};
    if (auto* failure = std::get_if<Failure>(&*decided)) co_return std::unexpected{*failure};
    co_return std::get<Bulk>(std::move(*decided));
}

bool can_go_on(const Bulk& bulk, base::Time now) {
    return bulk.started && !bulk.finished && now < *bulk.started + kBulkResumable;
}

// Where a new one is to be begun: nothing.
std::expected<std::optional<Bulk>, Failure> find_begun(const std::vector<Bulk>& newest,
                                                       const BeginBulk& request, base::Time now) {
    const auto token_digest =
        request.token.empty() ? std::string{} : base::sha256_hex(request.token);
    for (const auto& bulk : newest) {
        const bool is_same = bulk.asker.subject == request.asker.subject &&
                             bulk.digest == request.digest && bulk.rows == request.rows;
        if (!is_same) continue;
        if (token_digest.empty() && can_go_on(bulk, now)) return bulk;
        if (!token_digest.empty() && bulk.token_digest == token_digest && !bulk.finished) {
            return bulk;
        }
    }
    if (!token_digest.empty()) return std::unexpected{fail(FailureKind::bulk_token_refused)};
    return std::nullopt;
}

base::Task<StoreResult<std::uint64_t>> count_live(Ports& ports, const domain::TenantId& tenant) {
    std::vector<ListValue> live;
    for (const auto status : domain::kEntitlementStatuses) {
        if (domain::is_live(domain::meaning(status))) {
            live.emplace_back(std::string{domain::to_text(status)});
        }
    }
    auto page = co_await ports.store.list(
        {.tenant = tenant,
         .where = is(ListField::status, ListOperator::in, std::move(live)),
         .scan_limit = std::size_t(-1) / 2});
    if (!page) co_return std::unexpected{page.error()};
    co_return page->total;
}

void log_end(const Bulk& bulk) {
    base::log(base::LogLevel::info, "bulk_over",
              {{"tenant", bulk.tenant.text()},
               {"bulk", bulk.id},
               {"state", std::string{to_text(state_of(bulk))}},
               {"rows", std::to_string(bulk.told)},
               {"changed", std::to_string(bulk.done.changed)},
               {"refused", std::to_string(bulk.done.refused)},
               {"ends", std::to_string(bulk.ends)},
               {"subject", bulk.asker.subject}});
}

}  // namespace

base::Task<Outcome> begin_bulk(Ports& ports, BeginBulk request) {
    const auto newest = co_await ports.store.bulks(request.tenant, kLookedThrough);
    if (!newest) co_return std::unexpected{fail(newest.error())};
    auto begun = find_begun(*newest, request, ports.clock.now());
    if (!begun) co_return std::unexpected{begun.error()};
    if (*begun) co_return std::move(**begun);
    Bulk bulk{.tenant = request.tenant,
              .id = base::make_object_id(ports.random, ports.clock.now()),
              .asker = request.asker,
              .by = request.by,
              .file = request.file,
              .digest = request.digest,
              .rows = request.rows};
    auto written = co_await decide_in<Bulk>(ports.store, {.tenant = request.tenant},
                                            [bulk](const Rows& rows) -> std::pair<Writes, Bulk> {
                                                auto now = bulk;
                                                now.begun = rows.now;
                                                return {Writes{.bulk = now}, now};
                                            });
    if (!written) co_return std::unexpected{fail(written.error())};
    co_return std::move(*written);
}

base::Task<std::expected<Looked, Failure>> note_look(Ports& ports, NoteLook request) {
    const auto bulk = co_await find_bulk(ports, request.place.tenant, request.place.id);
    if (!bulk) co_return std::unexpected{bulk.error()};
    Looked looked;
    if (request.noted.from + request.noted.verdicts.size() == bulk->rows) {
        const auto live = co_await count_live(ports, request.place.tenant);
        if (!live) co_return std::unexpected{fail(live.error())};
        request.noted.live = *live;
        looked.token = base::Secret{base::make_token(ports.random, kTokenBytes)};
        request.noted.token_digest = base::sha256_hex(looked.token.reveal());
    }
    auto noted =
        co_await decide_on(ports, std::move(request.place),
                           [noted = std::move(request.noted)](const Bulk& row, base::Time now) {
                               return note_look(row, noted, now);
                           });
    if (!noted) co_return std::unexpected{noted.error()};
    looked.bulk = std::move(*noted);
    co_return looked;
}

base::Task<Outcome> start_bulk(Ports& ports, StartBulk request) {
    StartRun run{.why = std::move(request.why), .percent = request.percent};
    if (!request.token.empty()) run.token_digest = base::sha256_hex(request.token);
    const auto was_begun = std::make_shared<bool>(false);
    auto started = co_await decide_on(ports, std::move(request.place),
                                      [run, was_begun](const Bulk& bulk, base::Time now) {
                                          *was_begun = bulk.started.has_value();
                                          return start_run(bulk, run, now);
                                      });
    if (started && !*was_begun) {
        base::log(base::LogLevel::info, "bulk_started",
                  {{"tenant", started->tenant.text()},
                   {"bulk", started->id},
                   {"sha256", started->digest},
                   {"rows", std::to_string(started->rows)},
                   {"confirmed", started->confirmed ? "true" : "false"},
                   {"subject", started->asker.subject}});
    }
    co_return started;
}

base::Task<Outcome> let_rows_through(Ports& ports, LetRowsThrough request) {
    return decide_on(
        ports, std::move(request.place),
        [rows = request.rows, percent = request.percent](const Bulk& bulk, base::Time now) {
            return let_through(bulk, rows, percent, now);
        });
}

base::Task<Outcome> note_results(Ports& ports, NoteResults request) {
    const auto was_over = std::make_shared<bool>(false);
    auto bulk = co_await decide_on(
        ports, std::move(request.place),
        [was_over, noted = std::move(request.noted)](const Bulk& row, base::Time now) {
            *was_over = row.finished.has_value();
            return note_results(row, noted, now);
        });
    if (bulk && bulk->finished && !*was_over) log_end(*bulk);
    co_return bulk;
}

base::Task<Outcome> find_bulk(Ports& ports, domain::TenantId tenant, std::string id) {
    auto found = co_await ports.store.find_bulk(std::move(tenant), std::move(id));
    if (!found) co_return std::unexpected{fail(found.error())};
    if (!*found) co_return std::unexpected{fail(FailureKind::bulk_unknown)};
    co_return std::move(**found);
}

base::Task<std::expected<std::vector<Bulk>, Failure>> list_bulks(Ports& ports,
                                                                 domain::TenantId tenant,
                                                                 std::size_t limit) {
    auto newest = co_await ports.store.bulks(std::move(tenant), limit);
    if (!newest) co_return std::unexpected{fail(newest.error())};
    co_return std::move(*newest);
}

}  // namespace usher::flow
