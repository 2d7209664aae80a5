// Where the customer goes at the partner: GET …/activationinfo and POST …/actions/recover (OpenTV
// §2.2 T2, T3). No link is ever kept or logged.
#include <boost/json/object.hpp>

#include "api/fields.h"
#include "api/opentv/calls.h"
#include "api/opentv/manners.h"

namespace usher::api::opentv {

namespace {

// Without the partner there is no answer, so its whole call is waited for, whatever is preferred.
std::expected<flow::AskLink, Problem> read_asked(const Exchange& exchange) {
    constexpr std::chrono::seconds kWait{10};
    Fields fields{exchange.body};
    flow::AskLink asked{.tenant = exchange.tenant->id,
                        .entitlement = domain::EntitlementId{id_in_path(
                            "entitlementId", exchange.params.at("entitlementId"), fields)},
                        .asker = asker_of(exchange),
                        .wait = kWait};
    if (!fields.ok()) return std::unexpected{fields.take_problem()};
    return asked;
}

}  // namespace

base::Task<Answer> read_activation(Exchange& exchange, const Surroundings& around) {
    auto asked = read_asked(exchange);
    if (!asked) co_return std::unexpected{std::move(asked.error())};
    boost::json::object body{{"entitlementId", asked->entitlement.text()}};
    const auto link = co_await around.operations.activation_link(std::move(*asked));
    if (!link) co_return std::unexpected{problem(link.error())};
    add_activation(body, *link, 200);
    co_return json_answer(200, body);
}

base::Task<Answer> recover(Exchange& exchange, const Surroundings& around) {
    auto asked = read_asked(exchange);
    if (!asked) co_return std::unexpected{std::move(asked.error())};
    const auto link = co_await around.operations.recovery_link(std::move(*asked));
    if (!link) co_return std::unexpected{problem(link.error())};
    co_return json_answer(200, {{"recoveryUrl", link->reveal()}});
}

}  // namespace usher::api::opentv
