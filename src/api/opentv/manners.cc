#include "api/opentv/manners.h"

#include <boost/json/serialize.hpp>

#include "api/etag.h"

namespace usher::api::opentv {

namespace {

std::string_view phrase(int status) {
    switch (status) {
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        default:
            return "OK";
    }
}

}  // namespace

domain::Asker asker_of(const Exchange& exchange) {
    return {.subject = exchange.principal->subject,
            .client = exchange.principal->client,
            .correlation = domain::CorrelationId{exchange.correlation},
            .comment = exchange.comment};
}

Waiting waiting_of(const Exchange& exchange, const Options& options) {
    return decide_wait(read_prefer(exchange.request.headers), exchange.tenant->wait,
                       options.longest_wait);
}

flow::UpdateStatus begin_change(const Exchange& exchange, Fields& fields) {
    return {.tenant = exchange.tenant->id,
            .entitlement = domain::EntitlementId{id_in_path(
                "entitlementId", exchange.params.at("entitlementId"), fields)},
            .asker = asker_of(exchange)};
}

std::expected<Waiting, Problem> complete_change(const Exchange& exchange, const Options& options,
                                                Fields& fields, flow::UpdateStatus& change) {
    if (!fields.ok()) return std::unexpected{fields.take_problem()};
    const auto if_version = read_if_match(exchange.request.headers);
    if (!if_version) return std::unexpected{if_version.error()};
    change.if_version = *if_version;
    auto waiting = waiting_of(exchange, options);
    change.wait = waiting.wait;
    return waiting;
}

http::Response json_answer(int status, const boost::json::object& body) {
    return http::make_response(status, "application/json", boost::json::serialize(body));
}

void add_change_headers(http::Response& response, std::uint64_t version,
                        flow::Propagated propagated, const Waiting& waiting) {
    response.headers.set("ETag", write_etag(version));
    response.headers.set("usher-propagation",
                         propagated == flow::Propagated::confirmed ? "confirmed" : "pending");
    if (!waiting.applied.empty()) response.headers.set("Preference-Applied", waiting.applied);
}

void add_activation(boost::json::object& body, const domain::Activation& activation, int status) {
    boost::json::object parameters{{"action", "NAVIGATE_TO_URL"}, {"url", activation.url.reveal()}};
    if (activation.expiry) parameters["urlExpiry"] = base::format_time(*activation.expiry);
    body["responseCode"] = std::to_string(status);
    body["responseMessage"] = phrase(status);
    body["parameters"] = std::move(parameters);
}

}  // namespace usher::api::opentv
