// `usher explain`: what the admin listener tells about an entitlement, for people.
#include <iostream>
#include <string>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/json.h"
#include "base/time.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "flow/cause.h"
#include "http/target.h"

namespace usher::cli {

namespace {

namespace json = boost::json;

void line(std::string_view name, const std::string& value) {
    if (!value.empty()) std::cout << fmt::format("{:<12} {}\n", name, value);
}

// ", NAME VALUE" when there is one.
std::string with(std::string_view name, const std::string& value) {
    return value.empty() ? "" : fmt::format(", {} {}", name, value);
}

std::string asked_text(const json::object& asked) {
    if (asked.empty()) return "";
    const auto product = text(asked, "productId");
    const auto what = product.empty() ? text(asked, "status") : "the product " + product;
    return fmt::format("{} at {}{}{}{}", what, text(asked, "at"), with("by", text(asked, "by")),
                       with("through", text(asked, "client")),
                       with("correlation id", text(asked, "correlationId")));
}

std::string held_text(const json::object& held) {
    const auto* version = base::find_member(held, "version");
    return fmt::format("{}, version {}{}", text(held, "status"),
                       version == nullptr ? "0" : json::serialize(*version),
                       with("not settled since", text(held, "unsettledSince")));
}

std::string partner_text(const json::object& partner) {
    const auto said = text(partner, "lastSaid");
    const auto at = text(partner, "lastSaidAt");
    auto told = said.empty() ? std::string{"has said nothing yet"}
                             : fmt::format("said {}{}", said, at.empty() ? "" : " at " + at);
    const auto status = text(partner, "status");
    if (status != said && !said.empty()) told += fmt::format(", now {}", status);
    return told + with("its id", text(partner, "entitlementId"));
}

std::string cause_text(const json::object& cause) {
    return fmt::format("{}: {}", text(cause, "code"), text(cause, "meaning"));
}

std::string fact_text(const json::object& fact) {
    std::vector<std::string> places;
    for (const auto* name : {"event", "call"}) {
        if (const auto* number = base::find_member(fact, name)) {
            places.push_back(fmt::format("{} {}", name, json::serialize(*number)));
        }
    }
    if (const auto id = text(fact, "requestId"); !id.empty()) places.push_back("request id " + id);
    const auto at = text(fact, "at");
    return fmt::format("{}{}{}", at.empty() ? "" : at + "  ", text(fact, "text"),
                       places.empty() ? "" : fmt::format("  [{}]", fmt::join(places, ", ")));
}

void print_one(const json::object& told) {
    std::cout << text(told, "customer") << "\n\n";
    line("entitlement", fmt::format("{}, {} of {}", text(told, "entitlementId"),
                                    text(told, "productId"), text(told, "accountId")));
    line("as of", text(told, "at"));
    line("asked", asked_text(part(told, "asked")));
    line("held", held_text(part(told, "held")));
    line("partner", partner_text(part(told, "partner")));
    const auto* agree = base::find_member(told, "agree");
    line("agree", agree != nullptr && *agree == true ? "yes" : "no");
    line("cause", cause_text(part(told, "cause")));
    std::string name = "also";
    for_each(told, "also", [&](const auto& cause) {
        line(name, cause_text(cause));
        name.clear();
    });
    name = "evidence";
    for_each(told, "evidence", [&](const auto& fact) {
        line(name, fact_text(fact));
        name.clear();
    });
    const auto& next = part(told, "next");
    const auto at = text(next, "at");
    line("next", fmt::format("{}{}", at.empty() ? "" : at + "  ", text(next, "what")));
    line("safe to do", text(told, "safeAction"));
    line("note", text(told, "caveat"));
}

std::string query_of(const ExplainRequest& request) {
    std::string query;
    const auto add = [&](std::string_view name, const std::string& value) {
        if (value.empty()) return;
        query +=
            fmt::format("{}{}={}", query.empty() ? '?' : '&', name, http::encode_component(value));
    };
    add("accountId", request.account);
    add("partnerEntitlementId", request.partner_id);
    add("at", request.at);
    return query;
}

int print_several(const json::object& answer, const ExplainRequest& request) {
    int count = 0;
    for_each(answer, "explanations", [&](const auto& told) {
        if (count++ > 0) std::cout << '\n' << std::string(72, '-') << "\n\n";
        print_one(told);
    });
    if (count > 0) return 0;
    std::cerr << (request.partner_id.empty()
                      ? "usher: the account has no live entitlement in this tenant; ended ones are "
                        "explained by their id\n"
                      : "usher: no entitlement of this tenant has that id at the partner\n");
    return 1;
}

}  // namespace

int explain(const ExplainRequest& request) {
    const int given = static_cast<int>(!request.entitlement.empty()) +
                      static_cast<int>(!request.account.empty()) +
                      static_cast<int>(!request.partner_id.empty());
    if (given != 1) {
        std::cerr << "usher: name what to explain by one of: an entitlement's id, --account, "
                     "--partner-id\n";
        return 2;
    }
    if (!request.at.empty() && !base::parse_time(request.at)) {
        std::cerr << "usher: --at must be an ISO 8601 date-time such as 2026-09-01T13:47:59Z\n";
        return 2;
    }
    const auto path = request.entitlement.empty()
                          ? std::string{"/admin/v1/explanations"}
                          : fmt::format("/admin/v1/entitlements/{}/explanation",
                                        http::encode_component(request.entitlement));
    const auto answer = ask_admin(request.access, "GET", path + query_of(request));
    if (!answer) return report(answer.error());
    if (request.format == "json") {
        std::cout << json::serialize(*answer) << '\n';
        return 0;
    }
    if (!answer->is_object()) return report({1, "the answer is not an explanation"});
    if (request.entitlement.empty()) return print_several(answer->get_object(), request);
    print_one(answer->get_object());
    return 0;
}

int causes(const std::string& format) {
    if (format == "json") {
        json::array rows;
        for (const auto& entry : flow::cause_catalogue()) {
            rows.push_back({{"cause", entry.name},
                            {"meaning", entry.meaning},
                            {"customer", entry.customer},
                            {"safeAction", entry.safe_action}});
        }
        std::cout << json::serialize(rows) << '\n';
    } else if (format == "markdown") {
        std::cout << flow::causes_as_markdown();
    } else {
        for (const auto& entry : flow::cause_catalogue()) {
            std::cout << fmt::format("{}\n    {}\n    {}\n", entry.name, entry.meaning,
                                     entry.safe_action);
        }
    }
    return 0;
}

}  // namespace usher::cli
