#include "auth/claims.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <boost/json/array.hpp>

#include "base/json.h"

namespace usher::auth {

namespace {

namespace json = boost::json;

constexpr double kLastSecond = 253'402'300'799;  // the end of year 9999

bool contains(const auto& range, std::string_view text) {
    return std::ranges::find(range, text) != std::ranges::end(range);
}

std::unexpected<TokenRefusal> refuse(TokenRefusal refusal) {
    return std::unexpected{refusal};
}

// A NumericDate (RFC 7519 §2): seconds, perhaps with a fraction.
std::expected<std::optional<base::Time>, TokenRefusal> find_date(const json::object& claims,
                                                                 std::string_view key) {
    const auto* value = base::find_member(claims, key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number()) return refuse(TokenRefusal::bad_claim);
    const auto seconds = value->to_number<double>();
    if (!(seconds >= 0 && seconds <= kLastSecond)) return refuse(TokenRefusal::bad_claim);
    return base::from_micros(std::llround(seconds * 1e6));
}

std::expected<std::string, TokenRefusal> optional_text(const json::object& claims,
                                                       std::string_view key) {
    const auto* value = base::find_member(claims, key);
    if (value == nullptr) return std::string{};
    if (!value->is_string()) return refuse(TokenRefusal::bad_claim);
    return std::string{value->get_string()};
}

// A string, or an array of strings; absent is an empty list.
std::expected<std::vector<std::string>, TokenRefusal> text_list(const json::value* value) {
    std::vector<std::string> list;
    if (value == nullptr) return list;
    if (value->is_string()) {
        list.emplace_back(value->get_string());
        return list;
    }
    if (!value->is_array()) return refuse(TokenRefusal::bad_claim);
    for (const auto& item : value->get_array()) {
        if (!item.is_string()) return refuse(TokenRefusal::bad_claim);
        list.emplace_back(item.get_string());
    }
    return list;
}

bool is_access_token_type(std::string_view type) {
    std::string lower{type};
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) {
        return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    });
    constexpr std::array<std::string_view, 4> kTypes{"jwt", "at+jwt", "application/jwt",
                                                     "application/at+jwt"};
    return contains(kTypes, lower);
}

std::optional<TokenRefusal> check_kind(const json::object& claims,
                                       std::optional<std::string_view> header_type,
                                       const ClaimRules& rules) {
    if (header_type && !is_access_token_type(*header_type)) return TokenRefusal::wrong_type;
    if (base::find_string(claims, "typ") != "Bearer") return TokenRefusal::wrong_type;
    if (base::find_string(claims, "iss") != rules.issuer) return TokenRefusal::wrong_issuer;
    return std::nullopt;
}

std::expected<base::Time, TokenRefusal> check_times(const json::object& claims,
                                                    const ClaimRules& rules, base::Time now) {
    const auto expires = find_date(claims, "exp");
    const auto not_before = find_date(claims, "nbf");
    const auto issued = find_date(claims, "iat");
    if (!expires || !not_before || !issued) return refuse(TokenRefusal::bad_claim);
    if (!*expires) return refuse(TokenRefusal::no_expiry);
    if (now >= **expires + rules.skew) return refuse(TokenRefusal::expired);
    if (*not_before && now + rules.skew < **not_before) return refuse(TokenRefusal::not_yet_valid);
    if (*issued && now + rules.skew < **issued) return refuse(TokenRefusal::issued_in_future);
    return **expires;
}

std::optional<TokenRefusal> check_receiver(const json::object& claims, std::string_view client,
                                           const ClaimRules& rules) {
    if (!rules.audience.empty()) {
        const auto audience = text_list(base::find_member(claims, "aud"));
        if (!audience) return audience.error();
        if (!contains(*audience, rules.audience)) return TokenRefusal::wrong_audience;
    }
    if (!rules.azp.empty() && !contains(rules.azp, client)) {
        return TokenRefusal::wrong_client;
    }
    return std::nullopt;
}

std::expected<std::vector<std::string>, TokenRefusal> realm_roles(const json::object& claims) {
    const auto* access = base::find_member(claims, "realm_access");
    if (access == nullptr) return std::vector<std::string>{};
    if (!access->is_object()) return refuse(TokenRefusal::bad_claim);
    const auto* roles = base::find_member(access->get_object(), "roles");
    if (roles != nullptr && !roles->is_array()) return refuse(TokenRefusal::bad_claim);
    return text_list(roles);
}

std::expected<std::vector<std::string>, TokenRefusal> tenants_of(const json::object& claims,
                                                                 const ClaimRules& rules) {
    std::vector<std::string> tenants;
    if (rules.tenant_claim.empty()) return tenants;
    const auto list = text_list(base::find_member(claims, rules.tenant_claim));
    if (!list) return list;
    for (const auto& tenant : *list) {
        if (!tenant.empty() && !contains(tenants, tenant)) tenants.push_back(tenant);
    }
    return tenants;
}

}  // namespace

std::expected<Principal, TokenRefusal> check_claims(const json::object& claims,
                                                    std::optional<std::string_view> header_type,
                                                    const ClaimRules& rules, base::Time now) {
    if (const auto wrong = check_kind(claims, header_type, rules)) return refuse(*wrong);
    const auto expires = check_times(claims, rules, now);
    if (!expires) return refuse(expires.error());
    auto client = optional_text(claims, "azp");
    auto subject = optional_text(claims, "sub");
    auto username = optional_text(claims, "preferred_username");
    if (!client || !subject || !username) return refuse(TokenRefusal::bad_claim);
    if (const auto wrong = check_receiver(claims, *client, rules)) return refuse(*wrong);
    if (subject->empty()) return refuse(TokenRefusal::no_subject);
    const auto roles = realm_roles(claims);
    auto tenants = tenants_of(claims, rules);
    if (!roles || !tenants) return refuse(TokenRefusal::bad_claim);
    return Principal{
        .subject = std::move(*subject),
        .username = std::move(*username),
        .client = std::move(*client),
        .roles = {roles->begin(), roles->end()},
        .tenants = std::move(*tenants),
        .expires = *expires,
    };
}

}  // namespace usher::auth
