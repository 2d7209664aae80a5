// `usher pause`, `resume`, `confirm`, `holds` and `retry`: what a person stops, lets go on and
// tries again, through the admin listener.
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "cli/answer.h"
#include "cli/commands.h"
#include "http/target.h"

namespace usher::cli {

namespace {

namespace json = boost::json;

// So many a second: what is due at once after an outage must not be a storm.
constexpr std::chrono::milliseconds kPace{50};

std::string holds_path(const HoldRequest& request) {
    return request.all_tenants ? "/admin/v1/all-tenants/holds" : "/admin/v1/holds";
}

std::string body_of(const HoldRequest& request) {
    json::object body{{"kind", request.kind}, {"reason", request.reason}};
    if (!request.merchant.empty()) body["merchant"] = request.merchant;
    return json::serialize(body);
}

std::string hold_scope(const json::object& hold) {
    const auto tenant = text(hold, "tenant");
    const auto merchant = text(hold, "merchant");
    return fmt::format("{}, {}", tenant.empty() ? "all tenants" : "tenant " + tenant,
                       merchant.empty() ? "all merchants" : "merchant " + merchant);
}

std::string hold_line(const json::object& hold) {
    return fmt::format("{:<9} {}  since {}, by {}: {}", text(hold, "kind"), hold_scope(hold),
                       text(hold, "since"), text(hold, "by"), text(hold, "reason"));
}

using Ids = std::expected<std::vector<std::string>, AdminTrouble>;

// The ids of all that is not settled because of this.
Ids find_unsettled(const RetryRequest& request) {
    std::vector<std::string> ids;
    std::string after;
    while (true) {
        std::string path = "/admin/v1/unsettled?limit=1000";
        if (!after.empty()) path += "&after=" + http::encode_component(after);
        if (!request.cause.empty()) path += "&problem=" + http::encode_component(request.cause);
        const auto page = ask_admin(request.access, "GET", path);
        if (!page) return std::unexpected{page.error()};
        for (const auto& one : list(as_object(*page), "unsettled")) {
            ids.push_back(text(one, "entitlementId"));
        }
        after = text(as_object(*page), "next");
        if (after.empty()) return ids;
    }
}

std::expected<bool, AdminTrouble> retry_one(const RetryRequest& request, const std::string& id) {
    const auto answer =
        ask_admin(request.access, "POST",
                  fmt::format("/admin/v1/entitlements/{}/retry", http::encode_component(id)),
                  json::serialize(json::object{{"reason", request.reason}}));
    if (!answer) return std::unexpected{answer.error()};
    return flag(as_object(*answer), "retried");
}

int retry_all(const RetryRequest& request) {
    const auto ids = find_unsettled(request);
    if (!ids) return report(ids.error());
    const auto because = request.cause.empty() ? "" : " because of " + request.cause;
    std::cout << fmt::format("Not settled{}: {}.\n", because, ids->size());
    if (!request.yes) {
        if (!ids->empty()) std::cout << "Nothing was done; add --yes to try them again.\n";
        return 0;
    }
    std::size_t tried = 0;
    for (const auto& id : *ids) {
        const auto retried = retry_one(request, id);
        if (!retried) return report(retried.error());
        if (*retried) ++tried;
        rest(kPace);
    }
    std::cout << fmt::format("{} are tried again; the others were settled meanwhile.\n", tried);
    return 0;
}

}  // namespace

int place_hold(const HoldRequest& request) {
    const auto hold = ask_admin(request.access, "POST", holds_path(request), body_of(request));
    if (!hold) return report(hold.error());
    std::cout << hold_line(as_object(*hold)) << '\n';
    return 0;
}

int lift_hold(const HoldRequest& request) {
    const auto answer =
        ask_admin(request.access, "POST", holds_path(request) + "/lift", body_of(request));
    if (!answer) return report(answer.error());
    if (number(as_object(*answer), "lifted") > 0) {
        std::cout << "lifted\n";
        return 0;
    }
    std::cerr << "usher: no such hold is in force; `usher holds` shows those that are\n";
    return 1;
}

int list_holds(const HoldRequest& request) {
    const auto answer = ask_admin(request.access, "GET", holds_path(request));
    if (!answer) return report(answer.error());
    if (request.format == "json") {
        std::cout << json::serialize(*answer) << '\n';
        return 0;
    }
    const auto holds = list(as_object(*answer), "holds");
    if (holds.empty()) std::cout << "Nothing is held.\n";
    for (const auto& hold : holds) std::cout << hold_line(hold) << '\n';
    return 0;
}

int retry(const RetryRequest& request) {
    if (request.all) return retry_all(request);
    const auto retried = retry_one(request, request.entitlement);
    if (!retried) return report(retried.error());
    std::cout << (*retried ? "It is tried again now.\n"
                           : "It is settled: there is nothing to try.\n");
    return 0;
}

}  // namespace usher::cli
