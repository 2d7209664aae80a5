// Usher's calls in Bango's words and Bango's answers in ours (Bango §2 to §4). Pure functions of
// their arguments and the settings given to the constructor; immutable, hence thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "domain/entitlement.h"
#include "flow/partner.h"
#include "http/client.h"
#include "http/message.h"
#include "partner/bango/answer.h"
#include "partner/bango/options.h"

namespace usher::partner::bango {

// One request, without route, login and headers.
struct WireRequest {
    std::string method;
    std::string path;
    std::string body;  // compact JSON, or empty: then no Content-Type either
    bool operator==(const WireRequest&) const = default;
};

// A refused create because the customer has one already (Bango §3): the code is BAD_REQUEST there,
// as for a bad field. Whoever sees this reads before giving up, as after any refusal.
inline constexpr std::string_view kLimitReachedCode = "LIMIT_REACHED";

class Codec {
  public:
    Codec(Paths paths, Values values, std::string public_url);

    // --- What is sent. Every action but create needs the partner's id in the entitlement.
    WireRequest act(const domain::Entitlement& entitlement, domain::PartnerAction action) const;
    // GET by the partner's id, else a report of all that the customer has: the answer is searched
    // here, because a merchant may have moved the customer to another product meanwhile.
    WireRequest read(const domain::Entitlement& entitlement) const;
    WireRequest activation(const domain::Entitlement& entitlement) const;
    WireRequest recovery(const domain::Entitlement& entitlement) const;
    WireRequest echo(std::string_view word) const;

    // Where Bango sends reports about the entitlement; empty without a public URL.
    std::string notification_url(const domain::Entitlement& entitlement) const;

    // --- What came back
    Answer read_answer(const http::Response& response, base::Time now) const;

    flow::ActionReply action_reply(const domain::Entitlement& entitlement,
                                   domain::PartnerAction action, const Answer& answer) const;
    flow::ReadReply read_reply(const domain::Entitlement& entitlement, const Answer& answer) const;
    flow::ReadReply activation_reply(const domain::Entitlement& entitlement,
                                     const Answer& answer) const;
    flow::RecoveryReply recovery_reply(const domain::Entitlement& entitlement,
                                       const Answer& answer) const;

  private:
    flow::ActionReply judge_success(const domain::Entitlement& entitlement,
                                    domain::PartnerAction action, const Answer& answer) const;

    Paths paths_;
    Values values_;
    std::string public_url_;
};

// No answer at all. Lost when the partner may have seen the request, failed when something that is
// no answer came back, trouble when it is certain that nothing left.
flow::ActionReply action_reply(const http::TransportError& error);
flow::ReadReply read_reply(const http::TransportError& error);

// Why an answer, or that there was none, is of no use.
domain::Problem problem_of(const Answer& answer);
domain::Problem problem_of(const http::TransportError& error);

std::string_view to_text(domain::ActionOutcome outcome);
std::string_view to_text(flow::ReadKind kind);

}  // namespace usher::partner::bango
