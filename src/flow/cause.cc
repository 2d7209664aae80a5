#include "flow/cause.h"

#include <array>

#include <fmt/format.h>

namespace usher::flow {

namespace {

constexpr auto kCatalogue = std::to_array<CauseEntry>({
    {Cause::active_everywhere, "active_everywhere",
     "Both sides have it as active and nothing is open.",
     "Your subscription is active with us and with the service. If you still cannot "
     "watch, the reason is in the app, the device or the sign-in, and not in the "
     "subscription.",
     "Look elsewhere: sign-in at the service, device, account. If the customer insists, "
     "compare with the partner's own screen by the partner's id."},
    {Cause::not_valid_yet, "not_valid_yet",
     "Both sides have it as active, and its first day is still to come.",
     "Your subscription has been set up and begins on a later day; until then you "
     "cannot watch.",
     "Tell the customer the first day. Nothing needs to be done."},
    {Cause::validity_over, "validity_over",
     "Both sides have it as active although its last day has passed.",
     "The time that your subscription was bought for is over.",
     "Sell it again, or correct the dates at the source that sent them."},
    {Cause::customer_must_activate, "customer_must_activate",
     "The partner waits for the customer to activate at the activation link.",
     "Your subscription still has to be activated: please open the activation link that "
     "you were sent and follow it to the end.",
     "Ask the customer to open the link. Repeating the purchase gives a fresh link and "
     "changes nothing else."},
    {Cause::activation_expired, "activation_expired",
     "The customer has not activated, and the activation link that is kept has expired.",
     "Your subscription still has to be activated, and the link that you were sent is "
     "too old. We can send you a new one.",
     "Repeat the purchase: the answer has a fresh link, and nothing else changes."},
    {Cause::ending_on_date, "ending_on_date",
     "It has been cancelled and stays active until its end date.",
     "Your subscription has been cancelled and can be used until its end date.",
     "Tell the customer the end date. To keep it, ask for ACTIVE before that."},
    {Cause::ended_on_date, "ended_on_date", "It had been cancelled, and its end has come.",
     "Your subscription was cancelled and is over now.",
     "Sell it again if the customer wants it back."},
    {Cause::suspended_by_operator, "suspended_by_operator",
     "It was suspended because the operator asked for it.",
     "Your subscription is paused on our side at the moment.",
     "Find out why it was suspended (who asked is shown); ask for ACTIVE to resume it."},
    {Cause::suspended_by_partner, "suspended_by_partner",
     "The partner or the merchant suspended it; nobody here asked for that.",
     "The service has paused your subscription at the moment.",
     "Ask the partner why, by the partner's id. Asking for ACTIVE resumes it, if the "
     "partner lets it."},
    {Cause::ended_by_operator, "ended_by_operator",
     "It was ended because the operator asked for it.",
     "Your subscription has been ended on our side.",
     "Find out who asked for the ending, which is shown. An ended one stays ended: sell "
     "it again."},
    {Cause::ended_by_partner, "ended_by_partner",
     "The partner or the merchant ended it; its word about an ending is the last.",
     "The service has ended your subscription.",
     "Ask the partner why, by the partner's id. An ended one stays ended: sell it "
     "again."},
    {Cause::request_refused, "request_refused",
     "The partner refused the last request for good; the record is back at what the "
     "partner has.",
     "The service did not accept {change}. Everything else about your subscription is "
     "as it was.",
     "Look at the partner's code and ask the partner what it means. Asking again is "
     "safe."},
    {Cause::action_not_supported, "action_not_supported",
     "The merchant's product does not know what was asked last; the record is back at "
     "what the partner has.",
     "The service does not offer {change}. Everything else about your subscription is as it "
     "was.",
     "Reach the aim by another status, such as an ending instead of a suspension. "
     "Asking again is safe."},
    {Cause::just_recorded, "just_recorded",
     "A request is recorded and its call to the partner has not left yet.",
     "We have taken up {change} and are passing it on to the service just now.",
     "Wait until the time shown, and look again."},
    {Cause::waiting_for_turn, "waiting_for_turn",
     "As many calls to the partner are under way as there may be at once; this one "
     "waits.",
     "We have taken up {change} and are passing it on to the service; at the moment "
     "many others are being passed on, too.",
     "Wait. If it lasts, look at how long the partner takes to answer."},
    {Cause::call_under_way, "call_under_way",
     "A call to the partner is under way, and its answer is not there yet.",
     "We are passing {change} on to the service at this moment.",
     "Wait until the time shown, and look again."},
    {Cause::accepted_and_awaited, "accepted_and_awaited",
     "The partner accepted the call and has not carried it out yet.",
     "The service has taken up {change} and is still working on it.",
     "Wait. It is looked at again by itself, and nothing must be sent again meanwhile."},
    {Cause::never_confirmed, "never_confirmed",
     "The partner accepted the call and did not carry it out within the time for it.",
     "The service took up {change} and did not complete it. We are following it up.",
     "Give the partner the request id that is shown and ask what became of it. It is "
     "tried again by itself."},
    {Cause::being_read, "being_read",
     "What the partner has is in doubt, and it is about to be read.",
     "We are checking with the service how your subscription stands.",
     "Wait until the time shown, and look again."},
    {Cause::refusal_being_checked, "refusal_being_checked",
     "The partner refused the call; what it has is read before the request is given up.",
     "We are checking with the service how your subscription stands.",
     "Wait until the time shown, and look again."},
    {Cause::support_being_checked, "support_being_checked",
     "The merchant's product does not know the action; what the partner has is read "
     "before the request is given up.",
     "We are checking with the service how your subscription stands.",
     "Wait until the time shown, and look again."},
    {Cause::partner_unreachable, "partner_unreachable", "No connection to the partner can be made.",
     "The service cannot be reached from our side at the moment, so {change} has to "
     "wait. It happens by itself.",
     "Look at network, firewall, name service and the partner's own status page. "
     "Nothing is lost; it goes on by itself."},
    {Cause::partner_not_trusted, "partner_not_trusted",
     "The partner's certificate is not accepted, or no secure connection comes about.",
     "The service cannot be reached from our side at the moment, so {change} has to "
     "wait. It happens by itself.",
     "Compare the partner's certificate with ca_file. Do not turn the check off."},
    {Cause::login_refused, "login_refused", "The partner does not accept our login or our address.",
     "The service cannot be reached from our side at the moment, so {change} has to "
     "wait. It happens by itself.",
     "Check user name, password and environment in the settings of this tenant and "
     "merchant, and whether the partner knows our address."},
    {Cause::slow_down, "slow_down", "The partner asks us to slow down.",
     "The service is very busy at the moment, so {change} takes longer than usual. It "
     "happens by itself.",
     "Wait. If it lasts, lower partner.bango.max_in_flight or agree on a higher limit "
     "with the partner."},
    {Cause::no_answer, "no_answer",
     "The partner did not answer, so whether it happened is not known until it is read.",
     "The service does not answer at the moment, so {change} has to wait. It happens by "
     "itself.",
     "Wait: it is read before anything is sent again. If it lasts, ask the partner, "
     "with the request id."},
    {Cause::partner_fault, "partner_fault", "The partner answered with a fault of its own.",
     "The service has a technical problem at the moment, so {change} has to wait. It "
     "happens by itself.",
     "Wait. If it lasts, report it to the partner with the request id."},
    {Cause::answer_unclear, "answer_unclear", "What came back is no answer that can be understood.",
     "The service has a technical problem at the moment, so {change} has to wait. It "
     "happens by itself.",
     "Check partner.bango.url and partner.bango.paths, and whether something in between "
     "answers; else report it to the partner."},
    {Cause::partner_unsure, "partner_unsure",
     "The partner itself does not know what it has (its FAILED).",
     "The service has a technical problem with your subscription at the moment. We are "
     "following it up.",
     "Report it to the partner by its id. It is read again by itself."},
    {Cause::id_unknown, "id_unknown", "The partner does not know the id that it gave us.",
     "The service does not find your subscription at the moment. We are following it "
     "up.",
     "Ask the partner by its id. If it knows the id, check partner.bango.url and the "
     "paths; never buy again before that."},
    {Cause::path_unknown, "path_unknown", "The partner does not know the address that we call.",
     "The service cannot be reached from our side at the moment, so {change} has to "
     "wait. It happens by itself.",
     "Check partner.bango.url and partner.bango.paths against the partner's pages."},
    {Cause::id_not_held, "id_not_held",
     "The call needs the partner's id, and none has been given to us.",
     "We are checking with the service how your subscription stands.",
     "Ask the partner what it has for this customer. It is read again by itself."},
    {Cause::contradiction, "contradiction",
     "The partner answered for another entitlement than the one asked for.",
     "The service has a technical problem with your subscription at the moment. We are "
     "following it up.",
     "See what else the account has: where the customer holds this product as another "
     "entitlement already, end one of the two. Else report it to the partner with both ids. "
     "Nothing is believed until it is right."},
    {Cause::record_of_another, "record_of_another",
     "The partner's record is bound to another entitlement of ours.",
     "The service has a technical problem with your subscription at the moment. We are "
     "following it up.",
     "Find the entitlement that holds the partner's id, and ask the partner which of "
     "both is right."},
    {Cause::several_candidates, "several_candidates",
     "Several records of the partner could be this entitlement, and none carries its "
     "id.",
     "The service has a technical problem with your subscription at the moment. We are "
     "following it up.",
     "Ask the partner which record is the right one and to end the others. It is not "
     "guessed."},
    {Cause::product_not_ours, "product_not_ours",
     "The partner has another product there, and it is none of the platform's.",
     "The service has another product for you than we know of. We are following it up.",
     "Add the product that is shown to the platform's products, or have the merchant change it "
     "back. Then `usher retry`."},
    {Cause::product_taken, "product_taken",
     "The partner has another product there, which the account holds already.",
     "The service has the same product for you twice. We are following it up.",
     "Ask the customer which one is to stay, and end the other."},
    {Cause::outcome_not_learnt, "outcome_not_learnt",
     "Whoever made the call ended before the answer was written down; it is read before "
     "anything is sent.",
     "We are checking with the service how your subscription stands.",
     "Wait until the time shown, and look again."},
    {Cause::not_sendable, "not_sendable", "Our own settings make a request that cannot be sent.",
     "We cannot pass {change} on to the service at the moment. It happens by itself as "
     "soon as we have put that right.",
     "Run `usher check`, and look at partner.bango.url and partner.bango.paths."},
    {Cause::shutting_down, "shutting_down",
     "The call was broken off because Usher was shutting down.",
     "We are passing {change} on to the service just now.",
     "Start Usher again. It goes on by itself."},
    {Cause::paused, "paused", "A person has stopped calls to the partner for a while.",
     "We are working on the connection to the service, so {change} has to wait.",
     "`usher holds` shows who stopped it and why; ask them, or `usher resume`."},
    {Cause::held, "held",
     "It was asked for before a restore from a backup, and is not sent until a person confirms it.",
     "We are checking your subscription after a repair, so {change} has to wait.",
     "Ask for what the customer wants now: that is sent. Or `usher confirm restored`, which sends "
     "everything that is held."},
    {Cause::endings_held, "endings_held",
     "The partner shows an ending that nobody asked for, as it does of too many others, so it is "
     "not believed until a person confirms it.",
     "The service tells us something about your subscription that we are checking.",
     "Check that the settings name the right environment of the partner's; if the endings are "
     "true, "
     "`usher confirm endings`."},
    {Cause::store_not_writable, "store_not_writable",
     "The store takes no changes, so nothing can be sent and no answer kept.",
     "We have a technical problem on our side at the moment, so {change} has to wait.",
     "Look at /health/ready, and at the disk that holds the store. Nothing that was "
     "accepted is lost."},
    {Cause::not_kept, "not_kept", "It was not settled then; why is not kept beyond what is shown.",
     "At that time {change} had not reached the service yet.",
     "Look at the log of that time, by the correlation id."},
});

}  // namespace

std::span<const CauseEntry> cause_catalogue() {
    return kCatalogue;
}

const CauseEntry& describe(Cause cause) {
    return kCatalogue.at(static_cast<std::size_t>(cause));
}

std::string_view to_text(Cause cause) {
    return describe(cause).name;
}

Cause cause_of(domain::Problem problem) {
    using domain::Problem;
    switch (problem) {
        case Problem::partner_unreachable:
            return Cause::partner_unreachable;
        case Problem::partner_not_trusted:
            return Cause::partner_not_trusted;
        case Problem::login_refused:
            return Cause::login_refused;
        case Problem::slow_down:
            return Cause::slow_down;
        case Problem::id_unknown:
            return Cause::id_unknown;
        case Problem::path_unknown:
            return Cause::path_unknown;
        case Problem::id_not_held:
            return Cause::id_not_held;
        case Problem::not_sendable:
            return Cause::not_sendable;
        case Problem::shutting_down:
            return Cause::shutting_down;
        case Problem::held:
            return Cause::held;
        case Problem::endings_held:
            return Cause::endings_held;
        case Problem::no_answer:
            return Cause::no_answer;
        case Problem::partner_fault:
            return Cause::partner_fault;
        case Problem::answer_unclear:
            return Cause::answer_unclear;
        case Problem::partner_unsure:
            return Cause::partner_unsure;
        case Problem::contradiction:
            return Cause::contradiction;
        case Problem::record_of_another:
            return Cause::record_of_another;
        case Problem::several_candidates:
            return Cause::several_candidates;
        case Problem::product_not_ours:
            return Cause::product_not_ours;
        case Problem::product_taken:
            return Cause::product_taken;
        case Problem::never_confirmed:
            return Cause::never_confirmed;
        case Problem::outcome_not_learnt:
            return Cause::outcome_not_learnt;
        case Problem::refused:
            return Cause::refusal_being_checked;
        case Problem::not_supported:
            return Cause::support_being_checked;
        case Problem::none:
            break;
    }
    return Cause::being_read;
}

std::string causes_as_markdown() {
    std::string text = "# Causes\n\n| cause | means | the one safe thing to do |\n|---|---|---|\n";
    for (const auto& entry : kCatalogue) {
        text += fmt::format("| `{}` | {} | {} |\n", entry.name, entry.meaning, entry.safe_action);
    }
    return text;
}

}  // namespace usher::flow
