#include "sandbox/issuer.h"

#include <algorithm>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "base/base64.h"
#include "base/json.h"
#include "http/target.h"

namespace usher::sandbox {

namespace json = boost::json;

struct Issuer::Form {
    http::Target fields;  // of the body
    std::string client_id;
    std::string client_secret;

    std::optional<std::string> find(std::string_view name) const {
        const auto value = fields.find_query(name);
        if (!value || value->empty()) return std::nullopt;
        return std::string{*value};
    }
};

namespace {

http::Response answer(int status, const json::object& body) {
    auto response = http::make_response(status, "application/json", json::serialize(body));
    response.headers.add("Cache-Control", "no-store");
    response.headers.add("Pragma", "no-cache");
    return response;
}

http::Response error(int status, std::string_view code, std::string_view description) {
    return answer(status, {{"error", code}, {"error_description", description}});
}

json::array to_array(const std::vector<std::string>& texts) {
    json::array list;
    for (const auto& text : texts) list.emplace_back(text);
    return list;
}

std::int64_t seconds(base::Time time) {
    return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

bool has_word(std::string_view text, std::string_view word) {
    return fmt::format(" {} ", text).find(fmt::format(" {} ", word)) != std::string::npos;
}

// Client credentials in the Authorization header (RFC 6749 §2.3.1).
std::optional<std::pair<std::string, std::string>> basic_client(const http::Request& request) {
    constexpr std::string_view kScheme = "Basic ";
    const auto header = request.headers.find("Authorization");
    if (!header || !header->starts_with(kScheme)) return std::nullopt;
    const auto decoded = base::decode_base64(header->substr(kScheme.size()));
    if (!decoded) return std::nullopt;
    const auto colon = decoded->find(':');
    if (colon == std::string::npos) return std::nullopt;
    return std::pair{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

}  // namespace

std::vector<IssuerUser> sandbox_users() {
    const std::vector<std::string> editions{"demo", "demo_b", "demo_c"};
    const std::vector<std::string> all{"demo", "demo_b", "demo_c", "second"};
    return {
        {"portal",
         base::Secret{"portal"},
         "0b1f6c0e-6c0c-4d8e-9a53-2f0c8f4e7a01",
         {"operatorRole"},
         editions},
        {"portal2",
         base::Secret{"portal2"},
         "0b1f6c0e-6c0c-4d8e-9a53-2f0c8f4e7a02",
         {"operatorRole"},
         {"second"}},
        {"portal3",
         base::Secret{"portal3"},
         "0b1f6c0e-6c0c-4d8e-9a53-2f0c8f4e7a06",
         {"adminRole", "operatorRole", "primaryTenantRole"},
         {"demo_sub-tenant-1"}},
        {"reader",
         base::Secret{"reader"},
         "0b1f6c0e-6c0c-4d8e-9a53-2f0c8f4e7a05",
         {"operatorReader"},
         editions},
        {"viewer", base::Secret{"viewer"}, "0b1f6c0e-6c0c-4d8e-9a53-2f0c8f4e7a03", {}, editions},
        {"admin",
         base::Secret{"admin"},
         "0b1f6c0e-6c0c-4d8e-9a53-2f0c8f4e7a04",
         {"adminRole", "operatorRole", "primaryTenantRole"},
         all},
    };
}

Issuer::Issuer(IssuerOptions options, IssuerKeys keys, base::Random& random)
    : options_{std::move(options)}, keys_{std::move(keys)}, random_{random} {}

http::Response Issuer::handle(const http::Request& request, base::Time now) {
    const auto path = std::string_view{request.target}.substr(0, request.target.find('?'));
    const auto rest = path.starts_with(kPath) ? path.substr(kPath.size()) : path;
    const bool is_token = rest == "/protocol/openid-connect/token";
    const bool is_certs = rest == "/protocol/openid-connect/certs";
    if (!is_token && !is_certs && rest != "/.well-known/openid-configuration") {
        return error(404, "not_found", "There is no such resource");
    }
    if (request.method != (is_token ? "POST" : "GET")) {
        auto response = error(405, "invalid_request", "The method is not allowed here");
        response.headers.add("Allow", is_token ? "POST" : "GET");
        return response;
    }
    if (is_token) return token(request, now);
    if (is_certs) return answer(200, {{"keys", json::array{keys_.public_jwk()}}});
    return discovery();
}

http::Response Issuer::discovery() const {
    const auto connect = issuer_url() + "/protocol/openid-connect";
    return answer(
        200,
        {{"issuer", issuer_url()},
         {"token_endpoint", connect + "/token"},
         {"jwks_uri", connect + "/certs"},
         {"grant_types_supported", {"password", "refresh_token", "client_credentials"}},
         {"response_types_supported", {"none"}},
         {"subject_types_supported", {"public"}},
         {"id_token_signing_alg_values_supported", json::array{"RS256"}},
         {"token_endpoint_auth_methods_supported", {"client_secret_basic", "client_secret_post"}},
         {"scopes_supported", {"openid", "email", "profile"}},
         {"claims_supported", {"iss", "sub", "exp", "iat", "azp", "preferred_username"}}});
}

http::Response Issuer::token(const http::Request& request, base::Time now) {
    auto fields = http::parse_target("/?" + request.body);
    if (!fields) return error(400, "invalid_request", "The body is not a form");
    for (std::size_t i = 0; i < fields->query.size(); ++i) {
        for (std::size_t k = 0; k < i; ++k) {
            if (fields->query[i].first == fields->query[k].first) {
                return error(400, "invalid_request", "duplicated parameter");
            }
        }
    }
    Form form{.fields = *std::move(fields)};
    form.client_id = form.find("client_id").value_or("");
    form.client_secret = form.find("client_secret").value_or("");
    if (const auto basic = basic_client(request)) {
        std::tie(form.client_id, form.client_secret) = *basic;
    }
    const auto grant = form.find("grant_type");
    if (!grant) return error(400, "invalid_request", "Missing form parameter: grant_type");
    // The partner's own client, for its reports: it has its service account and nothing else.
    if (form.client_id == options_.report_client_id && grant == "client_credentials") {
        return report_grant(form, now);
    }
    if (form.client_id != options_.client_id) {
        return error(401, "invalid_client", "Invalid client or Invalid client credentials");
    }
    if (*grant == "password") return password_grant(form, now);
    if (*grant == "refresh_token") return refresh_grant(form, now);
    if (*grant == "client_credentials") return client_grant(form, now);
    return error(400, "unsupported_grant_type", "Unsupported grant_type");
}

http::Response Issuer::password_grant(const Form& form, base::Time now) {
    const auto name = form.find("username");
    if (!name) return error(401, "invalid_request", "Missing parameter: username");
    const auto* user = find_user(*name);
    if (user == nullptr || form.find("password") != user->password.reveal()) {
        return error(401, "invalid_grant", "Invalid user credentials");
    }
    return issue(*user, form.find("scope").value_or(""), base::make_uuid(random_), true, now);
}

http::Response Issuer::refresh_grant(const Form& form, base::Time now) {
    const auto token = form.find("refresh_token");
    if (!token) return error(400, "invalid_request", "No refresh token");
    const auto claims = keys_.verify_hs256(*token);
    if (!claims || base::find_string(*claims, "typ") != "Refresh" ||
        base::find_string(*claims, "iss") != issuer_url()) {
        return error(400, "invalid_grant", "Invalid refresh token");
    }
    const auto* expires = base::find_member(*claims, "exp");
    if (expires == nullptr || !expires->is_int64() || expires->get_int64() <= seconds(now)) {
        return error(400, "invalid_grant", "Token is not active");
    }
    const auto subject = base::find_string(*claims, "sub");
    const auto user = std::ranges::find(options_.users, subject, &IssuerUser::subject);
    if (user == options_.users.end()) {
        return error(400, "invalid_grant", "Invalid refresh token");
    }
    return issue(*user, base::find_string(*claims, "scope").value_or(""),
                 base::find_string(*claims, "session_state").value_or(""), true, now);
}

// The service account of the client: an operator of every tenant but `second`.
http::Response Issuer::client_grant(const Form& form, base::Time now) {
    if (form.client_secret != options_.client_secret.reveal()) {
        return error(401, "unauthorized_client", "Invalid client or Invalid client credentials");
    }
    const IssuerUser account{"service-account-" + options_.client_id,
                             {},
                             "0b1f6c0e-6c0c-4d8e-9a53-2f0c8f4e7a05",
                             {"operatorRole"},
                             {"demo", "demo_b", "demo_c"}};
    return issue(account, form.find("scope").value_or(""), base::make_uuid(random_), false, now);
}

http::Response Issuer::report_grant(const Form& form, base::Time now) {
    if (form.client_secret != options_.client_secret.reveal()) {
        return error(401, "unauthorized_client", "Invalid client or Invalid client credentials");
    }
    const IssuerUser account{"service-account-" + options_.report_client_id,
                             {},
                             "6f0f0e52-54a7-4a5e-8a0e-5d7d2e0f7c11",
                             {"reportRole"},
                             {}};
    auto access = claims(account, "email profile", base::make_uuid(random_), now);
    access["azp"] = options_.report_client_id;
    return answer(200, {{"access_token", keys_.sign_rs256(access)},
                        {"expires_in", options_.access_lifetime.count()},
                        {"refresh_expires_in", 0},
                        {"token_type", "Bearer"},
                        {"not-before-policy", 0},
                        {"scope", "email profile"}});
}

http::Response Issuer::issue(const IssuerUser& user, std::string_view scope,
                             const std::string& session, bool refreshable, base::Time now) {
    const bool openid = has_word(scope, "openid");
    const std::string granted = openid ? "openid email profile" : "email profile";
    auto access = claims(user, granted, session, now);
    json::object body{{"access_token", keys_.sign_rs256(access)},
                      {"expires_in", options_.access_lifetime.count()},
                      {"refresh_expires_in", refreshable ? options_.refresh_lifetime.count() : 0}};
    if (refreshable) {
        const json::object refresh{{"exp", seconds(now) + options_.refresh_lifetime.count()},
                                   {"iat", seconds(now)},
                                   {"jti", base::make_uuid(random_)},
                                   {"iss", issuer_url()},
                                   {"aud", issuer_url()},
                                   {"sub", user.subject},
                                   {"typ", "Refresh"},
                                   {"azp", options_.client_id},
                                   {"session_state", session},
                                   {"scope", granted}};
        body["refresh_token"] = keys_.sign_hs256(refresh);
    }
    body["token_type"] = "Bearer";
    if (openid) {
        auto id = access;
        id["typ"] = "ID";
        id["aud"] = options_.client_id;
        id["jti"] = base::make_uuid(random_);
        id.erase("realm_access");
        id.erase("scope");
        body["id_token"] = keys_.sign_rs256(id);
    }
    body["not-before-policy"] = 0;
    body["session_state"] = session;
    body["scope"] = granted;
    return answer(200, body);
}

// The published sample's claims, and `tenants`, which it has not (OpenTV §6, interface §5).
json::object Issuer::claims(const IssuerUser& user, std::string_view scope,
                            const std::string& session, base::Time now) {
    return {{"exp", seconds(now) + options_.access_lifetime.count()},
            {"nbf", 0},
            {"iat", seconds(now)},
            {"auth_time", seconds(now)},
            {"jti", base::make_uuid(random_)},
            {"iss", issuer_url()},
            {"sub", user.subject},
            {"typ", "Bearer"},
            {"azp", options_.client_id},
            {"session_state", session},
            {"acr", "1"},
            {"realm_access", {{"roles", to_array(user.roles)}}},
            {"scope", scope},
            {"email_verified", false},
            {"preferred_username", user.name},
            {"tenants", to_array(user.tenants)}};
}

const IssuerUser* Issuer::find_user(std::string_view name) const {
    const auto found = std::ranges::find(options_.users, name, &IssuerUser::name);
    return found == options_.users.end() ? nullptr : &*found;
}

}  // namespace usher::sandbox
