#include "simulate/wire.h"

#include <string_view>

#include "base/json.h"

namespace usher::simulate {

namespace {

std::string in_body(const std::string& text, std::string_view key) {
    const auto body = base::parse_json(text);
    if (!body || !body->is_object()) return {};
    return base::find_string(body->get_object(), key).value_or("");
}

std::string last_part(std::string_view path) {
    return std::string{path.substr(path.rfind('/') + 1)};
}

}  // namespace

Meaning meaning_of(const http::Request& request) {
    constexpr std::string_view kRecords = "/v1/entitlement";
    std::string_view path = request.target;
    if (!path.starts_with(kRecords)) return {.kind = Meaning::Kind::other};
    path.remove_prefix(kRecords.size());
    if (request.method == "PATCH") {
        return {.kind = Meaning::Kind::change,
                .partner_id = in_body(request.body, "entitlementId")};
    }
    if (request.method == "GET") {
        if (path.ends_with("/activationInfo") || path.ends_with("/recoveryInfo"))
            return {.kind = Meaning::Kind::other};
        return {.kind = Meaning::Kind::read, .partner_id = last_part(path)};
    }
    if (path.empty()) {
        return {.kind = Meaning::Kind::change,
                .our_id = in_body(request.body, "externalEntitlementId")};
    }
    if (path == "/report") {
        return {.kind = Meaning::Kind::find,
                .customer = in_body(request.body, "customerIdentifier")};
    }
    return {.kind = Meaning::Kind::change, .partner_id = last_part(path)};
}

bool is_look(const http::Request& request) {
    return request.method == "GET" && !request.headers.find("x-correlation-id");
}

std::optional<Plea> plea_of(const http::Request& request) {
    const std::string_view path = request.target;
    if (request.method == "PATCH") {
        return in_body(request.body, "entitlementBenefits") == "SUSPENDED" ? Plea::suspend
                                                                           : Plea::resume;
    }
    if (request.method != "POST") return std::nullopt;
    if (path.starts_with("/v1/entitlement/cancel/")) return Plea::cancel;
    if (path.starts_with("/v1/entitlement/revoke/")) return Plea::revoke;
    if (path == "/v1/entitlement") return Plea::create;
    return std::nullopt;
}

std::string status_in(const std::string& body) {
    return in_body(body, "status");
}

std::string product_in(const std::string& body) {
    return in_body(body, "productKey");
}

}  // namespace usher::simulate
