// The partner's API over its book: paths, bodies and answers in the published form (Bango §2, §3).
// Knows nothing of faults, credentials or repeated request ids. Pure logic; one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "base/time.h"
#include "http/message.h"
#include "http/target.h"
#include "sandbox/faults.h"
#include "sandbox/partner_book.h"
#include "sandbox/partner_options.h"

namespace usher::sandbox {

// The flat answer: envelope, then `fields`.
http::Response partner_answer(int http, std::string_view code, std::string_view message,
                              boost::json::object fields = {}, boost::json::object parameters = {});

// The HTTP status that goes with an error code (Bango §3).
int status_of_code(std::string_view code);

class PartnerApi {
  public:
    enum class Mode {
        act,
        accept,  // check the request and answer 202, but change nothing: it is queued
    };

    // What it is given must outlive it.
    PartnerApi(const PartnerOptions& options, PartnerBook& book);

    void set_activation_base(std::string base) { activation_base_ = std::move(base); }
    void set_recovery_base(std::string base) { recovery_base_ = std::move(base); }

    // What the request asks for, as the records stand; nothing for a route that does not exist.
    std::optional<Action> classify(const http::Request& request);

    // `queued_code` is the responseCode of a 202 in Mode::accept.
    http::Response perform(const http::Request& request, Mode mode, std::string_view queued_code,
                           base::Time now);

  private:
    enum class Route {
        echo,
        create,
        read,
        find,
        patch,
        cancel,
        revoke,
        activation_info,
        recovery_info
    };
    struct Asked;
    struct Patch;

    std::optional<Asked> parse(const http::Request& request) const;
    Action action_of(const Asked& asked);
    Action action_of_patch(const boost::json::object& body);

    http::Response create(const Asked& asked);
    http::Response create_again(const Asked& asked, Record& record);
    http::Response find(const Asked& asked);
    http::Response patch(const Asked& asked);
    http::Response change_benefits(const Asked& asked, Record& record, bool suspend);
    http::Response change_product(const Asked& asked, Record& record, std::string_view product);
    http::Response end(const Asked& asked, Action action);
    http::Response activation_info(const Asked& asked);
    http::Response recovery_info(const Asked& asked);

    http::Response ok(const Record& record) const;
    http::Response with_link(int http, std::string_view code, const Record& record,
                             const std::string& base, const ActivationLink& link) const;
    http::Response accepted(const Asked& asked, const Record& record) const;

    const PartnerOptions& options_;
    PartnerBook& book_;
    http::Router router_;
    std::string activation_base_ = "http://127.0.0.1:8081/bango/activate/";
    std::string recovery_base_ = "http://127.0.0.1:8081/bango/recover/";
};

}  // namespace usher::sandbox
