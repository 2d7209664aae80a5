// `usher events`: what happened to a tenant's entitlements, in order, as the CRM can read it.
#include <iostream>
#include <string>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "cli/answer.h"
#include "cli/commands.h"
#include "http/target.h"

namespace usher::cli {

namespace {

namespace json = boost::json;

constexpr int kPage = 500;
// Shorter than the patience of whoever may stand between.
constexpr int kWaitSeconds = 20;

std::string path_of(const EventsCommand& command, const std::string& after, int wait) {
    auto path = fmt::format("/admin/v1/events?limit={}&wait={}", kPage, wait);
    const auto add = [&path](std::string_view name, const std::string& value) {
        if (!value.empty()) path += fmt::format("&{}={}", name, http::encode_component(value));
    };
    add("after", after);
    add("entitlementId", command.entitlement);
    add("accountId", command.account);
    return path;
}

std::string move_text(const json::object& event, std::string_view before, std::string_view now) {
    const auto from = text(event, before);
    const auto to = text(event, now);
    return from.empty() || from == to ? to : from + " -> " + to;
}

std::string line_of(const json::object& event) {
    const auto& who = part(event, "initiator");
    const auto client = text(who, "client");
    auto line = fmt::format("{}  {}  {:<28} {}  {}; partner {}; {} by {}{}", text(event, "time"),
                            text(event, "id"), text(event, "kind"), text(event, "entitlementId"),
                            move_text(event, "previousStatus", "status"),
                            move_text(event, "previousPartnerStatus", "partnerStatus"),
                            text(event, "cause"), text(who, "party"),
                            client.empty() ? "" : " (" + client + ")");
    const auto correlation = text(event, "correlationId");
    if (!correlation.empty()) line += fmt::format(" [{}]", correlation);
    return line;
}

}  // namespace

int events(const EventsCommand& command) {
    auto after = command.after;
    int wait = 0;
    while (true) {
        const auto path = path_of(command, after, wait);
        const auto answer = command.follow ? ask_patiently(command.access, "GET", path)
                                           : ask_admin(command.access, "GET", path);
        if (!answer) return report(answer.error());
        const auto& page = as_object(*answer);
        for_each(page, "events", [&command](const json::object& event) {
            std::cout << (command.format == "json" ? json::serialize(event) : line_of(event))
                      << '\n';
        });
        std::cout.flush();
        if (!std::cout) return 1;  // nobody reads any more
        after = text(page, "next");
        const bool more = flag(page, "more");
        if (!more && !command.follow) return 0;
        wait = more ? 0 : kWaitSeconds;
    }
}

}  // namespace usher::cli
