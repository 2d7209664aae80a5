// The rules that make both sides of one entitlement agree: what the operator asked for, what the
// partner is known to have, and the calls whose outcome is still open. Pure functions of values,
// `now` included: no clock, no thread, no lock. Source: lifecycle §2 to §5.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "domain/ids.h"
#include "domain/lifecycle.h"
#include "domain/rejection.h"
#include "domain/words.h"

namespace usher::domain {

enum class CallPhase : std::uint8_t {
    under_way,  // sent, or about to be, by whoever holds the claim
    awaited,    // the partner accepted it and will carry it out; we wait until `deadline`
    open,      // its outcome was never learnt; it may act until `horizon`, and is kept until a look
               // that began then
    answered,  // nothing of it can come any more
};

// `result` of a call whose effect a read has shown.
inline constexpr std::string_view kEffectSeen = "effect seen";

// One intended call that changes something at the partner.
struct Call {
    std::uint32_t number = 0;  // within its entitlement, growing
    PartnerAction action{};
    CallPhase phase = CallPhase::under_way;
    RequestId request_id;  // ours, random; sent again only while no answer to it was ever read
    bool answer_read = false;
    bool sent_before = false;  // an earlier sending of it got no answer and may still act
    bool pushed_back = false;  // its late effect is not pushed back (any more)
    base::Time begun;
    base::Time deadline;      // under way: of the call; awaited: until when we wait
    base::Time horizon;       // until when it may act; 1970 as long as no send of it was lost
    std::string body_digest;  // what was sent: another body needs another request id
    std::string result;       // how it ended, for the evidence

    bool operator==(const Call&) const = default;
};

// A refusal by the partner that still has to be judged against what a read shows.
struct PartnerRefusal {
    PartnerAction action{};
    Rejection rejection = Rejection::refused_by_partner;
    std::string partner_code;
    bool operator==(const PartnerRefusal&) const = default;
};

// The part of an entitlement that the rules read and write.
struct Convergence {
    EntitlementStatus status = EntitlementStatus::pending;
    PartnerStatus partner_status = PartnerStatus::none;
    bool intent = false;          // the operator asked for something and that is not settled yet
    bool product_wanted = false;  // what was asked for is another product; `status` stays
    bool read_wanted = false;     // something made us doubt `partner_status`
    bool bound = false;           // the partner's id is held; never created again, never NONE again
    std::optional<base::Time> partner_date;  // the partner's own date of what we hold
    // When a report last came: a read that left no later knows nothing of it.
    std::optional<base::Time> heard_at;
    std::optional<PartnerRefusal> refusal;
    std::vector<Call> calls;  // under way, awaited and open ones, by number
    std::uint32_t last_call = 0;

    bool operator==(const Convergence&) const = default;
};

struct CallLimits {
    base::Duration call = std::chrono::seconds{10};     // one call to the partner, whole
    base::Duration awaited = std::chrono::minutes{15};  // an accepted one, until we stop waiting
    base::Duration horizon = std::chrono::hours{48};    // an open one may act so long
};

enum class ChangeKind : std::uint8_t {
    requested,      // the operator asked
    confirmed,      // what was asked is so, on both sides
    accepted,       // the partner took the call and will carry it out
    lost,           // an answer was lost: the partner's side is unknown now
    learnt,         // the partner's side is known (again); more steps follow
    refused,        // the request ended: the record is back at what the partner has
    partner_moved,  // nobody here asked; the record follows the partner
    pushed_back,    // a late effect of an overtaken call of ours is being undone
    retried,        // a person asked for another try
    product_moved,  // the partner changed the product; the record follows
    imported,       // taken over with the partner's id, and not asked of the partner yet
};

std::string_view to_text(ChangeKind kind);
std::optional<ChangeKind> parse_change_kind(std::string_view text);

// What one decision did to the two sides: at most one line of history.
struct Change {
    ChangeKind kind{};
    EntitlementStatus status_from{};
    EntitlementStatus status_to{};
    PartnerStatus partner_from{};
    PartnerStatus partner_to{};
    std::optional<PartnerAction> action;  // of the call that led here
    std::optional<Rejection> rejection;   // of `refused`
    std::string partner_code;             // of `refused`, when the partner gave one
    bool operator==(const Change&) const = default;
};

struct Decision {
    Convergence after;
    std::vector<Call> answered;  // calls that ended in this decision; no longer in `after`
    std::optional<Change> change;
    bool operator==(const Decision&) const = default;
};

// --- The operator asks (lifecycle §1, §2)
// ---------------------------------------------------------

struct Request {
    Verdict verdict;
    Decision decision;  // equal to what was there when the verdict is not `accepted`
};

// Settles at once when what is known already agrees, and is refused at once when no supported
// action leads there. A request for what is asked already and not settled yet is `unchanged`; the
// caller makes the entitlement due now.
Request ask(const Convergence& before, EntitlementStatus to, ActionSet supported);

// Another product, for what is ACTIVE on both sides and settled. Which one is the caller's matter.
// Refused while an earlier change of product may still act: of two the partner could have either.
Request ask_product(const Convergence& before, ActionSet supported);

// --- The next step (lifecycle §3)
// -----------------------------------------------------------------

enum class StepKind : std::uint8_t { none, read, act, refused };

struct Step {
    StepKind kind = StepKind::none;
    std::optional<PartnerAction> action;  // of `act`
    bool operator==(const Step&) const = default;
};

Step plan(const Convergence& entitlement, ActionSet supported);

// Records the call for a planned action before it leaves. An open call for the same action and body
// to which no answer was ever read goes out again under its old request id; else `fresh_id` is
// used. The returned call is also the one with phase under_way in `after`.
struct Begun {
    Convergence after;
    Call call;
};
Begun begin_call(const Convergence& before, PartnerAction action, const RequestId& fresh_id,
                 const std::string& body_digest, const CallLimits& limits, base::Time now);

// --- Answers (lifecycle §4, §5)
// -------------------------------------------------------------------

// What the partner says an entitlement is. `status` is unknown for the partner's FAILED.
struct PartnerView {
    PartnerStatus status = PartnerStatus::unknown;
    std::optional<base::Time> date;  // the partner's own, when it gave one
    bool has_wanted_product = false;
    bool operator==(const PartnerView&) const = default;
};

enum class ActionOutcome : std::uint8_t {
    confirmed,  // done: `view` says what it is now (a customer step too: PENDING)
    accepted,   // will be done later
    refused,    // for good
    lost,       // no answer was read
    failed,     // an answer was read that does not say what happened (5xx, unreadable)
    trouble,    // with the partner itself; certainly nothing happened to the entitlement
};

struct ActionAnswer {
    ActionOutcome outcome{};
    PartnerView view;                                     // of `confirmed`
    Rejection rejection = Rejection::refused_by_partner;  // of `refused`
    std::string partner_code;                             // of `refused`
    std::string result;                                   // a word or two for the evidence
    bool bound = false;                                   // the answer carried the partner's id
};

// Settles the answer to the call `number`, which must be under way.
Decision settle_action(const Convergence& before, std::uint32_t number, const ActionAnswer& answer,
                       ActionSet supported, const CallLimits& limits, base::Time now);

enum class ReadOutcome : std::uint8_t {
    found,
    not_found,  // nothing there for an entitlement whose partner id we do not hold
    lost,       // no usable answer: everything stays as doubtful as it was
};

struct ReadAnswer {
    ReadOutcome outcome{};
    PartnerView view;  // of `found`
    base::Time begun;  // when the read left: "not found" before a create's deadline proves nothing
};

Decision settle_read(const Convergence& before, const ReadAnswer& answer, ActionSet supported);

// A partner's report is a hint: believed only when nothing of ours is open and its own date is
// newer than what is held; a repeat changes nothing; anything else asks for a read.
Decision receive_report(const Convergence& before, const PartnerView& view, ActionSet supported,
                        base::Time now);

// Time passes: awaited calls beyond their deadline become open and the partner's side unknown; open
// calls beyond their horizon are over, after one more read if their effect was not seen.
// Idempotent; called before anything else is decided.
Decision pass_time(const Convergence& before, const CallLimits& limits, base::Time now);

// A call that is under way without anybody behind it (its process died or its lease ended) is open.
Decision take_over(const Convergence& before, const CallLimits& limits, base::Time now);

// Decides again from what is known: for a plan that says `refused`, which happens when an action
// turned out to be unsupported meanwhile.
Decision conclude(const Convergence& before, ActionSet supported);

// True when both sides agree, nothing is asked for and nothing is doubted.
bool is_settled(const Convergence& entitlement);

}  // namespace usher::domain
