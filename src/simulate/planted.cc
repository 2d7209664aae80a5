#include "simulate/planted.h"

#ifdef USHER_PLANTED

#include <algorithm>
#include <array>

#include "base/planted.h"
#include "domain/rules.h"

namespace usher::simulate {

namespace {

using base::Planted;
using domain::Rule;

template <class Which>
struct Entry {
    Which which;
    PlantedFault fault;
};

constexpr std::array kFaultsInCode{
    Entry<Planted>{Planted::answers_before_commit,
                   {"answers-before-commit", "a change is acknowledged before it is durable"}},
    Entry<Planted>{Planted::synchronous_normal,
                   {"synchronous-normal", "a commit does not wait for the disk"}},
    Entry<Planted>{Planted::synchronous_off, {"synchronous-off", "nothing waits for the disk"}},
    Entry<Planted>{Planted::doubtful_commit_is_done,
                   {"doubtful-commit-is-done", "a commit of unknown outcome is acknowledged"}},
    Entry<Planted>{Planted::position_skipped,
                   {"position-skipped", "the feed leaves a position out"}},
    Entry<Planted>{
        Planted::position_kept_after_rollback,
        {"position-kept-after-rollback", "positions that were rolled back are not given again"}},
    Entry<Planted>{Planted::event_skipped, {"event-skipped", "a change has no event"}},
    Entry<Planted>{Planted::events_reversed,
                   {"events-reversed", "two events of one change are in the wrong order"}},
    Entry<Planted>{Planted::place_without_tenant,
                   {"place-without-tenant", "who holds a product is looked up in all tenants"}},
    Entry<Planted>{Planted::lookup_without_tenant,
                   {"lookup-without-tenant", "a record is read in any tenant's name"}},
    Entry<Planted>{
        Planted::decides_on_stale_rows,
        {"decides-on-stale-rows", "what another node has changed meanwhile is not decided anew"}},
    Entry<Planted>{
        Planted::position_outside_transaction,
        {"position-outside-transaction", "the feed's positions are taken before the commit"}},
    Entry<Planted>{
        Planted::unheard_commit_is_failure,
        {"unheard-commit-is-failure", "a commit of unknown outcome is said not to have been made"}},
    Entry<Planted>{Planted::lease_by_own_clock,
                   {"lease-by-own-clock", "a claim is judged by the node's clock"}},
    Entry<Planted>{Planted::claim_over_claim,
                   {"claim-over-claim", "a claim is taken although another is in force"}},
    Entry<Planted>{
        Planted::holds_not_looked_at,
        {"holds-not-looked-at", "a node does not hear of what another was told to stop"}},
    Entry<Planted>{
        Planted::hears_of_own_node_alone,
        {"hears-of-own-node-alone", "what another node has settled is not told to who waits"}},
    Entry<Planted>{Planted::fence_not_checked,
                   {"fence-not-checked", "an answer under a claim that is over is believed"}},
    Entry<Planted>{Planted::lease_not_checked,
                   {"lease-not-checked", "a call leaves although its claim has run out"}},
    Entry<Planted>{Planted::report_believed,
                   {"report-believed", "a report is taken for the truth and nothing is read"}},
    Entry<Planted>{Planted::product_not_followed,
                   {"product-not-followed", "another product at the partner stays unnoticed"}},
    Entry<Planted>{Planted::other_product_taken_for_granted,
                   {"other-product-taken-for-granted",
                    "whatever product the partner shows is taken for the one that was asked for"}},
    Entry<Planted>{Planted::stays_hidden,
                   {"stays-hidden", "what was deleted and lives on is not shown again"}},
    Entry<Planted>{Planted::reader_passes_over,
                   {"reader-passes-over",
                    "who reads the events goes on behind one that did not fit into the answer"}},
    Entry<Planted>{Planted::cascade_not_recorded,
                   {"cascade-not-recorded",
                    "what an account's end asks of its entitlements is forgotten after a crash"}},
    Entry<Planted>{
        Planted::answer_kept_apart,
        {"answer-kept-apart", "the answer to a request with a key is not kept with its change"}},
    Entry<Planted>{Planted::answer_not_replaced,
                   {"answer-not-replaced",
                    "who carries out a request with a key answers otherwise than is kept"}},
    Entry<Planted>{Planted::answer_replaced_late,
                   {"answer-replaced-late", "an answer is replaced after a repeat was given it"}},
    Entry<Planted>{Planted::gives_up,
                   {"gives-up", "after a few vain tries nothing is due any more"}},
    Entry<Planted>{Planted::no_back_off, {"no-back-off", "a vain try is repeated at once"}},
    Entry<Planted>{Planted::deadline_never,
                   {"deadline-never", "an accepted call is waited for without end"}},
    Entry<Planted>{Planted::unauthorized_is_refusal,
                   {"unauthorized-is-refusal", "401 is taken for the partner's refusal"}},
    Entry<Planted>{Planted::not_found_is_refusal,
                   {"not-found-is-refusal", "404 for what exists is taken for a refusal"}},
    Entry<Planted>{Planted::unanswered_is_not_sent,
                   {"unanswered-is-not-sent", "a call without an answer is taken for never sent"}},
    Entry<Planted>{
        Planted::customer_without_tenant,
        {"customer-without-tenant", "the partner's name of a customer lacks the tenant"}},
};

constexpr std::array kRulesLeftOut{
    Entry<Rule>{Rule::refuses_before_activation,
                {"without-refuses-before-activation",
                 "what is not activated yet may be suspended or soft-ended"}},
    Entry<Rule>{Rule::settles_at_once,
                {"without-settles-at-once", "a request is not held against what is known"}},
    Entry<Rule>{Rule::lost_means_unknown,
                {"without-lost-means-unknown", "a call is sent again without reading"}},
    Entry<Rule>{Rule::ways_of_several_steps,
                {"without-ways-of-several-steps", "only one step leads to what is asked"}},
    Entry<Rule>{Rule::confirmed_leaves_others,
                {"without-confirmed-leaves-others", "an answer ends the other open calls too"}},
    Entry<Rule>{Rule::waits_until_the_deadline,
                {"without-waits-until-the-deadline", "a read without effect ends the waiting"}},
    Entry<Rule>{Rule::keeps_open_calls,
                {"without-keeps-open-calls", "a call whose outcome was not learnt is forgotten"}},
    Entry<Rule>{Rule::fresh_id_after_an_answer,
                {"without-fresh-id-after-an-answer", "a request id is used again after an answer"}},
    Entry<Rule>{Rule::same_id_while_unanswered,
                {"without-same-id-while-unanswered", "a repetition goes out under a new id"}},
    Entry<Rule>{Rule::refusal_serves_the_request,
                {"without-refusal-serves-the-request", "an older refusal ends a newer request"}},
    Entry<Rule>{Rule::pushes_late_effects_back,
                {"without-pushes-late-effects-back",
                 "the late effect of an overtaken call is taken for the partner's wish"}},
    Entry<Rule>{Rule::reads_replayed_answers,
                {"without-reads-replayed-answers", "a replayed answer is taken for a new one"}},
    Entry<Rule>{
        Rule::trouble_ends_only_its_send,
        {"without-trouble-ends-only-its-send", "trouble with a second send ends the first"}},
    Entry<Rule>{Rule::ends_only_when_asked,
                {"without-ends-only-when-asked", "an ending is a stage on another way"}},
};

template <class Table>
auto find(const Table& table, std::string_view name) {
    return std::ranges::find(table, name, [](const auto& entry) { return entry.fault.name; });
}

}  // namespace

std::vector<PlantedFault> planted_faults() {
    std::vector<PlantedFault> all;
    for (const auto& entry : kFaultsInCode) all.push_back(entry.fault);
    for (const auto& entry : kRulesLeftOut) all.push_back(entry.fault);
    return all;
}

bool plant(std::string_view name) {
    const auto* code = find(kFaultsInCode, name);
    const auto* rule = find(kRulesLeftOut, name);
    if (code != kFaultsInCode.end()) base::planted_fault = code->which;
    if (rule != kRulesLeftOut.end()) domain::ServedRules::left_out = rule->which;
    return code != kFaultsInCode.end() || rule != kRulesLeftOut.end();
}

}  // namespace usher::simulate

#else

namespace usher::simulate {

std::vector<PlantedFault> planted_faults() {
    return {};
}

bool plant(std::string_view) {
    return false;
}

}  // namespace usher::simulate

#endif
