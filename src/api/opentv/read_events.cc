// GET /crm-gateway/v2/usher/events: what has happened to the tenant's entitlements, in order, for a
// CRM that reads instead of being told.
#include <chrono>

#include <boost/json/array.hpp>

#include "api/fields.h"
#include "api/opentv/calls.h"
#include "api/opentv/manners.h"
#include "api/opentv/query_reader.h"
#include "notify/notification.h"

namespace usher::api::opentv {

namespace {

constexpr std::size_t kUsualPage = 100;
constexpr std::size_t kLongestPage = 1000;

int number_of_rejection(domain::Rejection rejection) {
    return number_of(code_of(rejection));
}

void read_after(QueryReader& query, flow::ReadFeed& asked) {
    const auto after = query.once("after");
    if (!after) return;
    if (*after == "newest") {
        asked.from = flow::ReadFeed::From::newest;
        return;
    }
    const auto place = flow::parse_feed_place(*after);
    if (!place) {
        query.wrong("after", "must be an event's id, `next` of an earlier answer, or newest.");
        return;
    }
    asked.from = flow::ReadFeed::From::place;
    asked.after = *place;
}

template <class Id>
void read_filter(QueryReader& query, Fields& fields, std::string_view name, Id& filter) {
    if (const auto given = query.once(name)) filter = Id{id_in_path(name, *given, fields)};
}

}  // namespace

base::Task<Answer> read_events(Exchange& exchange, const Surroundings& around) {
    Fields fields{exchange.body};
    QueryReader query{exchange.target, fields};
    flow::ReadFeed asked{.tenant = exchange.tenant->id};
    read_after(query, asked);
    read_filter(query, fields, "entitlementId", asked.entitlement);
    read_filter(query, fields, "accountId", asked.account);
    asked.limit = query.number("limit", kUsualPage, 1, kLongestPage);
    const auto longest = static_cast<std::size_t>(around.options.longest_wait.count());
    const std::chrono::seconds wait{query.number("wait", 0, 0, longest)};
    if (!fields.ok()) co_return std::unexpected{fields.take_problem()};
    asked.kept_for = around.options.events_kept;
    asked.deadline = around.clock.monotonic() + wait;

    const auto page = co_await around.operations.read_feed(std::move(asked));
    if (!page) co_return std::unexpected{problem(page.error())};
    boost::json::array events;
    for (const auto& item : page->items) {
        events.push_back(notify::notification_json(item.event, *item.row, number_of_rejection));
    }
    co_return json_answer(200, boost::json::object{{"events", std::move(events)},
                                                   {"next", flow::to_text(page->next)},
                                                   {"more", page->more}});
}

}  // namespace usher::api::opentv
