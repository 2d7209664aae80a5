#include "sandbox/partner_api.h"

#include <array>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "sandbox/partner_fields.h"

namespace usher::sandbox {

namespace json = boost::json;

struct PartnerApi::Asked {
    Route route{};
    std::string id;  // of the path
    json::object body;
    bool readable = true;  // the body is a JSON object, or not needed
    Mode mode = Mode::act;
    std::string queued_code;
    base::Time now;
};

namespace {

http::Response bad_request(const std::string& message) {
    return partner_answer(400, "BAD_REQUEST", message);
}

http::Response not_found() {
    return partner_answer(404, "NOT_FOUND", "The entitlement was not found");
}

http::Response not_in_status(const Record& record, std::string_view what) {
    return bad_request(
        fmt::format("An entitlement that is {} cannot be {}", to_text(record.status), what));
}

std::vector<http::RoutePattern> partner_routes() {
    return {
        {"GET", "/v1/echo/{id}"},
        {"POST", "/v1/entitlement"},
        {"GET", "/v1/entitlement/{id}"},
        {"POST", "/v1/entitlement/report"},
        {"PATCH", "/v1/entitlement"},
        {"POST", "/v1/entitlement/cancel/{id}"},
        {"POST", "/v1/entitlement/revoke/{id}"},
        {"GET", "/v1/entitlement/{id}/activationInfo"},
        {"GET", "/v1/entitlement/{id}/recoveryInfo"},
    };
}

}  // namespace

http::Response partner_answer(int http, std::string_view code, std::string_view message,
                              json::object fields, json::object parameters) {
    json::object body{{"responseCode", code},
                      {"responseMessage", message},
                      {"parameters", std::move(parameters)}};
    for (auto& [name, value] : fields) body[name] = std::move(value);
    return http::make_response(http, "application/json", json::serialize(body));
}

int status_of_code(std::string_view code) {
    constexpr std::array<std::pair<std::string_view, int>, 9> kCodes{{
        {"OK", 200},
        {"CLIENT_ACTION_REQUIRED", 202},
        {"UNAUTHORIZED", 401},
        {"NOT_FOUND", 404},
        {"ALREADY_EXISTS", 409},
        {"CONFLICT", 409},
        {"TOO_MANY_REQUESTS", 429},
        {"INTERNAL_ERROR", 500},
        {"SERVICE_UNAVAILABLE", 503},
    }};
    for (const auto& [name, http] : kCodes) {
        if (name == code) return http;
    }
    return 400;
}

PartnerApi::PartnerApi(const PartnerOptions& options, PartnerBook& book)
    : options_{options}, book_{book}, router_{partner_routes()} {}

std::optional<PartnerApi::Asked> PartnerApi::parse(const http::Request& request) const {
    constexpr std::array kInOrder{Route::echo,   Route::create,          Route::read,
                                  Route::find,   Route::patch,           Route::cancel,
                                  Route::revoke, Route::activation_info, Route::recovery_info};
    const auto target = http::parse_target(request.target);
    if (!target) return std::nullopt;
    const auto matched = router_.match(request.method, *target);
    if (!matched) return std::nullopt;

    Asked asked;
    asked.route = kInOrder.at(matched->index);
    if (const auto id = matched->params.find("id"); id != matched->params.end()) {
        asked.id = id->second;
    }
    // The reason of an ending may be left out, and then there may be no body at all.
    if (request.method == "GET" || (request.body.empty() && !asked.id.empty())) return asked;
    auto body = base::parse_json(request.body);
    asked.readable = body && body->is_object();
    if (asked.readable) asked.body = std::move(body->get_object());
    return asked;
}

std::optional<Action> PartnerApi::classify(const http::Request& request) {
    const auto asked = parse(request);
    if (!asked) return std::nullopt;
    return action_of(*asked);
}

Action PartnerApi::action_of(const Asked& asked) {
    switch (asked.route) {
        case Route::echo:
            return Action::echo;
        case Route::create:
            return Action::create;
        case Route::read:
            return Action::read;
        case Route::find:
            return Action::find;
        case Route::patch:
            return action_of_patch(asked.body);
        case Route::cancel:
            return Action::cancel;
        case Route::revoke:
            return Action::revoke;
        case Route::activation_info:
            return Action::activation_info;
        case Route::recovery_info:
            return Action::recovery_info;
    }
    return Action::read;
}

Action PartnerApi::action_of_patch(const json::object& body) {
    const auto* record = book_.find(base::find_string(body, "entitlementId").value_or(""));
    const auto product = base::find_string(body, "productKey");
    if (product && (record == nullptr || record->product != *product)) {
        return Action::change_product;
    }
    const auto benefits = base::find_string(body, "entitlementBenefits");
    if (!benefits) return Action::update;
    if (*benefits == options_.suspend_value) return Action::suspend;
    const bool ending = record != nullptr && record->status == RecordStatus::active_ending;
    return ending ? Action::undo_cancel : Action::resume;
}

http::Response PartnerApi::perform(const http::Request& request, Mode mode,
                                   std::string_view queued_code, base::Time now) {
    auto asked = parse(request);
    if (!asked) return partner_answer(404, "NOT_FOUND", "There is no such resource");
    if (!asked->readable) return bad_request("The body is not a JSON object");
    asked->mode = mode;
    asked->queued_code = std::string{queued_code};
    asked->now = now;
    switch (asked->route) {
        case Route::echo:
            return partner_answer(200, "OK", "Success", {{"echo", asked->id}});
        case Route::create:
            return create(*asked);
        case Route::read: {
            const auto* record = book_.find(asked->id);
            return record == nullptr ? not_found() : ok(*record);
        }
        case Route::find:
            return find(*asked);
        case Route::patch:
            return patch(*asked);
        case Route::cancel:
            return end(*asked, Action::cancel);
        case Route::revoke:
            return end(*asked, Action::revoke);
        case Route::activation_info:
            return activation_info(*asked);
        case Route::recovery_info:
            return recovery_info(*asked);
    }
    return not_found();
}

http::Response PartnerApi::create(const Asked& asked) {
    const auto wanted = read_new_record(asked.body, options_, asked.now);
    if (!wanted) return bad_request(wanted.error());
    if (auto* record = book_.in_the_way(wanted->customer, wanted->product)) {
        return create_again(asked, *record);
    }
    auto& record = book_.add(*wanted, asked.now);
    if (asked.mode == Mode::accept) return accepted(asked, record);
    book_.provision(record, asked.now);
    if (record.status == RecordStatus::active) return ok(record);
    return with_link(202, "CLIENT_ACTION_REQUIRED", record, activation_base_, record.links.back());
}

// Bango §4: while PENDING the same entitlement with a new URL, else the limit is reached.
http::Response PartnerApi::create_again(const Asked& asked, Record& record) {
    const auto product = base::find_string(asked.body, "productKey");
    if (record.status != RecordStatus::pending || record.product != product) {
        return bad_request("Maximum number of subscriptions for user reached");
    }
    if (asked.mode == Mode::accept) return accepted(asked, record);
    if (!record.provisioned) {
        book_.provision(record, asked.now);
        if (record.status == RecordStatus::active) return ok(record);
    } else {
        book_.add_link(record, asked.now);
    }
    return with_link(202, "CLIENT_ACTION_REQUIRED", record, activation_base_, record.links.back());
}

http::Response PartnerApi::find(const Asked& asked) {
    const auto filter = read_filter(asked.body);
    if (!filter) return bad_request(filter.error());
    json::array list;
    for (const auto* record : book_.of_customer(filter->customer)) {
        if (filter->product && record->product != *filter->product) continue;
        if (filter->status && to_text(record->status) != *filter->status) continue;
        list.push_back(to_json(*record));
    }
    return partner_answer(200, "OK", "Success", {{options_.report_key, std::move(list)}});
}

http::Response PartnerApi::patch(const Asked& asked) {
    const auto id = base::find_string(asked.body, "entitlementId");
    if (!id) return bad_request("entitlementId parameter is required");
    auto* record = book_.find(*id);
    if (record == nullptr) return not_found();
    const auto edit = read_edit(asked.body, options_, asked.now);
    if (!edit) return bad_request(edit.error());
    if (is_ended(record->status)) return not_in_status(*record, "changed");

    const bool other_product = edit->product && *edit->product != record->product;
    if (other_product && edit->benefits) {
        return bad_request("entitlementBenefits parameter is invalid together with productKey");
    }
    if (other_product) return change_product(asked, *record, *edit->product);
    if (edit->benefits) {
        return change_benefits(asked, *record, *edit->benefits == options_.suspend_value);
    }
    if (asked.mode == Mode::accept) return accepted(asked, *record);
    book_.update(*record, asked.now, {.counted = Action::update}, edit->apply);
    return ok(*record);
}

http::Response PartnerApi::change_benefits(const Asked& asked, Record& record, bool suspend) {
    const auto wanted = suspend ? RecordStatus::suspended : RecordStatus::active;
    const auto from = record.status;
    if (from == wanted) return ok(record);
    if (suspend && from != RecordStatus::active) return not_in_status(record, "suspended");
    if (from == RecordStatus::pending) return not_in_status(record, "resumed");
    if (asked.mode == Mode::accept) return accepted(asked, record);
    const auto action = action_of(asked);
    const auto edit = read_edit(asked.body, options_, asked.now);
    book_.update(record, asked.now, {.counted = Action::update}, edit->apply);
    book_.change_status(record, wanted, asked.now, {.counted = action});
    return ok(record);
}

http::Response PartnerApi::change_product(const Asked& asked, Record& record,
                                          std::string_view product) {
    if (record.status != RecordStatus::active) {
        return not_in_status(record, "moved to another product");
    }
    const auto* other = book_.in_the_way(record.customer, product);
    if (other != nullptr && other != &record) {
        return bad_request("Maximum number of subscriptions for user reached");
    }
    if (asked.mode == Mode::accept) return accepted(asked, record);
    const auto edit = read_edit(asked.body, options_, asked.now);
    book_.update(record, asked.now, {.counted = Action::update}, edit->apply);
    book_.change_product(record, product, asked.now, {.counted = Action::change_product});
    if (record.status == RecordStatus::active) return ok(record);
    return with_link(202, "CLIENT_ACTION_REQUIRED", record, activation_base_, record.links.back());
}

http::Response PartnerApi::end(const Asked& asked, Action action) {
    auto* record = book_.find(asked.id);
    if (record == nullptr) return not_found();
    const auto reason = read_reason(asked.body);
    if (!reason) return bad_request(reason.error());
    if (is_ended(record->status)) {
        return partner_answer(409, "CONFLICT", "The entitlement has ended already",
                              to_json(*record));
    }
    if (asked.mode == Mode::accept) return accepted(asked, *record);
    const auto to = action == Action::revoke ? RecordStatus::revoked : book_.soft_end_of(*record);
    // A soft ending that is under way stays as it is.
    if (record->status == to) return ok(*record);
    book_.change_status(*record, to, asked.now, {.counted = action, .reason = *reason});
    return ok(*record);
}

http::Response PartnerApi::activation_info(const Asked& asked) {
    auto* record = book_.find(asked.id);
    if (record == nullptr) return not_found();
    if (record->status != RecordStatus::pending || !record->provisioned) {
        return bad_request("The entitlement does not wait for an activation");
    }
    return with_link(200, "OK", *record, activation_base_, book_.current_link(*record, asked.now));
}

// Not published; in the form of the call before.
http::Response PartnerApi::recovery_info(const Asked& asked) {
    const auto* record = book_.find(asked.id);
    if (record == nullptr) return not_found();
    if (record->status == RecordStatus::pending || is_ended(record->status)) {
        return not_in_status(*record, "recovered");
    }
    return with_link(200, "OK", *record, recovery_base_, book_.add_recovery(asked.now));
}

http::Response PartnerApi::ok(const Record& record) const {
    return partner_answer(200, "OK", "Success", to_json(record));
}

http::Response PartnerApi::with_link(int http, std::string_view code, const Record& record,
                                     const std::string& base, const ActivationLink& link) const {
    return partner_answer(http, code, http == 202 ? "The customer must act" : "Success",
                          to_json(record),
                          {{"action", "NAVIGATE_TO_URL"},
                           {"url", base + link.token},
                           {"urlExpiry", base::format_time(link.expires)}});
}

http::Response PartnerApi::accepted(const Asked& asked, const Record& record) const {
    return partner_answer(202, asked.queued_code, "The request was accepted", to_json(record));
}

}  // namespace usher::sandbox
