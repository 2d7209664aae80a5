// Any bytes as an answer of Bango's: whatever they say, a doubt never becomes a certainty. Input:
// four bytes that choose the HTTP status, the action, what we hold and how the answer is framed,
// then the body.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <boost/json/serialize.hpp>

#include "base/json.h"
#include "domain/lifecycle.h"
#include "partner/bango/codec.h"

namespace {

using namespace usher;
using domain::ActionOutcome;
using domain::PartnerAction;
using domain::PartnerStatus;
using flow::ReadKind;
using partner::bango::Answer;
using partner::bango::AnswerKind;

void require(bool kept) {
    if (!kept) std::abort();
}

constexpr std::array kHttp{200, 201, 202, 204, 301, 400, 401, 403, 404, 405,
                           408, 409, 422, 429, 500, 502, 503, 100, 0,   600};
constexpr std::array kActions{PartnerAction::create,      PartnerAction::suspend,
                              PartnerAction::resume,      PartnerAction::cancel,
                              PartnerAction::undo_cancel, PartnerAction::revoke};
constexpr std::array kHeld{PartnerStatus::none,      PartnerStatus::unknown,
                           PartnerStatus::pending,   PartnerStatus::active,
                           PartnerStatus::suspended, PartnerStatus::active_ending,
                           PartnerStatus::cancelled, PartnerStatus::revoked};
constexpr std::array<std::string_view, 5> kRetryAfter{"", "120", "-1", "99999999999999",
                                                      "Sun, 06 Nov 1994 08:49:37 GMT"};

const base::Time kNow{std::chrono::days{20'000}};

domain::Entitlement entitlement(PartnerStatus held, bool bound) {
    domain::Entitlement made{.tenant = domain::TenantId{"demo"},
                             .id = domain::EntitlementId{"ent-1"},
                             .account = domain::AccountId{"account-1"},
                             .product = domain::ProductId{"BANGO_US_MUSIC"},
                             .merchant = domain::MerchantId{"BANGO_US"},
                             .product_key = domain::ProductKey{"MUSIC"},
                             .customer = domain::CustomerId{"demo-account-1"}};
    made.convergence.partner_status = held;
    made.convergence.bound = bound;
    if (bound) made.partner_id = domain::PartnerEntitlementId{"b-77"};
    return made;
}

bool is_2xx(const Answer& answer) {
    return answer.http_status >= 200 && answer.http_status <= 299;
}

void look_at(const Answer& answer) {
    require(answer.kind != AnswerKind::success || (is_2xx(answer) && answer.body));
    require(!answer.retry_after || (*answer.retry_after >= base::Duration{0} &&
                                    *answer.retry_after <= std::chrono::days{1}));
    const auto described = partner::bango::describe_error(answer);
    require(described.size() <= 2000 && !described.contains("://"));
    require(answer.words().size() <= 80);
}

// What people and the CRM are shown: no link, and nothing that JSON cannot carry.
void look_at_words(const std::string& words) {
    require(!words.contains("://"));
    require(base::parse_json(boost::json::serialize(boost::json::string{words})).has_value());
}

// What an answer's record tells is about this entitlement and no other.
void look_at(const flow::PartnerRecord& record, const domain::Entitlement& asked) {
    require(asked.partner_id.empty() || record.id == asked.partner_id);
    require(record.external_id.empty() || record.external_id == asked.id.text());
    require(!record.ends_at || record.view.status == PartnerStatus::active_ending);
    require(!record.activation || record.view.status == PartnerStatus::pending);
    require(record.view.status != PartnerStatus::none);
}

void look_at(const flow::ActionReply& reply, const domain::Entitlement& asked, PartnerAction action,
             const Answer& answer) {
    const auto outcome = reply.answer.outcome;
    const auto status = reply.answer.view.status;
    require(outcome != ActionOutcome::lost);  // an answer was read
    require(outcome != ActionOutcome::confirmed || (is_2xx(answer) && answer.body));
    require(outcome != ActionOutcome::accepted || (is_2xx(answer) && answer.body));
    if (outcome == ActionOutcome::confirmed) {
        // Pending only where the customer must act; an end is the partner's last word.
        require(domain::can_result_in(action, status) || domain::is_ended(status) ||
                status == PartnerStatus::pending);
        require(reply.record && reply.record->view.status == status);
    }
    if (outcome == ActionOutcome::refused) {
        require(!reply.answer.partner_code.empty() && !reply.problem.empty() && !reply.record);
        require(!is_2xx(answer) || answer.kind != AnswerKind::success);
    }
    if (outcome == ActionOutcome::failed || outcome == ActionOutcome::trouble) {
        require(!reply.problem.empty() && status == PartnerStatus::unknown);
        require(!reply.record || reply.record->view.status == PartnerStatus::unknown);
    }
    require(!reply.answer.bound || !answer.record.id.empty());
    for (const auto& words : {reply.problem, reply.answer.partner_code, reply.answer.result}) {
        look_at_words(words);
    }
    if (reply.record) look_at(*reply.record, asked);
}

void look_at(const flow::ReadReply& reply, const domain::Entitlement& asked, const Answer& answer) {
    require(reply.kind == ReadKind::trouble || answer.kind == AnswerKind::success);
    require((reply.kind == ReadKind::found) == reply.record.has_value());
    require((reply.kind == ReadKind::candidates) == !reply.candidates.empty() ||
            reply.kind == ReadKind::found);
    require(reply.kind != ReadKind::trouble || !reply.problem.empty());
    look_at_words(reply.problem);
    // With the partner's id in hand nothing else can be meant, and nothing is "not there".
    if (!asked.partner_id.empty()) {
        require(reply.kind == ReadKind::found || reply.kind == ReadKind::trouble);
    } else if (reply.record) {
        require(reply.record->external_id == asked.id.text() && !reply.record->id.empty());
    }
    if (reply.record) look_at(*reply.record, asked);
    for (const auto& candidate : reply.candidates) {
        require(!candidate.id.empty() && candidate.external_id.empty());
        require(candidate.product_key == asked.product_key && candidate.merchant == asked.merchant);
        require(domain::is_live(candidate.view.status));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t kChoices = 4;
    if (size < kChoices) return 0;
    static const partner::bango::Codec codec{{}, {}, "https://operator.tv.example"};
    const auto action = kActions.at(data[1] % kActions.size());
    const auto asked = entitlement(kHeld.at(data[2] % kHeld.size()), data[2] >= 128);
    auto response = http::make_response(
        kHttp.at(data[0] % kHttp.size()), "application/json",
        std::string{reinterpret_cast<const char*>(data + kChoices), size - kChoices});
    const auto after = kRetryAfter.at(data[3] % kRetryAfter.size());
    if (!after.empty()) response.headers.add("Retry-After", std::string{after});

    const auto answer = codec.read_answer(response, kNow);
    look_at(answer);
    look_at(codec.action_reply(asked, action, answer), asked, action, answer);
    look_at(codec.read_reply(asked, answer), asked, answer);
    if (asked.partner_id.empty()) return 0;
    const auto fresh = codec.activation_reply(asked, answer);
    require(fresh.kind != ReadKind::found || fresh.record->activation.has_value());
    if (fresh.record) look_at(*fresh.record, asked);
    return 0;
}
