#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "server/settings.h"

namespace usher::server {

Settings::Settings() {
    admin_server.listen = "127.0.0.1:8082";
    admin_server.max_connections = 64;
    report_server.listen.clear();
}

base::LogLevel log_level_of(const Settings& settings) {
    if (settings.log_level == "debug") return base::LogLevel::debug;
    if (settings.log_level == "warning") return base::LogLevel::warning;
    if (settings.log_level == "error") return base::LogLevel::error;
    return base::LogLevel::info;
}

namespace {

bool is_url(std::string_view text) {
    return text.starts_with("http://") || text.starts_with("https://");
}

void check_tenants(const Settings& settings, SettingsProblems& problems) {
    const auto& tenants = settings.api.tenants;
    if (tenants.empty()) {
        problems.emplace_back("there is no tenant; add [[tenant]] with an id");
        return;
    }
    std::set<domain::TenantId> seen;
    for (const auto& tenant : tenants) {
        if (tenant.id.empty())
            problems.emplace_back("a [[tenant]] has no id");
        else if (!seen.insert(tenant.id).second) {
            problems.push_back(fmt::format("the tenant {} is there twice", tenant.id.text()));
        }
    }
    if (std::ranges::count(tenants, true, &api::TenantOptions::is_default) > 1) {
        problems.emplace_back("more than one [[tenant]] is the default");
    }
    if (tenants.size() > 1 && settings.auth.tenant_claim.empty() && !settings.api.any_tenant) {
        problems.emplace_back(
            "there are several tenants but auth.tenant_claim is empty, so every token could use "
            "every tenant; name the claim that holds the tenant, or set auth.any_tenant = true");
    }
}

// Tenants that share a login meet at the partner: only the customer's name keeps them apart.
void check_logins(const Settings& settings, SettingsProblems& problems) {
    std::set<domain::MerchantId> merchants{domain::MerchantId{}};
    for (const auto& route : settings.bango.overrides) {
        if (route.merchant) merchants.insert(*route.merchant);
    }
    for (const auto& merchant : merchants) {
        std::map<std::pair<std::string, std::string>, domain::TenantId> logins;
        for (const auto& tenant : settings.api.tenants) {
            if (!tenant.enabled) continue;
            const auto route = partner::bango::route_for(settings.bango, tenant.id, merchant);
            const bool told_apart = route.customer_id.find("{tenant}") != std::string::npos;
            const auto [other, fresh] = logins.try_emplace({route.url, route.username}, tenant.id);
            if (fresh || told_apart) continue;
            problems.push_back(fmt::format(
                "the tenants {} and {} share the login {} at the partner, so their customers could "
                "be mixed up; put {{tenant}} into partner.bango.customer_id or give each its own "
                "login",
                other->second.text(), tenant.id.text(), route.username));
        }
    }
}

void check_route(const partner::bango::Route& route, SettingsProblems& problems) {
    if (!is_url(route.url)) {
        problems.emplace_back(
            "partner.bango.url is not an http or https address; set it to what comes before /v1");
    }
    if (route.customer_id.find("{account}") == std::string::npos) {
        problems.emplace_back("partner.bango.customer_id must hold {account}");
    }
}

void check_hosts(const Settings& settings, SettingsProblems& problems) {
    for (const auto& host : settings.api.admin_hosts) {
        if (!host.empty() && host.find_first_of(":/ ") == std::string::npos) continue;
        problems.push_back(fmt::format(
            "admin.hosts has \"{}\", which is no host name; write names alone, without scheme or "
            "port",
            host));
    }
}

void check_tls(const std::string& table, const http::TlsFiles& files, SettingsProblems& problems) {
    if (files.certificate.empty() != files.key.empty()) {
        problems.push_back(
            fmt::format("{0}.tls_certificate and {0}.tls_key belong together; set both, or none "
                        "for plain http",
                        table));
    } else if (files.certificate.empty() && !files.client_authorities.empty()) {
        problems.push_back(
            fmt::format("{0}.tls_client_ca asks for client certificates, which only TLS has; set "
                        "{0}.tls_certificate and {0}.tls_key too",
                        table));
    } else if (auto loaded = http::check_tls(files); !loaded) {
        problems.push_back(std::move(loaded.error().sentence));
    }
}

void check_credentials(const std::string& where, const api::PartnerCredentials& given,
                       SettingsProblems& problems) {
    if (given.username.empty() != given.password.reveal().empty()) {
        problems.push_back(fmt::format(
            "{0}report_username and {0}report_password belong together; set both, or none", where));
    }
}

void check_roles(const Settings& settings, SettingsProblems& problems) {
    const auto& role = settings.api.report_role;
    for (const auto& other : settings.api.roles) {
        const bool is_own = other.name != settings.api.operator_role &&
                            other.name != settings.api.admin_role &&
                            other.name != settings.api.primary_role && other.name != role;
        if (other.name.empty() || !is_own) {
            problems.emplace_back(
                "role: name must be a role of its own, none of the settings' "
                "operator_role, admin_role, primary_tenant_role and report_role");
        }
    }
}

// What opens the door for reports must open no other.
void check_reports(const Settings& settings, SettingsProblems& problems) {
    check_credentials("partner.bango.", settings.api.partner, problems);
    for (const auto& tenant : settings.api.tenants) {
        check_credentials("tenant " + tenant.id.text() + ": ", tenant.reports, problems);
    }
    const auto& role = settings.api.report_role;
    const auto& api = settings.api;
    if (role.empty() || role == api.operator_role || role == api.admin_role ||
        role == api.primary_role) {
        problems.emplace_back(
            "partner.bango.report_role must be a role of its own, none of auth.operator_role, "
            "auth.admin_role and auth.primary_tenant_role");
    }
    const auto& apart = settings.report_server;
    if (apart.listen.empty() && !apart.tls.certificate.empty()) {
        problems.emplace_back(
            "reports.tls_certificate is set and reports.listen is not; reports then come in at "
            "operator.listen with its certificate");
    }
}

}  // namespace

SettingsProblems check(const Settings& settings) {
    SettingsProblems problems;
    check_tls("operator", settings.operator_server.tls, problems);
    check_tls("reports", settings.report_server.tls, problems);
    check_roles(settings, problems);
    check_reports(settings, problems);
    check_hosts(settings, problems);
    check_tenants(settings, problems);
    if (!is_url(settings.auth.issuer)) {
        problems.emplace_back(
            "auth.issuer is not an http or https address; set it to the `iss` of your tokens");
    }
    if (!settings.auth.discovery_url.empty() && !is_url(settings.auth.discovery_url)) {
        problems.emplace_back("auth.discovery_url is not an http or https address");
    }
    check_route(settings.bango.route, problems);
    if (problems.empty()) check_logins(settings, problems);
    if (!settings.bango.public_url.empty() && !is_url(settings.bango.public_url)) {
        problems.emplace_back("public_url is not an http or https address");
    }
    const std::set<std::string> levels{"debug", "info", "warning", "error"};
    if (!levels.contains(settings.log_level)) {
        problems.emplace_back("log_level must be debug, info, warning or error");
    }
    const auto& limits = settings.converge.limits;
    if (limits.schedule.backoff_longest < limits.schedule.backoff_first) {
        problems.emplace_back(
            "partner.bango.backoff_longest_ms must not be less than backoff_first_ms");
    }
    return problems;
}

}  // namespace usher::server
