// From every enumerator below to the number that the caller sees.
#include <cstdlib>

#include "api/errors.h"

namespace usher::api {

ErrorCode code_of(domain::Rejection rejection) {
    using domain::Rejection;
    switch (rejection) {
        case Rejection::pending_is_never_asked:
            return ErrorCode::pending_is_never_asked;
        case Rejection::not_active_yet:
            return ErrorCode::not_active_yet;
        case Rejection::ending_cannot_be_suspended:
            return ErrorCode::ending_cannot_be_suspended;
        case Rejection::already_ended:
            return ErrorCode::already_ended;
        case Rejection::revoked_is_final:
            return ErrorCode::revoked_is_final;
        case Rejection::product_not_changeable:
            return ErrorCode::product_not_changeable;
        case Rejection::change_under_way:
            return ErrorCode::change_under_way;
        case Rejection::still_pending_at_partner:
            return ErrorCode::still_pending_at_partner;
        case Rejection::ended_by_partner:
            return ErrorCode::ended_by_partner;
        case Rejection::refused_by_partner:
            return ErrorCode::refused_by_partner;
        case Rejection::not_supported_by_partner:
            return ErrorCode::not_supported_by_partner;
    }
    std::abort();
}

ErrorCode code_of(flow::StoreError error) {
    using flow::StoreError;
    switch (error) {
        case StoreError::not_writable:
            return ErrorCode::store_not_writable;
        case StoreError::unconfirmed:
            return ErrorCode::not_confirmed;
        case StoreError::overloaded:
            return ErrorCode::overloaded;
        case StoreError::contended:
            return ErrorCode::contended;
        case StoreError::damaged:
            return ErrorCode::store_damaged;
        case StoreError::closed:
            return ErrorCode::shutting_down;
    }
    std::abort();
}

ErrorCode code_of(const flow::Failure& failure) {
    using flow::FailureKind;
    switch (failure.kind) {
        case FailureKind::entitlement_unknown:
            return ErrorCode::entitlement_unknown;
        case FailureKind::account_unknown:
            return ErrorCode::account_unknown;
        case FailureKind::account_not_there:
            return ErrorCode::account_not_there;
        case FailureKind::account_ended:
            return ErrorCode::account_ended;
        case FailureKind::product_not_there:
            return ErrorCode::product_not_there;
        case FailureKind::product_unknown:
            return ErrorCode::product_unknown;
        case FailureKind::account_not_active:
            return ErrorCode::account_not_active;
        case FailureKind::account_mismatch:
            return ErrorCode::account_mismatch;
        case FailureKind::product_mismatch:
            return ErrorCode::product_mismatch;
        case FailureKind::product_type_mismatch:
            return ErrorCode::product_type_mismatch;
        case FailureKind::version_mismatch:
            return ErrorCode::version_mismatch;
        case FailureKind::id_taken:
            return ErrorCode::id_taken;
        case FailureKind::partner_id_taken:
            return ErrorCode::partner_id_taken;
        case FailureKind::already_entitled:
            return ErrorCode::already_entitled;
        case FailureKind::product_of_another_merchant:
            return ErrorCode::product_of_another_merchant;
        case FailureKind::product_in_use:
            return ErrorCode::product_in_use;
        case FailureKind::rejected:
            return code_of(failure.rejection.value());
        case FailureKind::not_pending:
            return ErrorCode::not_pending;
        case FailureKind::not_recoverable:
            return ErrorCode::not_recoverable;
        case FailureKind::partner_unavailable:
            return ErrorCode::partner_unavailable;
        case FailureKind::budget_spent:
            return ErrorCode::too_many_reports;
        case FailureKind::sub_tenant_unknown:
            return ErrorCode::sub_tenant_unknown;
        case FailureKind::bulk_unknown:
            return ErrorCode::bulk_unknown;
        case FailureKind::bulk_out_of_turn:
            return ErrorCode::bulk_out_of_turn;
        case FailureKind::bulk_guarded:
            return ErrorCode::bulk_guarded;
        case FailureKind::bulk_token_refused:
            return ErrorCode::bulk_token_refused;
        case FailureKind::feed_place_unknown:
            return ErrorCode::feed_place_unknown;
        case FailureKind::feed_place_too_old:
            return ErrorCode::feed_place_too_old;
        case FailureKind::only_tried:  // answer_once takes it
            return ErrorCode::internal_error;
        case FailureKind::key_under_way:
            return ErrorCode::key_under_way;
        case FailureKind::key_of_another:
            return ErrorCode::key_of_another;
        case FailureKind::store:
            return code_of(failure.store.value());
    }
    std::abort();
}

ErrorCode code_of(auth::TokenRefusal refusal) {
    using auth::TokenRefusal;
    switch (refusal) {
        case TokenRefusal::missing:
            return ErrorCode::token_missing;
        case TokenRefusal::expired:
            return ErrorCode::token_expired;
        case TokenRefusal::keys_unavailable:
            return ErrorCode::keys_unavailable;
        case TokenRefusal::not_bearer:
        case TokenRefusal::too_large:
        case TokenRefusal::malformed:
        case TokenRefusal::critical_extension:
        case TokenRefusal::unencoded_payload:
        case TokenRefusal::algorithm_not_allowed:
        case TokenRefusal::unknown_key:
        case TokenRefusal::ambiguous_key:
        case TokenRefusal::key_not_for_algorithm:
        case TokenRefusal::bad_signature:
        case TokenRefusal::wrong_type:
        case TokenRefusal::wrong_issuer:
        case TokenRefusal::no_expiry:
        case TokenRefusal::not_yet_valid:
        case TokenRefusal::issued_in_future:
        case TokenRefusal::wrong_audience:
        case TokenRefusal::wrong_client:
        case TokenRefusal::no_subject:
        case TokenRefusal::bad_claim:
            return ErrorCode::token_invalid;
    }
    std::abort();
}

ErrorCode code_of(http::ProtocolError error) {
    using http::ProtocolError;
    switch (error) {
        case ProtocolError::malformed:
            return ErrorCode::malformed_request;
        case ProtocolError::timed_out:
            return ErrorCode::request_timed_out;
        case ProtocolError::body_too_large:
            return ErrorCode::body_too_large;
        case ProtocolError::target_too_long:
            return ErrorCode::target_too_long;
        case ProtocolError::head_too_large:
            return ErrorCode::head_too_large;
        case ProtocolError::handler_failed:
            return ErrorCode::internal_error;
        case ProtocolError::not_implemented:
            return ErrorCode::not_implemented;
        case ProtocolError::overloaded:
            return ErrorCode::overloaded;
        case ProtocolError::version:
            return ErrorCode::http_version;
    }
    std::abort();
}

ErrorCode code_of(base::JsonProblem problem) {
    using base::JsonProblem;
    switch (problem) {
        case JsonProblem::not_json:
            return ErrorCode::body_not_json;
        case JsonProblem::too_deep:
            return ErrorCode::body_too_deep;
        case JsonProblem::duplicate_key:
            return ErrorCode::duplicate_key;
        case JsonProblem::nul_in_string:
            return ErrorCode::nul_in_string;
        case JsonProblem::number_out_of_range:
            return ErrorCode::number_out_of_range;
    }
    std::abort();
}

}  // namespace usher::api
