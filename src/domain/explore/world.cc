#include "domain/explore/world.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "domain/lifecycle.h"

namespace usher::domain::explore {

namespace {

constexpr unsigned kWord = 64;
constexpr unsigned kJudgementBits = 4;

class Packer {
  public:
    void put(std::uint64_t value, unsigned bits) {
        if (at_ + bits > kWord * key.size() || value >> bits != 0) std::abort();
        const auto word = at_ / kWord;
        const auto shift = at_ % kWord;
        key.at(word) |= value << shift;
        if (shift + bits > kWord) key.at(word + 1) |= value >> (kWord - shift);
        at_ += bits;
    }
    template <class Enum>
    void put_enum(Enum value) {
        put(static_cast<std::uint64_t>(value), 3);
    }

    Key key{};

  private:
    unsigned at_ = 0;
};

class Unpacker {
  public:
    explicit Unpacker(const Key& key) : key_{key} {}
    std::uint64_t get(unsigned bits) {
        const auto word = at_ / kWord;
        const auto shift = at_ % kWord;
        auto value = key_.at(word) >> shift;
        if (shift + bits > kWord) value |= key_.at(word + 1) << (kWord - shift);
        at_ += bits;
        return value & ((std::uint64_t{1} << bits) - 1);
    }
    bool flag() { return get(1) != 0; }
    template <class Enum>
    Enum word() {
        return static_cast<Enum>(get(3));
    }

  private:
    const Key& key_;
    unsigned at_ = 0;
};

constexpr unsigned kDateBits = 4;
constexpr unsigned kSaidBits = 4;
constexpr unsigned kActionBits = 7;

// A create is read for no earlier than its deadline; waits and horizons end by events of their own.
void set_times(Call& call) {
    call.deadline = present() + (call.phase == CallPhase::open ? -limits().call : limits().call);
    if (call.horizon != base::Time{}) call.horizon = present() + limits().horizon;
}

void put_call(Packer& packer, const Call& call, const Flight& flight) {
    packer.put_enum(call.action);
    packer.put(static_cast<std::uint64_t>(call.phase), 2);
    packer.put(call.answer_read ? 1 : 0, 1);
    packer.put(call.pushed_back ? 1 : 0, 1);
    packer.put(call.horizon != base::Time{} ? 1 : 0, 1);
    packer.put(flight.travelling ? 1 : 0, 1);
    packer.put(flight.queued ? 1 : 0, 1);
    packer.put(static_cast<std::uint64_t>(flight.said), kSaidBits);
    packer.put_enum(flight.status);
    packer.put(flight.date, kDateBits);
}

void get_call(Unpacker& unpacker, World& world) {
    Call call{.number = static_cast<std::uint32_t>(world.ours.calls.size() + 1)};
    Flight flight;
    call.action = unpacker.word<PartnerAction>();
    call.phase = static_cast<CallPhase>(unpacker.get(2));
    call.answer_read = unpacker.flag();
    call.pushed_back = unpacker.flag();
    if (unpacker.flag()) call.horizon = present();
    set_times(call);
    flight.travelling = unpacker.flag();
    flight.queued = unpacker.flag();
    flight.said = static_cast<Said>(unpacker.get(kSaidBits));
    flight.status = unpacker.word<PartnerStatus>();
    flight.date = static_cast<std::uint8_t>(unpacker.get(kDateBits));
    world.ours.calls.push_back(std::move(call));
    world.flights.push_back(flight);
}

void put_ours(Packer& packer, const World& world) {
    const auto& ours = world.ours;
    packer.put_enum(ours.status);
    packer.put_enum(ours.partner_status);
    packer.put(ours.intent ? 1 : 0, 1);
    packer.put(ours.read_wanted ? 1 : 0, 1);
    packer.put(ours.bound ? 1 : 0, 1);
    packer.put(ours.refusal ? 1 : 0, 1);
    packer.put_enum(ours.refusal ? ours.refusal->action : PartnerAction{});
    const bool unsupported =
        ours.refusal && ours.refusal->rejection == Rejection::not_supported_by_partner;
    packer.put(unsupported ? 1 : 0, 1);
    packer.put(held_date(world), kDateBits);
    packer.put(ours.calls.size(), 3);
    packer.put(world.supported.bits(), kActionBits);
    for (std::size_t i = 0; i < ours.calls.size(); ++i) {
        put_call(packer, ours.calls[i], world.flights[i]);
    }
}

void get_ours(Unpacker& unpacker, World& world) {
    auto& ours = world.ours;
    ours.status = unpacker.word<EntitlementStatus>();
    ours.partner_status = unpacker.word<PartnerStatus>();
    ours.intent = unpacker.flag();
    ours.read_wanted = unpacker.flag();
    ours.bound = unpacker.flag();
    const bool refused = unpacker.flag();
    const auto action = unpacker.word<PartnerAction>();
    const auto rejection =
        unpacker.flag() ? Rejection::not_supported_by_partner : Rejection::refused_by_partner;
    if (refused) ours.refusal = PartnerRefusal{action, rejection, {}};
    const auto date = static_cast<std::uint8_t>(unpacker.get(kDateBits));
    if (date != 0) ours.partner_date = as_time(date);
    const auto calls = unpacker.get(3);
    world.supported = ActionSet::from_bits(static_cast<std::uint8_t>(unpacker.get(kActionBits)));
    ours.calls.reserve(calls + 1);
    for (std::uint64_t i = 0; i < calls; ++i) get_call(unpacker, world);
    ours.last_call = static_cast<std::uint32_t>(calls);
}

template <class Change>
void change_dates(World& world, Change change) {
    if (world.ours.partner_date) {
        world.ours.partner_date = as_time(change(held_date(world)));
    }
    for (auto& flight : world.flights) {
        if (flight.said == Said::done) flight.date = change(flight.date);
    }
    if (world.read) world.read->date = change(world.read->date);
    auto history = decltype(world.history){};
    for (std::uint8_t date = 1; date <= world.date; ++date) {
        history.at(change(date)) = world.history.at(date);
    }
    world.history = history;
    world.date = change(world.date);
}

// Of what the partner said to a call whose answer was not read, only what a repetition brings back;
// of one whose answer was read, that there was one.
void forget_details(const World& world, const Call& call, Flight& flight) {
    if (call.phase == CallPhase::under_way) return;
    if (flight.said == Said::rejected) flight.said = Said::conflict;
    if (call.answer_read) flight.said = Said::broken;
    if (flight.said != Said::nothing) flight.travelling = false;
    if (flight.said != Said::done) {
        flight.status = {};
        flight.date = 0;
    } else if (flight.date != world.date) {
        flight.date = 1;
    }
}

void sort_calls(World& world) {
    if (world.ours.calls.size() < 2) return;
    const auto& calls = world.ours.calls;
    std::vector<std::size_t> order(calls.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {},
                      [&](std::size_t at) { return std::pair{group_of(calls[at]), at}; });
    if (std::ranges::is_sorted(order)) return;
    std::vector<Call> sorted;
    Flights flights;
    for (const auto at : order) {
        sorted.push_back(calls[at]);
        flights.push_back(world.flights[at]);
    }
    world.ours.calls = std::move(sorted);
    world.flights = flights;
}

}  // namespace

unsigned group_of(const Call& call) {
    return can_result_in(call.action, PartnerStatus::active) ? 0
                                                             : static_cast<unsigned>(call.action);
}

bool is_known(const World& world) {
    return world.ours.partner_status == world.actual &&
           (held_date(world) == world.date || world.actual == PartnerStatus::none);
}

base::Time as_time(std::uint8_t date) {
    return base::from_micros(date);
}

std::uint8_t held_date(const World& world) {
    const auto& held = world.ours.partner_date;
    return held ? static_cast<std::uint8_t>(base::to_micros(*held)) : std::uint8_t{0};
}

bool is_any(const Convergence& ours, CallPhase phase) {
    return std::ranges::any_of(ours.calls,
                               [phase](const Call& call) { return call.phase == phase; });
}

base::Time present() {
    return base::from_micros(1'000'000'000'000);
}

CallLimits limits() {
    return {};
}

World first_world() {
    World world;
    world.ours.intent = true;
    return world;
}

void normalise(World& world) {
    for (std::size_t i = 0; i < world.flights.size(); ++i) {
        set_times(world.ours.calls[i]);
        forget_details(world, world.ours.calls[i], world.flights[i]);
    }
    sort_calls(world);
    std::uint32_t number = 0;
    for (auto& call : world.ours.calls) call.number = ++number;
    world.ours.last_call = number;

    // Dates before the one that we hold are all alike: 1. The one that we hold is 2. Of what came
    // after it, the last but one may still be reported.
    std::vector<std::uint8_t> dates{world.date};
    dates.reserve(kMostDates);
    const auto held = held_date(world);
    if (held != 0) dates.push_back(held);
    const auto keep = [&](std::uint8_t date) {
        if (date > held && date != 1) dates.push_back(date);
    };
    if (world.read) keep(world.read->date);
    for (const auto& flight : world.flights) {
        if (flight.said == Said::done) keep(flight.date);
    }
    if (held != 0 && world.date > held + 1) keep(static_cast<std::uint8_t>(world.date - 1));
    std::ranges::sort(dates);
    const auto [last, end] = std::ranges::unique(dates);
    dates.erase(last, end);
    change_dates(world, [&](std::uint8_t date) {
        const auto at = std::ranges::find(dates, date);
        return static_cast<std::uint8_t>(at == dates.end() ? 1 : at - dates.begin() + 2);
    });
    world.history.at(1) = PartnerStatus::none;
    world.history.at(2) = PartnerStatus::none;
    world.history.at(world.date) = world.actual;

    auto& judgement = world.judgement;
    if (!judgement.operator_wish) {
        judgement.refused = false;
        judgement.partner_acted = judgement.partner_acted && !is_known(world);
    }
    if (!world.ours.refusal && !is_any(world.ours, CallPhase::under_way)) judgement.refused = false;
}

Key encode(const World& world) {
    Packer packer;
    packer.put(world.judgement.operator_wish ? 1 : 0, 1);
    packer.put(world.judgement.partner_acted ? 1 : 0, 1);
    packer.put(world.judgement.refused ? 1 : 0, 1);
    packer.put(world.judgement.unread ? 1 : 0, 1);
    put_ours(packer, world);
    packer.put_enum(world.actual);
    packer.put(world.unsure ? 1 : 0, 1);
    packer.put(world.date, kDateBits);
    packer.put(world.read ? 1 : 0, 1);
    if (world.read) {
        packer.put_enum(world.read->status);
        packer.put(world.read->date, kDateBits);
        packer.put(world.read->unsure ? 1 : 0, 1);
        packer.put(world.read->overheard ? 1 : 0, 1);
    }
    for (std::uint8_t date = 3; date < world.date; ++date) {
        packer.put_enum(world.history.at(date));
    }
    return packer.key;
}

World decode(const Key& key) {
    Unpacker unpacker{key};
    World world;
    world.judgement.operator_wish = unpacker.flag();
    world.judgement.partner_acted = unpacker.flag();
    world.judgement.refused = unpacker.flag();
    world.judgement.unread = unpacker.flag();
    get_ours(unpacker, world);
    world.actual = unpacker.word<PartnerStatus>();
    world.unsure = unpacker.flag();
    world.date = static_cast<std::uint8_t>(unpacker.get(kDateBits));
    if (unpacker.flag()) {
        Read read;
        read.status = unpacker.word<PartnerStatus>();
        read.date = static_cast<std::uint8_t>(unpacker.get(kDateBits));
        read.unsure = unpacker.flag();
        read.overheard = unpacker.flag();
        world.read = read;
    }
    for (std::uint8_t date = 3; date < world.date; ++date) {
        world.history.at(date) = unpacker.word<PartnerStatus>();
    }
    world.history.at(world.date) = world.actual;
    return world;
}

Key without_judgement(const Key& key) {
    auto result = key;
    result[0] &= ~((std::uint64_t{1} << kJudgementBits) - 1);
    return result;
}

ReadAnswer answer_of(const Read& read) {
    if (read.status == PartnerStatus::none) {
        return {.outcome = ReadOutcome::not_found, .view = {}, .begun = present()};
    }
    return {.outcome = ReadOutcome::found,
            .view = {read.unsure ? PartnerStatus::unknown : read.status, as_time(read.date)},
            .begun = present()};
}

}  // namespace usher::domain::explore
