// A token issuer in Keycloak's form, realm `nagra` (OpenTV §6, interface §5): discovery, certs and
// token, for the grants password, refresh_token and client_credentials. Pure logic: requests in,
// responses out. There is no login page, as the published client has Standard Flow off.
// One thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "base/random.h"
#include "base/secret.h"
#include "base/time.h"
#include "http/message.h"
#include "sandbox/issuer_keys.h"

namespace usher::sandbox {

struct IssuerUser {
    std::string name;
    base::Secret password;
    std::string subject;  // the claim `sub`
    std::vector<std::string> roles;
    std::vector<std::string> tenants;
};

// portal, portal2, portal3, reader, viewer and admin, each with its name as password.
std::vector<IssuerUser> sandbox_users();

struct IssuerOptions {
    std::string base_url = "http://127.0.0.1:8081";  // of the sandbox, without a final slash
    std::string client_id = "operator-portal";
    std::string report_client_id = "partner-reports";
    base::Secret client_secret{"secret"};  // of both; only client_credentials asks for it
    std::chrono::seconds access_lifetime{300};
    std::chrono::seconds refresh_lifetime{1800};
    std::vector<IssuerUser> users = sandbox_users();
};

class Issuer {
  public:
    static constexpr std::string_view kPath = "/keycloak/auth/realms/nagra";

    // `random` must outlive it.
    Issuer(IssuerOptions options, IssuerKeys keys, base::Random& random);

    std::string issuer_url() const { return options_.base_url + std::string{kPath}; }

    // Any request whose path begins with kPath.
    http::Response handle(const http::Request& request, base::Time now);

  private:
    struct Form;

    http::Response discovery() const;
    http::Response token(const http::Request& request, base::Time now);
    http::Response password_grant(const Form& form, base::Time now);
    http::Response refresh_grant(const Form& form, base::Time now);
    http::Response client_grant(const Form& form, base::Time now);
    http::Response report_grant(const Form& form, base::Time now);
    http::Response issue(const IssuerUser& user, std::string_view scope, const std::string& session,
                         bool refreshable, base::Time now);
    boost::json::object claims(const IssuerUser& user, std::string_view scope,
                               const std::string& session, base::Time now);
    const IssuerUser* find_user(std::string_view name) const;

    IssuerOptions options_;
    IssuerKeys keys_;
    base::Random& random_;
};

}  // namespace usher::sandbox
