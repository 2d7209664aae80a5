// Stands in for the network in tests: the sandbox's partner and issuer behind a client that carries
// their delays and broken connections out.
#pragma once

#include <algorithm>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/base64.h"
#include "base/clock.h"
#include "http/client.h"
#include "sandbox/issuer.h"
#include "sandbox/partner_model.h"

namespace usher::server::test {

inline constexpr std::string_view kOthers = "http://others";

class ModelClient final : public http::Client {
  public:
    ModelClient(base::Clock& clock, sandbox::PartnerModel& partner, sandbox::Issuer& issuer)
        : clock_{clock}, partner_{partner}, issuer_{issuer} {}

    // While it is set, no request reaches the partner.
    std::optional<http::TransportFailure> cut;
    int cut_off = 0;  // how many did not
    // What the wire makes of an answer; true when it changed it.
    std::function<bool(http::Response&)> alter;
    int altered = 0;

    base::Task<std::expected<http::Response, http::TransportError>> send(
        http::OutgoingRequest request) override {
        http::Request arrived{.method = request.method,
                              .target = request.url.substr(kOthers.size()),
                              .headers = request.headers,
                              .body = request.body};
        if (arrived.target.starts_with(sandbox::Issuer::kPath)) {
            co_return issuer_.handle(arrived, clock_.now());
        }
        if (cut) {
            ++cut_off;
            co_return std::unexpected{http::TransportError{*cut, false, "cut by the test"}};
        }
        if (request.basic) {
            arrived.headers.set("Authorization",
                                "Basic " + base::encode_base64(request.basic->username + ":" +
                                                               request.basic->password.reveal()));
        }
        arrived.target = arrived.target.substr(std::string_view{"/bango"}.size());
        auto call = partner_.admit(std::move(arrived), clock_.now());
        if (!co_await pass(call.delay, request.deadline)) co_return timed_out();
        auto reply = partner_.serve(call, clock_.now());
        if (!co_await pass(reply.delay, request.deadline)) co_return timed_out();
        if (alter && !reply.response.abort && alter(reply.response)) ++altered;
        if (!reply.response.abort) co_return std::move(reply.response);
        co_return std::unexpected{
            http::TransportError{http::TransportFailure::broken, true, "closed by the model"}};
    }

  private:
    // False when the deadline came first.
    base::Task<bool> pass(base::Duration delay, base::Monotonic deadline) {
        if (delay <= base::Duration::zero()) co_return true;
        const auto until = clock_.monotonic() + delay;
        co_await base::sleep_until(clock_, std::min(until, deadline));
        co_return until <= deadline;
    }

    static std::unexpected<http::TransportError> timed_out() {
        return std::unexpected{
            http::TransportError{http::TransportFailure::timed_out, true, "no answer"}};
    }

    base::Clock& clock_;
    sandbox::PartnerModel& partner_;
    sandbox::Issuer& issuer_;
};

}  // namespace usher::server::test
