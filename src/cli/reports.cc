// `usher reports`: what the partner told us, through the admin listener.
#include <iostream>
#include <string>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "cli/answer.h"
#include "cli/commands.h"
#include "http/target.h"

namespace usher::cli {

namespace {

namespace json = boost::json;

std::string meaning_of(std::string_view outcome) {
    if (outcome == "read_wanted") return "it was read";
    if (outcome == "nothing_new") return "it was known";
    if (outcome == "another_record") return "of another record at the partner: it was read";
    if (outcome == "found_otherwise") return "found by what else it says: it was read";
    if (outcome == "unknown") return "fits nothing that there is";
    return std::string{outcome};
}

void print(const json::object& report) {
    std::cout << fmt::format("{}  {}", text(report, "received"), text(report, "reason"));
    const auto add = [&](std::string_view label, std::string_view name) {
        if (const auto value = text(report, name); !value.empty()) {
            std::cout << fmt::format("{}{}", label, value);
        }
    };
    add("  ", "status");
    add("  product ", "productKey");
    add("  their id ", "partnerEntitlementId");
    add("  customer ", "customer");
    add("  named ", "named");
    std::cout << fmt::format("\n    {}\n    {}\n", meaning_of(text(report, "outcome")),
                             text(report, "body"));
}

}  // namespace

int reports(const ReportsRequest& request) {
    const auto path = request.entitlement.empty()
                          ? std::string{"/admin/v1/reports"}
                          : fmt::format("/admin/v1/entitlements/{}/reports",
                                        http::encode_component(request.entitlement));
    const auto answer = ask_admin(request.access, "GET", path);
    if (!answer) return report(answer.error());
    if (request.format == "json") {
        std::cout << json::serialize(*answer) << '\n';
        return 0;
    }
    const auto kept = list(as_object(*answer), "reports");
    if (kept.empty()) {
        std::cout << (request.entitlement.empty()
                          ? "Every report that is kept fits an entitlement.\n"
                          : "No report of it is kept.\n");
    }
    for (const auto& one : kept) print(one);
    return 0;
}

}  // namespace usher::cli
