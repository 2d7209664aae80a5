// What a person stops and lets go on again, and another try for what could not be settled. Each
// change tells who and why; the log has it too.
#include <charconv>
#include <optional>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "api/admin/calls.h"
#include "api/admin/manners.h"
#include "api/fields.h"
#include "api/text.h"
#include "base/log.h"

namespace usher::api::admin {

namespace {

namespace json = boost::json;

constexpr std::size_t kLongestPage = 1000;

struct Named {
    flow::HoldKind kind{};
    domain::MerchantId merchant;
    std::string reason;
};

std::expected<Named, Problem> read_hold(const Exchange& exchange) {
    Fields fields{exchange.body};
    Named named;
    if (const auto word = fields.text("kind", Presence::mandatory)) {
        if (const auto kind = flow::parse_hold_kind(*word)) {
            named.kind = *kind;
        } else {
            fields.add(ErrorCode::argument_invalid, "kind", "must be paused, endings or restored.");
        }
    }
    if (const auto merchant = fields.id("merchant", Presence::optional)) {
        named.merchant = domain::MerchantId{*merchant};
    }
    const auto reason = fields.text("reason", Presence::mandatory, kLongestReason);
    if (reason) named.reason = *reason;
    if (!fields.ok()) return std::unexpected{fields.take_problem()};
    return named;
}

void log_change(const Exchange& exchange, std::string_view event, const Named& named) {
    base::log(base::LogLevel::warning, event,
              {{"kind", flow::to_text(named.kind)},
               {"tenant", tenant_of(exchange).text()},
               {"merchant", named.merchant.text()},
               {"subject", exchange.principal->subject},
               {"reason", named.reason},
               {"requestId", exchange.request_id}});
}

std::optional<std::size_t> read_limit(std::string_view text) {
    std::size_t limit = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    if (!whole || limit == 0 || limit > kLongestPage) return std::nullopt;
    return limit;
}

json::object unsettled_json(const flow::Unsettled& row) {
    json::object object{{"entitlementId", row.entitlement.text()},
                        {"status", domain::to_text(row.status)},
                        {"partnerStatus", domain::to_text(row.partner_status)},
                        {"since", base::format_time(row.since)},
                        {"attempts", row.attempts}};
    if (row.problem != domain::Problem::none) object["problem"] = domain::to_text(row.problem);
    if (row.next) object["next"] = base::format_time(*row.next);
    return object;
}

}  // namespace

base::Task<Answer> list_holds(Exchange& exchange, const Surroundings& around) {
    const auto in_force = co_await around.operations.holds();
    if (!in_force) co_return std::unexpected{problem(in_force.error())};
    json::array items;
    for (const auto& hold : *in_force) {
        const bool concerns =
            exchange.tenant == nullptr || hold.tenant.empty() || hold.tenant == exchange.tenant->id;
        if (concerns) items.emplace_back(hold_json(hold));
    }
    co_return answer(200, {{"holds", std::move(items)}});
}

base::Task<Answer> place_hold(Exchange& exchange, const Surroundings& around) {
    auto named = read_hold(exchange);
    if (!named) co_return std::unexpected{std::move(named.error())};
    if (named->kind != flow::HoldKind::paused) {
        co_return std::unexpected{
            problem(ErrorCode::argument_invalid, "kind",
                    "must be paused: the others are placed by Usher itself and can only be "
                    "lifted.")};
    }
    const auto placed = co_await around.operations.place_hold({.tenant = tenant_of(exchange),
                                                               .merchant = named->merchant,
                                                               .kind = named->kind,
                                                               .by = who(exchange),
                                                               .why = named->reason});
    if (!placed) co_return std::unexpected{problem(placed.error())};
    log_change(exchange, "hold_placed", *named);
    co_return answer(201, hold_json(*placed));
}

base::Task<Answer> lift_hold(Exchange& exchange, const Surroundings& around) {
    auto named = read_hold(exchange);
    if (!named) co_return std::unexpected{std::move(named.error())};
    const auto lifted = co_await around.operations.lift_hold({.tenant = tenant_of(exchange),
                                                              .merchant = named->merchant,
                                                              .kind = named->kind,
                                                              .by = who(exchange),
                                                              .why = named->reason});
    if (!lifted) co_return std::unexpected{problem(lifted.error())};
    if (*lifted > 0) log_change(exchange, "hold_lifted", *named);
    co_return answer(200, {{"lifted", *lifted}});
}

base::Task<Answer> retry_entitlement(Exchange& exchange, const Surroundings& around) {
    Fields fields{exchange.body};
    const domain::EntitlementId id{
        id_in_path("entitlementId", exchange.params.at("entitlementId"), fields)};
    const auto reason = fields.text("reason", Presence::mandatory, kLongestReason);
    if (!fields.ok()) co_return std::unexpected{fields.take_problem()};
    const auto tried = co_await around.operations.retry(
        {.tenant = exchange.tenant->id, .entitlement = id, .by = who(exchange), .why = *reason});
    if (!tried) co_return std::unexpected{problem(tried.error())};
    co_return answer(200, {{"retried", *tried}});
}

base::Task<Answer> list_unsettled(Exchange& exchange, const Surroundings& around) {
    const auto given = exchange.target.find_query("after");
    const auto after = given.value_or("");
    if (given && !is_id(*given)) {
        co_return std::unexpected{problem(ErrorCode::query_invalid, "after", "must be an id.")};
    }
    std::optional<domain::Problem> only;
    if (const auto word = exchange.target.find_query("problem")) {
        only = domain::parse_problem(*word);
        if (!only || *only == domain::Problem::none) {
            co_return std::unexpected{
                problem(ErrorCode::query_invalid, "problem",
                        "must be a problem's code, as the entries of this list have it.")};
        }
    }
    const auto limit = read_limit(exchange.target.find_query("limit").value_or("100"));
    if (!limit) {
        co_return std::unexpected{
            problem(ErrorCode::query_invalid, "limit", "must be a number from 1 to 1000.")};
    }
    const auto rows = co_await around.operations.unsettled(
        exchange.tenant->id, domain::EntitlementId{std::string{after}}, only, *limit);
    if (!rows) co_return std::unexpected{problem(rows.error())};
    json::array items;
    for (const auto& row : *rows) items.emplace_back(unsettled_json(row));
    json::object body{{"unsettled", std::move(items)}};
    if (rows->size() == *limit) body["next"] = rows->back().entitlement.text();
    co_return answer(200, body);
}

}  // namespace usher::api::admin
