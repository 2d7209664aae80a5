#include "simulate/faults.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace usher::simulate {

namespace {

namespace json = boost::json;

struct Name {
    Fault fault;
    std::string_view text;
};

constexpr std::array<Name, kFaults> kNames{{
    {Fault::lost_request, "lost-request"},
    {Fault::lost_answer, "lost-answer"},
    {Fault::late_request, "late-request"},
    {Fault::slow, "slow"},
    {Fault::unreachable, "unreachable"},
    {Fault::half_body, "half-body"},
    {Fault::garbage, "garbage"},
    {Fault::too_many, "too-many"},
    {Fault::server_error, "server-error"},
    {Fault::unavailable, "unavailable"},
    {Fault::accepted_late, "accepted-late"},
    {Fault::accepted_never, "accepted-never"},
    {Fault::failed, "failed"},
    {Fault::not_available, "not-available"},
    {Fault::unauthorized, "unauthorized"},
    {Fault::forgotten, "forgotten"},
    {Fault::conflict, "conflict"},
    {Fault::short_memory, "short-memory"},
    {Fault::report_doubled, "report-doubled"},
    {Fault::report_late, "report-late"},
    {Fault::report_dropped, "report-dropped"},
    {Fault::report_forged, "report-forged"},
    {Fault::report_unknown, "report-unknown"},
    {Fault::clock_steps, "clock-steps"},
    {Fault::crash, "crash"},
    {Fault::store_slow, "store-slow"},
    {Fault::disk_full, "disk-full"},
    {Fault::disk_fails, "disk-fails"},
    {Fault::sync_fails, "sync-fails"},
    {Fault::held_up, "held-up"},
    {Fault::stands_still, "stands-still"},
    {Fault::node_stops, "node-stops"},
    {Fault::client_vanishes, "client-vanishes"},
    {Fault::paused, "paused"},
    {Fault::serialization_failure, "serialization-failure"},
    {Fault::commit_unheard, "commit-unheard"},
    {Fault::database_away, "database-away"},
    {Fault::clocks_differ, "clocks-differ"},
}};

json::object rule(double probability, std::string_view effect) {
    return {{"action", "*"}, {"effect", effect}, {"probability", probability}};
}

json::object answer(double probability, int status, std::string_view code) {
    auto made = rule(probability, "answer");
    made["http"] = status;
    made["responseCode"] = code;
    return made;
}

json::object delayed(double probability, std::string_view effect, base::Duration delay) {
    auto made = rule(probability, effect);
    made["delay_ms"] = std::chrono::ceil<std::chrono::milliseconds>(delay).count();
    return made;
}

}  // namespace

bool counts_when_met(Fault fault) {
    return fault == Fault::crash || fault == Fault::unreachable || fault == Fault::unauthorized ||
           fault == Fault::report_forged || fault == Fault::stands_still ||
           fault == Fault::node_stops;
}

Where where(Fault fault) {
    switch (fault) {
        case Fault::disk_full:
        case Fault::disk_fails:
        case Fault::sync_fails:
            return Where::one_node;
        case Fault::serialization_failure:
        case Fault::commit_unheard:
        case Fault::database_away:
        case Fault::clocks_differ:
            return Where::several_nodes;
        case Fault::lost_request:
        case Fault::lost_answer:
        case Fault::late_request:
        case Fault::slow:
        case Fault::unreachable:
        case Fault::half_body:
        case Fault::garbage:
        case Fault::too_many:
        case Fault::server_error:
        case Fault::unavailable:
        case Fault::accepted_late:
        case Fault::accepted_never:
        case Fault::failed:
        case Fault::not_available:
        case Fault::unauthorized:
        case Fault::forgotten:
        case Fault::conflict:
        case Fault::short_memory:
        case Fault::report_doubled:
        case Fault::report_late:
        case Fault::report_dropped:
        case Fault::report_forged:
        case Fault::report_unknown:
        case Fault::clock_steps:
        case Fault::crash:
        case Fault::store_slow:
        case Fault::held_up:
        case Fault::stands_still:
        case Fault::node_stops:
        case Fault::client_vanishes:
        case Fault::paused:
            return Where::anywhere;
    }
    return Where::anywhere;
}

std::uint64_t reports_doubled(const sandbox::Faults& faults) {
    std::uint64_t count = 0;
    const auto described = faults.to_json();
    for (const auto& item : described.at("rules").as_array()) {
        const auto& rule = item.as_object();
        if (rule.at("action") == "report") count += rule.at("fired").to_number<std::uint64_t>();
    }
    return count;
}

std::string_view to_text(Fault fault) {
    return kNames.at(static_cast<std::size_t>(fault)).text;
}

std::optional<Fault> parse_fault(std::string_view text) {
    const auto found = std::ranges::find(kNames, text, &Name::text);
    if (found == kNames.end()) return std::nullopt;
    return found->fault;
}

std::vector<Fault> all_faults() {
    std::vector<Fault> all;
    for (const auto& name : kNames) all.push_back(name.fault);
    return all;
}

FaultPlan FaultPlan::draw(Dice& dice, std::optional<Fault> only, bool several_nodes) {
    constexpr std::array kLikely{0.02, 0.1, 0.3, 0.7, 1.0};
    FaultPlan plan;
    const auto set = [&](std::size_t fault) { plan.likely_.at(fault) = dice.pick(kLikely); };
    if (only) {
        set(static_cast<std::size_t>(*only));
        plan.swept_ = plan.has(Fault::report_dropped) || dice.chance(0.5);
        return plan;
    }
    constexpr std::array<std::size_t, 8> kHowMany{0, 1, 1, 2, 3, 4, 6, 9};
    const auto count = dice.pick(kHowMany);
    const auto elsewhere = several_nodes ? Where::one_node : Where::several_nodes;
    auto possible = all_faults();
    std::erase_if(possible, [&](Fault fault) { return where(fault) == elsewhere; });
    for (std::size_t i = 0; i < count; ++i) {
        set(static_cast<std::size_t>(possible.at(dice.below(possible.size()))));
    }
    plan.swept_ = plan.has(Fault::report_dropped) || dice.chance(0.5);
    return plan;
}

bool FaultPlan::may_leave_a_call_open() const {
    constexpr std::array kLeaving{Fault::lost_request,
                                  Fault::lost_answer,
                                  Fault::late_request,
                                  Fault::slow,
                                  Fault::half_body,
                                  Fault::garbage,
                                  Fault::server_error,
                                  Fault::unavailable,
                                  Fault::accepted_late,
                                  Fault::accepted_never,
                                  Fault::failed,
                                  Fault::too_many,
                                  Fault::crash,
                                  Fault::store_slow,
                                  Fault::disk_full,
                                  Fault::disk_fails,
                                  Fault::sync_fails,
                                  Fault::clock_steps,
                                  Fault::held_up,
                                  Fault::stands_still,
                                  Fault::commit_unheard,
                                  Fault::database_away,
                                  Fault::serialization_failure,
                                  Fault::node_stops};
    return std::ranges::any_of(kLeaving, [this](Fault fault) { return has(fault); });
}

sandbox::Faults FaultPlan::for_partner(Dice& dice) const {
    using std::chrono::minutes;
    using std::chrono::seconds;
    const auto& plan = *this;
    json::array rules;
    const auto add = [&](Fault fault, const json::object& made) {
        if (plan.has(fault)) rules.emplace_back(made);
    };
    const auto likely = [&](Fault fault) { return plan[fault]; };
    add(Fault::lost_request, rule(likely(Fault::lost_request), "lose-request"));
    add(Fault::lost_answer, rule(likely(Fault::lost_answer), "lose-answer"));
    add(Fault::late_request,
        delayed(likely(Fault::late_request), "delay", dice.log_between(seconds{15}, minutes{30})));
    add(Fault::slow, delayed(likely(Fault::slow), "delay", dice.between(seconds{1}, seconds{9})));
    add(Fault::garbage, rule(likely(Fault::garbage), "garbage"));
    add(Fault::too_many, answer(likely(Fault::too_many), 429, "TOO_MANY_REQUESTS"));
    add(Fault::server_error, answer(likely(Fault::server_error), 500, "INTERNAL_ERROR"));
    add(Fault::unavailable, answer(likely(Fault::unavailable), 503, "SERVICE_UNAVAILABLE"));
    add(Fault::accepted_late,
        delayed(likely(Fault::accepted_late), "queue", dice.log_between(seconds{1}, minutes{30})));
    add(Fault::accepted_never, rule(likely(Fault::accepted_never), "queue-never"));
    add(Fault::not_available, rule(likely(Fault::not_available), "refuse"));
    add(Fault::forgotten, rule(likely(Fault::forgotten), "forget"));
    add(Fault::conflict, answer(likely(Fault::conflict), 409, "CONFLICT"));
    if (plan.has(Fault::report_doubled)) {
        rules.push_back({{"action", "report"},
                         {"effect", "duplicate"},
                         {"probability", likely(Fault::report_doubled)}});
    }
    auto faults = sandbox::Faults::parse(json::object{{"rules", rules}});
    if (!faults) std::abort();
    return *std::move(faults);
}

}  // namespace usher::simulate
