// The one catalogue of what a caller can be told when something was not done. Everything that can
// go wrong anywhere below maps to one of these numbers. Pure; thread-safe.
//
// The numbers are stable: portals branch on them. The first three digits are the HTTP status, so a
// number tells both. Several causes share a number where the caller must not, or need not, know
// which it was (design §4: the log names the real reason of token trouble, the answer does not).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "auth/refusal.h"
#include "base/json.h"
#include "domain/rejection.h"
#include "flow/failure.h"
#include "flow/store.h"
#include "http/server.h"

namespace usher::api {

enum class ErrorCode : int {
    // The message itself.
    malformed_request = 40001,
    malformed_target = 40002,
    body_missing = 40003,
    body_not_json = 40005,
    body_too_deep = 40006,
    duplicate_key = 40007,
    nul_in_string = 40008,
    number_out_of_range = 40009,
    body_not_an_object = 40010,
    // Its arguments. 40004 is the number that the design's own example shows.
    status_unknown = 40004,
    argument_missing = 40011,
    argument_of_wrong_type = 40012,
    argument_invalid = 40013,
    id_malformed = 40014,
    date_malformed = 40015,
    dates_contradict = 40016,
    not_third_party = 40017,
    status_not_pending = 40018,
    query_invalid = 40019,
    precondition_malformed = 40020,
    tenant_header_invalid = 40021,
    tenant_not_named = 40022,
    reason_not_listed = 40023,
    query_too_broad = 40024,
    comment_invalid = 40025,
    idempotency_key_malformed = 40026,
    // What they refer to.
    account_mismatch = 40030,
    product_mismatch = 40031,
    product_type_mismatch = 40032,
    account_unknown = 40033,
    product_unknown = 40034,
    account_not_active = 40035,
    id_taken = 40036,
    already_entitled = 40037,
    product_in_use = 40038,
    product_of_another_merchant = 40039,
    // The lifecycle, and the partner.
    pending_is_never_asked = 40040,
    not_active_yet = 40041,
    ending_cannot_be_suspended = 40042,
    already_ended = 40043,
    revoked_is_final = 40044,
    not_pending = 40045,
    not_recoverable = 40046,
    account_ended = 40047,
    product_not_changeable = 40048,
    change_under_way = 40049,
    still_pending_at_partner = 40050,
    ended_by_partner = 40051,
    refused_by_partner = 40052,
    not_supported_by_partner = 40053,
    // Tenants.
    tenants_not_apart = 40054,
    tenant_not_primary = 40055,
    tenant_in_settings = 40056,
    sub_tenant_misnamed = 40057,
    bulk_token_refused = 40058,
    partner_id_taken = 40059,

    partner_not_known = 40101,  // the partner's own surface; the operator's never answers 401

    token_missing = 40301,
    token_invalid = 40302,
    token_expired = 40303,
    role_missing = 40304,
    tenant_disabled = 40305,

    route_unknown = 40401,
    tenant_unknown = 40402,
    entitlement_unknown = 40403,
    account_not_there = 40404,
    product_not_there = 40405,
    sub_tenant_unknown = 40406,
    bulk_unknown = 40407,
    method_not_allowed = 40501,
    request_timed_out = 40801,
    key_under_way = 40901,
    bulk_guarded = 40902,
    bulk_out_of_turn = 40903,
    feed_place_too_old = 41001,
    feed_place_unknown = 41002,
    version_mismatch = 41201,
    body_too_large = 41301,
    target_too_long = 41401,
    media_type_unsupported = 41501,
    host_unknown = 42101,
    key_of_another = 42201,
    too_many_reports = 42901,
    too_many_requests = 42902,
    head_too_large = 43101,

    internal_error = 50001,
    store_damaged = 50002,
    not_implemented = 50101,
    overloaded = 50301,
    store_not_writable = 50302,
    not_confirmed = 50303,
    contended = 50304,
    shutting_down = 50305,
    keys_unavailable = 50306,
    partner_unavailable = 50307,
    http_version = 50501,
};

constexpr int number_of(ErrorCode code) {
    return static_cast<int>(code);
}
constexpr int http_status(ErrorCode code) {
    return number_of(code) / 100;
}

struct ErrorEntry {
    ErrorCode code;
    std::string_view name;     // stable too, e.g. "status_unknown"
    std::string_view meaning;  // a sentence for the caller
    std::string_view remedy;   // what the caller can do; a sentence
};

// Every code once, by number.
std::span<const ErrorEntry> error_catalogue();
const ErrorEntry& describe(ErrorCode code);

ErrorCode code_of(domain::Rejection rejection);
ErrorCode code_of(flow::StoreError error);
// `rejected` and `store` are told by the failure's other members.
ErrorCode code_of(const flow::Failure& failure);
ErrorCode code_of(auth::TokenRefusal refusal);
ErrorCode code_of(http::ProtocolError error);
ErrorCode code_of(base::JsonProblem problem);

// True for what carries the published form of token trouble beside the usual one (OpenTV §7).
bool is_token_trouble(ErrorCode code);

// `usher errors --format json` (interface §2) and the table in docs/errors.md.
std::string errors_as_json();
std::string errors_as_markdown();

}  // namespace usher::api
