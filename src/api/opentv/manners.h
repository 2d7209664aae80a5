// What the calls that change an entitlement have in common. Pure.
#pragma once

#include <boost/json/object.hpp>

#include "api/exchange.h"
#include "api/fields.h"
#include "api/once.h"
#include "api/prefer.h"
#include "flow/update_status.h"

namespace usher::api::opentv {

domain::Asker asker_of(const Exchange& exchange);

// As the tenant is set, unless the caller prefers otherwise.
Waiting waiting_of(const Exchange& exchange, const Options& options);

// A change of the entitlement in the path, by who asks; what is wrong is added to `fields`.
flow::UpdateStatus begin_change(const Exchange& exchange, Fields& fields);
// Its If-Match and its wait. All that `fields` found comes first.
std::expected<Waiting, Problem> complete_change(const Exchange& exchange, const Options& options,
                                                Fields& fields, flow::UpdateStatus& change);

using UpdateOutcome = std::expected<flow::Updated, flow::Failure>;

// Carries it out and answers as `render`, once for each Idempotency-Key.
template <class Render>
base::Task<Answer> update_once(Exchange& exchange, const Surroundings& around,
                               flow::UpdateStatus update, Render render) {
    const auto wait = update.wait;
    co_return co_await answer_once<flow::Updated>(
        exchange, around, wait, std::move(render), [&](auto once) {
            update.once = std::move(once);
            return around.operations.update_status(std::move(update));
        });
}

http::Response json_answer(int status, const boost::json::object& body);

// The headers of every change: ETag, usher-propagation, Preference-Applied.
void add_change_headers(http::Response& response, std::uint64_t version,
                        flow::Propagated propagated, const Waiting& waiting);

// responseCode, responseMessage and parameters, for a customer who must act (OpenTV §3.2). The code
// is the HTTP status as text and the message its phrase, as published.
void add_activation(boost::json::object& body, const domain::Activation& activation, int status);

}  // namespace usher::api::opentv
