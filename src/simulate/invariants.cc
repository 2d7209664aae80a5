#include "simulate/invariants.h"

#include <algorithm>

namespace usher::simulate {

namespace {

struct InvariantName {
    Invariant invariant;
    std::string_view text;
};

constexpr std::array<InvariantName, kInvariants> kInvariantNames{{
    {Invariant::both_agree, "both-agree"},
    {Invariant::product_follows, "product-follows"},
    {Invariant::nothing_lost, "nothing-lost"},
    {Invariant::nothing_invented, "nothing-invented"},
    {Invariant::last_wish_holds, "last-wish-holds"},
    {Invariant::account_carries, "account-carries"},
    {Invariant::once_for_a_key, "once-for-a-key"},
    {Invariant::asked_as_allowed, "asked-as-allowed"},
    {Invariant::history_is_whole, "history-is-whole"},
    {Invariant::feed_is_whole, "feed-is-whole"},
    {Invariant::reader_misses_nothing, "reader-misses-nothing"},
    {Invariant::one_effect, "one-effect"},
    {Invariant::one_record, "one-record"},
    {Invariant::one_id, "one-id"},
    {Invariant::one_at_a_time, "one-at-a-time"},
    {Invariant::read_first, "read-first"},
    {Invariant::waits, "waits"},
    {Invariant::pause_holds, "pause-holds"},
    {Invariant::tenants_apart, "tenants-apart"},
    {Invariant::everybody_answered, "everybody-answered"},
    {Invariant::answers_as_promised, "answers-as-promised"},
    {Invariant::calls_bounded, "calls-bounded"},
    {Invariant::backs_off, "backs-off"},
    {Invariant::starts, "starts"},
    {Invariant::stops, "stops"},
    {Invariant::no_crash, "no-crash"},
}};

}  // namespace

std::string_view to_text(Invariant invariant) {
    return kInvariantNames.at(static_cast<std::size_t>(invariant)).text;
}

std::optional<Invariant> parse_invariant(std::string_view text) {
    const auto found = std::ranges::find(kInvariantNames, text, &InvariantName::text);
    if (found == kInvariantNames.end()) return std::nullopt;
    return found->invariant;
}

std::vector<Invariant> all_invariants() {
    std::vector<Invariant> all;
    for (const auto& name : kInvariantNames) all.push_back(name.invariant);
    return all;
}

}  // namespace usher::simulate
