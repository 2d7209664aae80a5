#include "sandbox/control.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "base/json.h"

namespace usher::sandbox {

namespace json = boost::json;

namespace {

enum class Route {
    entitlements,
    move,
    get_faults,
    put_faults,
    delete_faults,
    calls,
    active_file,
    received,
    clear
};

constexpr std::array kRoutes{Route::entitlements, Route::move,          Route::get_faults,
                             Route::put_faults,   Route::delete_faults, Route::calls,
                             Route::active_file,  Route::received,      Route::clear};

std::vector<http::RoutePattern> control_routes() {
    return {
        {"GET", "/sandbox/partner/entitlements"},
        {"POST", "/sandbox/partner/entitlements/{id}/{move}"},
        {"GET", "/sandbox/partner/faults"},
        {"PUT", "/sandbox/partner/faults"},
        {"DELETE", "/sandbox/partner/faults"},
        {"GET", "/sandbox/partner/calls"},
        {"GET", "/sandbox/partner/reports/active.csv"},
        {"GET", "/sandbox/crm/received"},
        {"DELETE", "/sandbox/crm/received"},
    };
}

http::Response answer(const json::value& body) {
    return http::make_response(200, "application/json", json::serialize(body));
}

http::Response not_allowed(const std::vector<std::string>& methods) {
    auto response = control_error(405, "The method is not allowed here");
    std::string list;
    for (const auto& method : methods) list += (list.empty() ? "" : ", ") + method;
    response.headers.add("Allow", list);
    return response;
}

http::Response page(int status, std::string_view title, std::string_view sentence) {
    return http::make_response(
        status, "text/html; charset=utf-8",
        fmt::format("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
                    "<title>{0}</title>\n<h1>{0}</h1>\n<p>{1}</p>\n</html>\n",
                    title, sentence));
}

}  // namespace

http::Response control_error(int status, std::string_view message, json::array details) {
    json::object body{{"code", status}, {"message", message}};
    if (!details.empty()) body["details"] = std::move(details);
    return http::make_response(status, "application/json", json::serialize(body));
}

Control::Control(PartnerModel& partner, CrmLog& crm)
    : partner_{partner}, crm_{crm}, router_{control_routes()} {}

http::Response Control::handle(const http::Request& request, base::Time now) {
    const auto target = http::parse_target(request.target);
    if (!target) return control_error(400, "The target is not a path");
    const auto matched = router_.match(request.method, *target);
    if (!matched && matched.error().allowed.empty()) {
        return control_error(404, "There is no such resource");
    }
    if (!matched) return not_allowed(matched.error().allowed);
    const auto& params = matched->params;
    switch (kRoutes.at(matched->index)) {
        case Route::entitlements:
            return answer(partner_.entitlements(target->find_query("customerIdentifier")));
        case Route::move:
            return move(params.find("id")->second, params.find("move")->second, request, now);
        case Route::get_faults:
            return answer(partner_.faults().to_json());
        case Route::put_faults:
            return put_faults(request);
        case Route::delete_faults:
            partner_.set_faults({});
            return answer(partner_.faults().to_json());
        case Route::calls:
            return answer(partner_.calls());
        case Route::active_file:
            return http::make_response(200, "text/csv; charset=utf-8", partner_.active_file());
        case Route::received:
            return answer(crm_.to_json());
        case Route::clear:
            return answer(json::object{{"deletedCount", crm_.clear()}});
    }
    return control_error(404, "There is no such resource");
}

http::Response Control::move(std::string_view id, std::string_view name,
                             const http::Request& request, base::Time now) {
    const auto asked = parse_move(name);
    if (!asked) return control_error(404, "There is no such move");
    std::string product;
    if (*asked == Move::change_product) {
        const auto body = base::parse_json(request.body);
        const auto key = body && body->is_object()
                             ? base::find_string(body->get_object(), "productKey")
                             : std::nullopt;
        if (!key) {
            return control_error(400, "The body needs a productKey",
                                 {json::object{{"field", "productKey"}, {"problem", "is needed"}}});
        }
        product = *key;
    }
    const auto record = partner_.make_move(id, *asked, product, now);
    if (record) return answer(*record);
    switch (record.error()) {
        case MoveRefusal::no_such_record:
            return control_error(404, "The partner has no such entitlement");
        case MoveRefusal::not_in_this_status:
            return control_error(409, "The entitlement's status does not allow this move");
        case MoveRefusal::no_such_product:
            return control_error(
                400, "The partner has no such product",
                {json::object{{"field", "productKey"}, {"problem", "is not a product"}}});
    }
    return control_error(404, "The partner has no such entitlement");
}

http::Response Control::put_faults(const http::Request& request) {
    const auto body = base::parse_json(request.body);
    if (!body) {
        return control_error(400, fmt::format("The body is not usable JSON: {}",
                                              base::to_text(body.error().problem)));
    }
    auto faults = Faults::parse(*body);
    if (faults) {
        partner_.set_faults(*std::move(faults));
        return answer(partner_.faults().to_json());
    }
    json::array details;
    for (const auto& [field, problem] : faults.error()) {
        details.push_back(json::object{{"field", field}, {"problem", problem}});
    }
    return control_error(400, "The rules cannot be used", std::move(details));
}

http::Response Control::open_link(const http::Request& request, std::string_view token,
                                  base::Time now) {
    // A HEAD, as link previews send it, must not activate.
    if (request.method != "GET") return not_allowed({"GET"});
    switch (partner_.open_link(token, now)) {
        case LinkOutcome::activated:
            return page(200, "Activated", "Your subscription is active. You can close this page.");
        case LinkOutcome::active_already:
            return page(200, "Already active", "This subscription is active already.");
        case LinkOutcome::expired:
            return page(410, "Link expired", "This link has expired. Ask for a new one.");
        case LinkOutcome::unknown:
            return page(404, "Unknown link", "This link leads nowhere.");
        case LinkOutcome::ended:
            return page(410, "Ended", "This subscription has ended.");
    }
    return page(404, "Unknown link", "This link leads nowhere.");
}

http::Response Control::open_recovery(const http::Request& request, std::string_view token,
                                      base::Time now) {
    if (request.method != "GET") return not_allowed({"GET"});
    if (partner_.opens_recovery(token, now)) {
        return page(200, "Welcome back", "Here you set a new e-mail address or password.");
    }
    return page(404, "Unknown link", "This link leads nowhere, or has expired.");
}

}  // namespace usher::sandbox
