// POST /tpes/v1/operator/entitlements/{entitlementId}/actions/…: the other door to a change of
// status, or of the product (OpenTV §2.2 T4 to T8). 202 as long as the partner has not confirmed,
// in every edition.
#include <boost/json/object.hpp>

#include "api/fields.h"
#include "api/opentv/calls.h"
#include "api/opentv/manners.h"
#include "api/opentv/reasons.h"

namespace usher::api::opentv {

namespace {

flow::UpdateStatus begin(const Exchange& exchange, domain::EntitlementStatus status,
                         Fields& fields) {
    auto change = begin_change(exchange, fields);
    change.status = status;
    return change;
}

base::Task<Answer> carry_out(Exchange& exchange, const Surroundings& around,
                             flow::UpdateStatus update, Fields& fields) {
    const auto waiting = complete_change(exchange, around.options, fields, update);
    if (!waiting) co_return std::unexpected{waiting.error()};
    const auto render = [id = update.entitlement,
                         waiting = *waiting](const UpdateOutcome& updated) -> Answer {
        if (!updated) return std::unexpected{problem(updated.error())};
        const int status = updated->propagated == flow::Propagated::pending ? 202 : 200;
        auto response =
            json_answer(status, {{"entitlementId", id.text()},
                                 {"status", domain::to_text(updated->status)},
                                 {"partnerStatus", domain::to_text(updated->partner_status)}});
        add_change_headers(response, updated->version, updated->propagated, waiting);
        return response;
    };
    co_return co_await update_once(exchange, around, std::move(update), render);
}

http::Response product_answer(const domain::EntitlementId& id,
                              const flow::ProductChanged& changed) {
    const auto& updated = changed.updated;
    const bool waits_for_customer = updated.status == domain::EntitlementStatus::pending;
    const bool is_done = updated.propagated == flow::Propagated::confirmed && !waits_for_customer;
    const int status = is_done ? 200 : 202;
    boost::json::object body{{"entitlementId", id.text()},
                             {"productId", changed.product.text()},
                             {"status", domain::to_text(updated.status)},
                             {"partnerStatus", domain::to_text(updated.partner_status)}};
    if (waits_for_customer && changed.activation) {
        add_activation(body, *changed.activation, status);
    }
    return json_answer(status, body);
}

base::Task<Answer> end(Exchange& exchange, const Surroundings& around,
                       domain::EntitlementStatus status) {
    Fields fields{exchange.body};
    auto update = begin(exchange, status, fields);
    update.reason = fields.reason();
    check_reasons(update.reason, Presence::mandatory, fields);
    co_return co_await carry_out(exchange, around, std::move(update), fields);
}

}  // namespace

base::Task<Answer> cancel(Exchange& exchange, const Surroundings& around) {
    return end(exchange, around, domain::EntitlementStatus::cancelled);
}

base::Task<Answer> revoke(Exchange& exchange, const Surroundings& around) {
    return end(exchange, around, domain::EntitlementStatus::revoked);
}

base::Task<Answer> suspend(Exchange& exchange, const Surroundings& around) {
    Fields fields{exchange.body};
    auto update = begin(exchange, domain::EntitlementStatus::suspended, fields);
    co_return co_await carry_out(exchange, around, std::move(update), fields);
}

base::Task<Answer> resume(Exchange& exchange, const Surroundings& around) {
    Fields fields{exchange.body};
    auto update = begin(exchange, domain::EntitlementStatus::active, fields);
    const auto product = fields.id("productId", Presence::mandatory);
    if (product) update.product = domain::ProductId{*product};
    co_return co_await carry_out(exchange, around, std::move(update), fields);
}

base::Task<Answer> change_product(Exchange& exchange, const Surroundings& around) {
    Fields fields{exchange.body};
    auto common = begin_change(exchange, fields);
    const auto product = fields.id("productId", Presence::mandatory);
    const auto waiting = complete_change(exchange, around.options, fields, common);
    if (!waiting) co_return std::unexpected{waiting.error()};
    using ChangeOutcome = std::expected<flow::ProductChanged, flow::Failure>;
    const auto render = [id = common.entitlement,
                         waiting = *waiting](const ChangeOutcome& changed) -> Answer {
        if (!changed) return std::unexpected{problem(changed.error())};
        auto response = product_answer(id, *changed);
        add_change_headers(response, changed->updated.version, changed->updated.propagated,
                           waiting);
        return response;
    };
    flow::ChangeProduct change{.tenant = common.tenant,
                               .entitlement = common.entitlement,
                               .product = domain::ProductId{*product},
                               .if_version = common.if_version,
                               .asker = common.asker,
                               .wait = common.wait};
    const auto wait = change.wait;
    co_return co_await answer_once<flow::ProductChanged>(
        exchange, around, wait, render, [&](auto once) {
            change.once = std::move(once);
            return around.operations.change_product(std::move(change));
        });
}

}  // namespace usher::api::opentv
