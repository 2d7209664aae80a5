#include "api/errors.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace usher::api {

namespace {

constexpr auto kCatalogue = std::to_array<ErrorEntry>({
    {ErrorCode::malformed_request, "malformed_request",
     "The bytes that arrived are not a well-formed HTTP/1.1 request.",
     "Check the client or the proxy in between; the connection is closed."},
    {ErrorCode::malformed_target, "malformed_target",
     "The path or the query is not correctly percent-encoded.",
     "Follow each percent sign with two hexadecimal digits and start the path with a slash."},
    {ErrorCode::body_missing, "body_missing", "This call needs a body and none was sent.",
     "Send a JSON object with Content-Type: application/json."},
    {ErrorCode::status_unknown, "status_unknown", "The status is not one of the published words.",
     "Use one of the words as written, in upper case, e.g. CANCELLED or ACTIVE-ENDING."},
    {ErrorCode::body_not_json, "body_not_json", "The body is not valid JSON in UTF-8.",
     "Send one JSON value and nothing behind it."},
    {ErrorCode::body_too_deep, "body_too_deep", "The body is nested too deeply.",
     "Send only the documented fields."},
    {ErrorCode::duplicate_key, "duplicate_key", "An object in the body has the same key twice.",
     "Send each key once."},
    {ErrorCode::nul_in_string, "nul_in_string", "A string in the body holds the NUL character.",
     "Leave U+0000 out."},
    {ErrorCode::number_out_of_range, "number_out_of_range",
     "A number in the body is too large to be represented.", "Send a smaller number."},
    {ErrorCode::body_not_an_object, "body_not_an_object", "The body is JSON but not an object.",
     "Put the arguments into an object: {\"name\": value}."},
    {ErrorCode::argument_missing, "argument_missing", "A mandatory argument is missing or null.",
     "Send every argument that the details name."},
    {ErrorCode::argument_of_wrong_type, "argument_of_wrong_type",
     "An argument has another JSON type than it must have.",
     "Send the type that the details name; ids and words are strings."},
    {ErrorCode::argument_invalid, "argument_invalid",
     "An argument has a value that cannot be accepted.", "See the details for what is allowed."},
    {ErrorCode::id_malformed, "id_malformed", "An id has a form that no id can have.",
     "Ids are 1 to 256 characters out of A-Z a-z 0-9 . _ ~ and -."},
    {ErrorCode::date_malformed, "date_malformed", "A date is not an ISO 8601 date-time.",
     "Write it like 2025-09-01T13:47:59.228Z."},
    {ErrorCode::dates_contradict, "dates_contradict", "The entitlement would end before it begins.",
     "Send an expiryDate after validFrom."},
    {ErrorCode::not_third_party, "not_third_party", "The type is not that of a third party.",
     "Send productType THIRDPARTY on entitlements, type thirdParty on products."},
    {ErrorCode::status_not_pending, "status_not_pending",
     "A new entitlement can only be asked for as PENDING.", "Send status PENDING."},
    {ErrorCode::query_invalid, "query_invalid",
     "A query parameter has a value that is not allowed.", "See the details for what is allowed."},
    {ErrorCode::precondition_malformed, "precondition_malformed",
     "If-Match does not hold exactly one entity tag.",
     "Send the ETag of an earlier answer as it was, quotes included, or *."},
    {ErrorCode::tenant_header_invalid, "tenant_header_invalid",
     "The header nv-tenant-id is empty or was sent more than once.",
     "Send it once with the tenant's id, or leave it out."},
    {ErrorCode::tenant_not_named, "tenant_not_named",
     "The request names no tenant and there is no default one.", "Send the header nv-tenant-id."},
    {ErrorCode::reason_not_listed, "reason_not_listed",
     "The reason of an ending is not one of the published pairs.",
     "Send a category and one of its codes; OTHER fits when none does."},
    {ErrorCode::query_too_broad, "query_too_broad",
     "The list would have to look at too many entitlements.",
     "Narrow it as the details say, or follow the links from page to page."},
    {ErrorCode::comment_invalid, "comment_invalid",
     "The header x-usher-comment cannot be taken into the history.",
     "Send it once, with at most 500 characters; those beyond ASCII are percent-encoded as UTF-8."},
    {ErrorCode::idempotency_key_malformed, "idempotency_key_malformed",
     "The header Idempotency-Key cannot be used as a key. Nothing was changed.",
     "Send it once, with 1 to 255 visible ASCII characters, a random UUID for example."},
    {ErrorCode::account_mismatch, "account_mismatch",
     "The entitlement does not belong to the account that was given. Nothing was changed.",
     "Check that the entitlement's id is the one that is meant."},
    {ErrorCode::product_mismatch, "product_mismatch",
     "The entitlement is not for the product that was given. Nothing was changed.",
     "Check that the entitlement's id is the one that is meant."},
    {ErrorCode::product_type_mismatch, "product_type_mismatch",
     "The entitlement is not of the product type that was given. Nothing was changed.",
     "Send THIRDPARTY or leave productType out."},
    {ErrorCode::account_unknown, "account_unknown", "The account does not exist.",
     "Create the account before it buys."},
    {ErrorCode::product_unknown, "product_unknown", "The product does not exist.",
     "Create the product before it is sold."},
    {ErrorCode::account_not_active, "account_not_active", "The account is not ACTIVE.",
     "Only an ACTIVE account can buy."},
    {ErrorCode::id_taken, "id_taken", "The id that was chosen stands for something else already.",
     "Choose another id or leave it out."},
    {ErrorCode::already_entitled, "already_entitled", "The account holds this product already.",
     "Use the entitlement that is there, or end it first."},
    {ErrorCode::product_in_use, "product_in_use",
     "The product's names at the partner cannot change any more, because it is in use.",
     "Create another product."},
    {ErrorCode::product_of_another_merchant, "product_of_another_merchant",
     "The product is another merchant's.",
     "End the entitlement and buy the other product; only within a merchant it keeps its id."},
    {ErrorCode::pending_is_never_asked, "pending_is_never_asked",
     "An entitlement cannot go back to PENDING.", "PENDING is only a beginning; buy again."},
    {ErrorCode::not_active_yet, "not_active_yet",
     "The customer has not activated yet, so there is nothing to suspend or to let run out.",
     "Wait for ACTIVE, or end it with CANCELLED or REVOKED."},
    {ErrorCode::ending_cannot_be_suspended, "ending_cannot_be_suspended",
     "An entitlement that is ending cannot be suspended.",
     "Undo the ending with ACTIVE first, or end it now with REVOKED."},
    {ErrorCode::already_ended, "already_ended", "The entitlement has ended.",
     "Buy the product again: that makes a new entitlement."},
    {ErrorCode::revoked_is_final, "revoked_is_final", "A revoked entitlement stays revoked.",
     "Nothing is left to cancel."},
    {ErrorCode::not_pending, "not_pending",
     "Only what is PENDING has something that the customer can activate.",
     "Read the entitlement: it shows how it stands."},
    {ErrorCode::not_recoverable, "not_recoverable",
     "The customer has no access at the merchant that could be recovered.",
     "Have a PENDING one activated first; buy an ended one again."},
    {ErrorCode::account_ended, "account_ended",
     "The account is CANCELLED, which is its last status.", "Create another account."},
    {ErrorCode::product_not_changeable, "product_not_changeable",
     "Only what is ACTIVE can move to another product.",
     "Resume it, or undo its ending, first; or buy the other product."},
    {ErrorCode::change_under_way, "change_under_way",
     "Another change is under way, or may still come true at the partner.",
     "Ask again when the record says confirmed; usher explain tells what is open."},
    {ErrorCode::still_pending_at_partner, "still_pending_at_partner",
     "The customer has not activated yet at the partner.",
     "Only the customer can activate, at the activation URL."},
    {ErrorCode::ended_by_partner, "ended_by_partner", "The partner has ended the entitlement.",
     "Buy the product again: that makes a new entitlement."},
    {ErrorCode::refused_by_partner, "refused_by_partner",
     "The partner refused the change for good; the details hold its code.",
     "Read the entitlement: it shows what the partner has."},
    {ErrorCode::not_supported_by_partner, "not_supported_by_partner",
     "The partner does not support this change for this product.",
     "Reach the aim by another status, e.g. REVOKED instead of SUSPENDED."},
    {ErrorCode::tenants_not_apart, "tenants_not_apart",
     "The callers or the customers of another tenant could not be told from this one's.",
     "Set auth.tenant_claim, put {tenant} into partner.bango.customer_id, and start anew."},
    {ErrorCode::tenant_not_primary, "tenant_not_primary",
     "A tenant that was added has no tenants under it.",
     "Ask as the tenant of the settings that it belongs to."},
    {ErrorCode::tenant_in_settings, "tenant_in_settings",
     "This tenant stands in the settings. Nothing was changed.",
     "Change it there and start anew; only what was added while Usher runs is changed here."},
    {ErrorCode::sub_tenant_misnamed, "sub_tenant_misnamed",
     "The id of a tenant under another one says whose it is. Nothing was added.",
     "Begin it with the primary tenant's id and an underscore, and go on behind that."},
    {ErrorCode::bulk_token_refused, "bulk_token_refused",
     "The token is not one that confirms this file for this tenant and subject: another look's, "
     "used already, or older than an hour.",
     "Look at the file again; the last part of the look brings a new token."},
    {ErrorCode::partner_id_taken, "partner_id_taken",
     "Another entitlement has this id of the partner's.",
     "Find out which of them is right: `usher explain --partner-id` shows the other one."},
    {ErrorCode::partner_not_known, "partner_not_known",
     "The credentials of the partner are missing or wrong.",
     "Use the user name and password, the key or the token that was agreed for reports."},
    {ErrorCode::token_missing, "token_missing", "The request carries no access token.",
     "Send the header Authorization: Bearer and the token."},
    {ErrorCode::token_invalid, "token_invalid", "The access token cannot be accepted.",
     "Get a new access token; an operator of Usher finds the reason in its log."},
    {ErrorCode::token_expired, "token_expired", "The access token has expired.",
     "Get a new one with the refresh token or the password."},
    {ErrorCode::role_missing, "role_missing", "The token lacks the role that this call needs.",
     "Have the role given to the user or client at the token issuer."},
    {ErrorCode::tenant_disabled, "tenant_disabled", "The tenant is disabled.",
     "Have the tenant enabled again."},
    {ErrorCode::route_unknown, "route_unknown", "There is no such resource.",
     "Check the path against the API description."},
    {ErrorCode::tenant_unknown, "tenant_unknown", "The tenant does not exist.",
     "Check nv-tenant-id and which tenants the token is for."},
    {ErrorCode::entitlement_unknown, "entitlement_unknown",
     "The entitlement does not exist in this tenant.", "Check the id and nv-tenant-id."},
    {ErrorCode::account_not_there, "account_not_there",
     "The account does not exist in this tenant.", "Check the id and nv-tenant-id."},
    {ErrorCode::product_not_there, "product_not_there",
     "The product does not exist in this tenant.", "Check the id and nv-tenant-id."},
    {ErrorCode::sub_tenant_unknown, "sub_tenant_unknown", "There is no such tenant under this one.",
     "Check the id, and whose token it is."},
    {ErrorCode::bulk_unknown, "bulk_unknown",
     "There is no such bulk in this tenant, or another subject began it.",
     "Check the id and the tenant. Who began it goes on with it."},
    {ErrorCode::method_not_allowed, "method_not_allowed", "The resource does not know this method.",
     "Use one that the header Allow names."},
    {ErrorCode::request_timed_out, "request_timed_out", "The request did not arrive in time.",
     "Send it again, whole."},
    {ErrorCode::key_under_way, "key_under_way",
     "A request with this Idempotency-Key is still under way.",
     "Repeat it after the time in Retry-After; the answer is that of the first."},
    {ErrorCode::bulk_guarded, "bulk_guarded",
     "Too large a part of the tenant's live entitlements would be ended or suspended. No further "
     "row was carried out.",
     "Check the file. If it is meant, look at it again and start with the token that the look "
     "brought."},
    {ErrorCode::bulk_out_of_turn, "bulk_out_of_turn",
     "The bulk does not stand where this request would go on: rows before these are missing, the "
     "look is not done or older than an hour, or the run is over.",
     "Read the bulk and go on where it stands, or begin anew."},
    {ErrorCode::version_mismatch, "version_mismatch",
     "The entitlement has changed since the version in If-Match. Nothing was changed.",
     "Read it again; the header ETag holds the present version."},
    {ErrorCode::body_too_large, "body_too_large", "The body is larger than is accepted.",
     "Send only the documented fields."},
    {ErrorCode::target_too_long, "target_too_long", "The path and query are too long.",
     "Shorten them."},
    {ErrorCode::media_type_unsupported, "media_type_unsupported",
     "The body is not declared as JSON.", "Send it with Content-Type: application/json."},
    {ErrorCode::host_unknown, "host_unknown",
     "The request names a host that this listener does not go by.",
     "Ask by address or as localhost, or have the name added to admin.hosts."},
    {ErrorCode::key_of_another, "key_of_another",
     "This Idempotency-Key came with another request before. Nothing was changed.",
     "Use a new key for each change, and the same key only to repeat the same one."},
    {ErrorCode::too_many_reports, "too_many_reports",
     "Too many reports name no entitlement of this tenant's. Nothing was recorded.",
     "Repeat after the time in Retry-After."},
    {ErrorCode::head_too_large, "head_too_large", "The header fields are too large.",
     "Send fewer or shorter ones."},
    {ErrorCode::internal_error, "internal_error",
     "The request met a fault in Usher; whether it was recorded is not known.",
     "Read the record, then repeat; report the requestId."},
    {ErrorCode::store_damaged, "store_damaged", "What is stored cannot be read.",
     "Report the requestId: the store needs attention."},
    {ErrorCode::not_implemented, "not_implemented", "HTTP upgrades and tunnels are not offered.",
     "Send plain requests."},
    {ErrorCode::overloaded, "overloaded", "There is too much to do just now. Nothing was recorded.",
     "Repeat after the time in Retry-After."},
    {ErrorCode::store_not_writable, "store_not_writable",
     "The store takes no changes just now. Nothing was recorded.",
     "Repeat after the time in Retry-After."},
    {ErrorCode::not_confirmed, "not_confirmed",
     "The store could not confirm the change: it may be recorded or not.",
     "Repeat after the time in Retry-After; repeating is safe."},
    {ErrorCode::contended, "contended",
     "The record kept changing meanwhile. Nothing was recorded by this request.",
     "Repeat after the time in Retry-After."},
    {ErrorCode::shutting_down, "shutting_down", "Usher is shutting down. Nothing was recorded.",
     "Repeat after the time in Retry-After."},
    {ErrorCode::keys_unavailable, "keys_unavailable",
     "The token cannot be checked just now, because its issuer does not answer.",
     "Repeat after the time in Retry-After."},
    {ErrorCode::partner_unavailable, "partner_unavailable",
     "The partner, who alone has the answer, cannot be asked just now. Nothing was changed.",
     "Repeat after the time in Retry-After."},
    {ErrorCode::http_version, "http_version", "This HTTP version is not spoken here.",
     "Use HTTP/1.1."},
});

static_assert(std::ranges::is_sorted(kCatalogue, {}, &ErrorEntry::code));

}  // namespace

std::span<const ErrorEntry> error_catalogue() {
    return kCatalogue;
}

const ErrorEntry& describe(ErrorCode code) {
    const auto* found = std::ranges::lower_bound(kCatalogue, code, {}, &ErrorEntry::code);
    if (found == kCatalogue.end() || found->code != code) std::abort();
    return *found;
}

bool is_token_trouble(ErrorCode code) {
    return code == ErrorCode::token_missing || code == ErrorCode::token_invalid ||
           code == ErrorCode::token_expired;
}

std::string errors_as_json() {
    boost::json::array all;
    for (const auto& entry : kCatalogue) {
        all.push_back({{"errorCode", number_of(entry.code)},
                       {"http", http_status(entry.code)},
                       {"name", entry.name},
                       {"meaning", entry.meaning},
                       {"remedy", entry.remedy}});
    }
    return boost::json::serialize(all);
}

std::string errors_as_markdown() {
    std::string text =
        "| errorCode | HTTP | name | meaning | remedy |\n| --- | --- | --- | --- | --- |\n";
    for (const auto& entry : kCatalogue) {
        text += fmt::format("| {} | {} | `{}` | {} | {} |\n", number_of(entry.code),
                            http_status(entry.code), entry.name, entry.meaning, entry.remedy);
    }
    return text;
}

}  // namespace usher::api
