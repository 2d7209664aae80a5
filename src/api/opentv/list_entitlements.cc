// GET /crm-gateway/v1/rmg/v1/entitlements: the tenant's entitlements (OpenTV §2.1 G2).
#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "api/fields.h"
#include "api/opentv/calls.h"
#include "api/opentv/entitlement_json.h"
#include "api/opentv/list_query.h"
#include "api/opentv/manners.h"

namespace usher::api::opentv {

namespace {

// The same question, from `cursor` on.
std::string next_link(const Exchange& exchange, const std::string& cursor) {
    std::string query;
    for (const auto& [name, value] : exchange.target.query) {
        if (name == "page" || name == "after") continue;
        query += fmt::format("{}={}&", http::encode_component(name), http::encode_component(value));
    }
    return fmt::format("<{}?{}after={}>; rel=\"next\"", exchange.target.path, query, cursor);
}

Problem too_broad(const ListAsked& asked) {
    if (!asked.order.empty() && flow::wants_everything({.where = asked.where})) {
        return problem(ErrorCode::query_too_broad, "sort",
                       "would have to look at everything; filter by accountId, productId or "
                       "status as well.");
    }
    return problem(ErrorCode::query_too_broad, "filter",
                   "would have to look at too many; add accountId, productId or status with a "
                   "value that fewer have.");
}

}  // namespace

base::Task<Answer> list_entitlements(Exchange& exchange, const Surroundings& around) {
    const auto& options = around.options;
    Fields fields{exchange.body};
    const auto asked = read_list_query(exchange.target, options.list_default_limit, fields);
    if (!fields.ok()) co_return std::unexpected{fields.take_problem()};
    if (asked.skip > options.list_scan_limit) {
        co_return std::unexpected{problem(ErrorCode::query_too_broad, "page",
                                          "is too far on; follow the link rel=next instead.")};
    }
    // One more than asked for tells whether anything follows.
    const auto page =
        co_await around.operations.list({.tenant = exchange.tenant->id,
                                         .where = asked.where,
                                         .order = asked.order,
                                         .behind = asked.behind,
                                         .skip = asked.skip,
                                         .limit = asked.limit == 0 ? 0 : asked.limit + 1,
                                         .scan_limit = options.list_scan_limit});
    if (!page) co_return std::unexpected{problem(page.error())};
    if (page->too_broad) co_return std::unexpected{too_broad(asked)};

    boost::json::object body{{"totalRecords", page->total}};
    if (asked.limit == 0) co_return json_answer(200, body);
    const auto now = around.clock.now();
    boost::json::array records;
    for (const auto& row : page->rows) {
        if (records.size() == asked.limit) break;
        const auto standing = flow::standing_of(row, options.give_up_after, now);
        records.push_back(project(entitlement_json(row, standing), asked));
    }
    body["resourceSet"] = std::move(records);
    auto response = json_answer(200, body);
    if (page->rows.size() > asked.limit) {
        response.headers.set("Link",
                             next_link(exchange, write_cursor(asked, page->rows[asked.limit - 1])));
    }
    co_return response;
}

}  // namespace usher::api::opentv
