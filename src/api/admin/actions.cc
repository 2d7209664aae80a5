// Which actions a merchant's product supports: GET /admin/v1/actions, and what a person says about
// it. Each change tells who and why; the log has it too.
#include <optional>
#include <utility>

#include <boost/json/array.hpp>

#include "api/admin/actions_json.h"
#include "api/admin/calls.h"
#include "api/admin/manners.h"
#include "api/fields.h"
#include "base/log.h"

namespace usher::api::admin {

namespace {

namespace json = boost::json;

void add_scope(json::object& object, const domain::TenantId& tenant,
               const domain::MerchantId& merchant, const domain::ProductKey& product) {
    if (!tenant.empty()) object["tenant"] = tenant.text();
    if (!merchant.empty()) object["merchant"] = merchant.text();
    if (!product.empty()) object["productKey"] = product.text();
}

json::object gap_json(const flow::LearnedGap& gap) {
    json::object object{{"action", domain::to_text(gap.action)},
                        {"since", base::format_time(gap.since)},
                        {"until", base::format_time(gap.until)}};
    add_scope(object, gap.tenant, gap.merchant, gap.product);
    return object;
}

// What a body names.
struct Scope {
    domain::MerchantId merchant;
    domain::ProductKey product;
    std::optional<domain::PartnerAction> action;
    std::optional<bool> supported;
    std::string reason;
};

void read_supported(const json::object& body, Fields& fields, Scope& named) {
    const auto* given = body.if_contains("supported");
    if (given == nullptr || given->is_null()) {
        fields.add(ErrorCode::argument_missing, "supported", "must be given.");
    } else if (!given->is_bool()) {
        fields.add(ErrorCode::argument_of_wrong_type, "supported", "must be true or false.");
    } else {
        named.supported = given->get_bool();
    }
}

std::expected<Scope, Problem> read_scope(const Exchange& exchange, Presence action, bool pins) {
    Fields fields{exchange.body};
    Scope named;
    if (const auto merchant = fields.id("merchant", Presence::optional)) {
        named.merchant = domain::MerchantId{*merchant};
    }
    // The partner's own name; its form is the partner's.
    if (const auto product = fields.text("productKey", Presence::optional)) {
        named.product = domain::ProductKey{*product};
        if (product->empty()) {
            fields.add(ErrorCode::argument_invalid, "productKey",
                       "must not be empty; leave it out for every product.");
        }
    }
    if (const auto word = fields.text("action", action)) {
        named.action = domain::parse_partner_action(*word);
        if (!named.action) {
            fields.add(ErrorCode::argument_invalid, "action",
                       "must be create, suspend, resume, cancel, undo_cancel, revoke or "
                       "change_product.");
        }
    }
    if (pins) read_supported(exchange.body, fields, named);
    if (const auto why = fields.text("reason", Presence::mandatory, kLongestReason)) {
        named.reason = *why;
    }
    if (!fields.ok()) return std::unexpected{fields.take_problem()};
    return named;
}

void log_action(const Exchange& exchange, std::string_view event, const Scope& named) {
    base::log(base::LogLevel::warning, event,
              {{"tenant", tenant_of(exchange).text()},
               {"merchant", named.merchant.text()},
               {"productKey", named.product.text()},
               {"action", named.action ? domain::to_text(*named.action) : std::string_view{}},
               {"supported", named.supported.value_or(false)},
               {"subject", exchange.principal->subject},
               {"reason", named.reason},
               {"requestId", exchange.request_id}});
}

}  // namespace

json::object pin_json(const flow::ActionPin& pin) {
    json::object object{{"action", domain::to_text(pin.action)},
                        {"supported", pin.supported},
                        {"since", base::format_time(pin.since)},
                        {"by", pin.by},
                        {"reason", pin.why}};
    add_scope(object, pin.tenant, pin.merchant, pin.product);
    return object;
}

json::object actions_json(const std::vector<flow::LearnedGap>& learned,
                          const std::vector<flow::ActionPin>& pins,
                          const domain::TenantId& tenant) {
    const auto concerns = [&](const domain::TenantId& whose) {
        return tenant.empty() || whose.empty() || whose == tenant;
    };
    json::array gaps;
    for (const auto& gap : learned) {
        if (concerns(gap.tenant)) gaps.emplace_back(gap_json(gap));
    }
    json::array pinned;
    for (const auto& pin : pins) {
        if (concerns(pin.tenant)) pinned.emplace_back(pin_json(pin));
    }
    return {{"learned", std::move(gaps)}, {"pins", std::move(pinned)}};
}

base::Task<Answer> list_actions(Exchange& exchange, const Surroundings& around) {
    const auto pins = co_await around.operations.pins();
    if (!pins) co_return std::unexpected{problem(pins.error())};
    co_return answer(200, actions_json(around.operations.learned(), *pins, tenant_of(exchange)));
}

base::Task<Answer> clear_actions(Exchange& exchange, const Surroundings& around) {
    const auto named = read_scope(exchange, Presence::optional, false);
    if (!named) co_return std::unexpected{named.error()};
    const auto cleared = around.operations.forget_learned({.tenant = tenant_of(exchange),
                                                           .merchant = named->merchant,
                                                           .product = named->product,
                                                           .action = named->action});
    if (cleared > 0) log_action(exchange, "learned_actions_cleared", *named);
    co_return answer(200, {{"cleared", cleared}});
}

base::Task<Answer> place_pin(Exchange& exchange, const Surroundings& around) {
    const auto named = read_scope(exchange, Presence::mandatory, true);
    if (!named) co_return std::unexpected{named.error()};
    const auto placed = co_await around.operations.place_pin({.tenant = tenant_of(exchange),
                                                              .merchant = named->merchant,
                                                              .product = named->product,
                                                              .action = *named->action,
                                                              .supported = *named->supported,
                                                              .by = who(exchange),
                                                              .why = named->reason});
    if (!placed) co_return std::unexpected{problem(placed.error())};
    log_action(exchange, "action_pinned", *named);
    co_return answer(201, pin_json(*placed));
}

base::Task<Answer> lift_pin(Exchange& exchange, const Surroundings& around) {
    const auto named = read_scope(exchange, Presence::mandatory, false);
    if (!named) co_return std::unexpected{named.error()};
    const auto lifted = co_await around.operations.lift_pin({.tenant = tenant_of(exchange),
                                                             .merchant = named->merchant,
                                                             .product = named->product,
                                                             .action = *named->action,
                                                             .by = who(exchange),
                                                             .why = named->reason});
    if (!lifted) co_return std::unexpected{problem(lifted.error())};
    if (*lifted > 0) log_action(exchange, "action_pin_lifted", *named);
    co_return answer(200, {{"lifted", *lifted}});
}

}  // namespace usher::api::admin
