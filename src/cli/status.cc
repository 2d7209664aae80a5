// `usher status`: how everything stands, for the person who was woken at night. What is wrong comes
// first, the worst at the top, each with what to do.
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/answer.h"
#include "cli/commands.h"

namespace usher::cli {

namespace {

namespace json = boost::json;

std::string span_text(double seconds) {
    constexpr double kMinute = 60;
    constexpr double kHour = 3600;
    if (seconds < 2 * kMinute) return fmt::format("{:.0f} s", seconds);
    if (seconds < 2 * kHour) return fmt::format("{:.0f} min", seconds / kMinute);
    return fmt::format("{:.1f} h", seconds / kHour);
}

// The first line: whoever reads no further knows whether to get up.
void print_head(const json::object& status) {
    const auto ready = flag(status, "ready")
                           ? "ready: changes are recorded"
                           : "NOT READY: " + text(part(status, "store"), "reason");
    std::cout << fmt::format("{} at {}; {}.\n",
                             flag(status, "inTrouble") ? "TROUBLE" : "All is well",
                             text(status, "at"), ready);
}

void print_findings(const json::object& status) {
    for (const auto& finding : list(status, "findings")) {
        const bool trouble = text(finding, "severity") == "trouble";
        std::cout << fmt::format("\n{} {}\n  {}\n", trouble ? "!" : "-", text(finding, "what"),
                                 text(finding, "do"));
    }
}

std::string eta_text(const json::object& route) {
    const auto eta = text(route, "eta");
    if (!eta.empty()) {
        return fmt::format("done in {} ({})", span_text(number(route, "etaSeconds")), eta);
    }
    const auto unknown = text(route, "etaUnknown");
    return unknown.empty() ? "nothing waits" : "no time known: " + unknown;
}

void print_routes(const json::object& status) {
    const auto routes = list(status, "routes");
    if (routes.empty()) return;
    std::cout << "\nWays to the partner\n";
    for (const auto& route : routes) {
        std::cout << fmt::format(
            "  {:<24} {:<9} {:.0f} unsettled, {:.0f} wait, {:.0f} in flight of {:.3g} (at most "
            "{:.0f}), {:.0f}/min; {}\n",
            text(route, "tenant") + "/" + text(route, "merchant"), text(route, "state"),
            number(route, "unsettled"), number(route, "waiting"), number(route, "inFlight"),
            number(route, "window"), number(route, "mostInFlight"),
            number(route, "settledPerMinute"), eta_text(route));
    }
}

std::string sweep_text(const json::object& sweep) {
    if (sweep.empty()) return "not swept";
    const auto age = base::find_member(sweep, "ageSeconds") == nullptr
                         ? std::string{"first round"}
                         : "age " + span_text(number(sweep, "ageSeconds"));
    const auto of = number(sweep, "of");
    return fmt::format("sweep {}, within {}, {:.0f}{} looked at in this round{}", age,
                       span_text(number(sweep, "freshnessSeconds")), number(sweep, "passed"),
                       of > 0 ? fmt::format(" of {:.0f}", of) : "",
                       flag(sweep, "late") ? ", LATE" : "");
}

std::string compared_text(const json::object& line) {
    const auto merchant = text(line, "merchant");
    const auto verdict = flag(line, "signedOff")
                             ? fmt::format("no difference, signed off by {}", text(line, "by"))
                             : fmt::format("{:.0f} differences, by {}", number(line, "differences"),
                                           text(line, "by"));
    return fmt::format("compared with {} as of {}{}: {}, {}", text(line, "file"),
                       text(line, "asOf"), merchant.empty() ? "" : " of " + merchant, verdict,
                       text(line, "at"));
}

void print_tenants(const json::object& status) {
    const auto tenants = list(status, "tenants");
    if (tenants.empty()) return;
    std::cout << "\nTenants\n";
    for (const auto& tenant : tenants) {
        const auto oldest = text(tenant, "oldest");
        std::cout << fmt::format("  {:<24} {:.0f} unsettled{}, {:.0f} need attention; {}\n",
                                 text(tenant, "tenant"), number(tenant, "unsettled"),
                                 oldest.empty() ? "" : ", the oldest since " + oldest,
                                 number(tenant, "attention"), sweep_text(part(tenant, "sweep")));
        for (const auto& line : list(tenant, "compared")) {
            std::cout << "    " << compared_text(line) << '\n';
        }
        for (const auto& cause : list(tenant, "causes")) {
            std::cout << fmt::format("    {:<22} {:.0f}\n", text(cause, "cause"),
                                     number(cause, "count"));
        }
    }
}

std::string scope_of(const json::object& one) {
    const auto or_all = [](const std::string& name) { return name.empty() ? "all" : name; };
    return fmt::format("{}/{}/{}", or_all(text(one, "tenant")), or_all(text(one, "merchant")),
                       or_all(text(one, "productKey")));
}

void print_actions_of(const json::object& actions) {
    for (const auto& gap : list(actions, "learned")) {
        std::cout << fmt::format("  {}: {} is not supported, learnt {}, asked for again after {}\n",
                                 scope_of(gap), text(gap, "action"), text(gap, "since"),
                                 text(gap, "until"));
    }
    for (const auto& pin : list(actions, "pins")) {
        std::cout << fmt::format("  {}: {} is {}, pinned {} by {}: {}\n", scope_of(pin),
                                 text(pin, "action"),
                                 flag(pin, "supported") ? "supported" : "not supported",
                                 text(pin, "since"), text(pin, "by"), text(pin, "reason"));
    }
}

bool is_empty(const json::object& actions) {
    return list(actions, "learned").empty() && list(actions, "pins").empty();
}

void print_status(const json::object& status) {
    print_head(status);
    print_findings(status);
    print_routes(status);
    print_tenants(status);
    const auto& actions = part(status, "actions");
    if (!is_empty(actions)) {
        std::cout << "\nActions that are not as usual\n";
        print_actions_of(actions);
    }
}

std::string path_of(bool all_tenants, std::string_view what) {
    return fmt::format("/admin/v1/{}{}", all_tenants ? "all-tenants/" : "", what);
}

std::string body_of(const ActionsRequest& request, std::optional<bool> supported) {
    json::object body{{"reason", request.reason}};
    if (!request.merchant.empty()) body["merchant"] = request.merchant;
    if (!request.product.empty()) body["productKey"] = request.product;
    if (!request.action.empty()) body["action"] = request.action;
    if (supported) body["supported"] = *supported;
    return json::serialize(body);
}

}  // namespace

int status(const StatusRequest& request) {
    const auto answer = ask_admin(request.access, "GET", path_of(request.all_tenants, "status"));
    if (!answer) return report(answer.error());
    if (!answer->is_object()) return report({1, "the answer is not a status"});
    const auto& told = answer->get_object();
    if (request.format == "json") {
        std::cout << json::serialize(told) << '\n';
    } else {
        print_status(told);
    }
    return flag(told, "inTrouble") ? 1 : 0;
}

int list_actions(const ActionsRequest& request) {
    const auto answer = ask_admin(request.access, "GET", path_of(request.all_tenants, "actions"));
    if (!answer) return report(answer.error());
    if (request.format == "json" || !answer->is_object()) {
        std::cout << json::serialize(*answer) << '\n';
        return 0;
    }
    const auto& actions = answer->get_object();
    if (is_empty(actions)) std::cout << "Every action counts as supported; nothing is pinned.\n";
    print_actions_of(actions);
    return 0;
}

int clear_actions(const ActionsRequest& request) {
    const auto answer =
        ask_admin(request.access, "POST", path_of(request.all_tenants, "actions/clear"),
                  body_of(request, std::nullopt));
    if (!answer) return report(answer.error());
    const auto cleared = answer->is_object() ? number(answer->get_object(), "cleared") : 0;
    if (cleared > 0) {
        std::cout << fmt::format("{:.0f} forgotten; they are asked for again.\n", cleared);
        return 0;
    }
    std::cerr << "usher: nothing like that was learnt; `usher actions list` shows what was\n";
    return 1;
}

int pin_action(const ActionsRequest& request) {
    const auto answer =
        ask_admin(request.access, "POST", path_of(request.all_tenants, "actions/pins"),
                  body_of(request, request.supported == "yes"));
    if (!answer) return report(answer.error());
    if (answer->is_object()) print_actions_of({{"pins", json::array{*answer}}});
    return 0;
}

int unpin_action(const ActionsRequest& request) {
    const auto answer =
        ask_admin(request.access, "POST", path_of(request.all_tenants, "actions/pins/lift"),
                  body_of(request, std::nullopt));
    if (!answer) return report(answer.error());
    if (answer->is_object() && number(answer->get_object(), "lifted") > 0) {
        std::cout << "lifted\n";
        return 0;
    }
    std::cerr << "usher: there is no such pin; `usher actions list` shows those in force\n";
    return 1;
}

}  // namespace usher::cli
