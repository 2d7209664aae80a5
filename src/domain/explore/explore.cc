#include "domain/explore/explore.h"

#include <algorithm>
#include <bitset>

#include "domain/explore/calm.h"
#include "domain/explore/key_set.h"

namespace usher::domain::explore {

namespace {

constexpr std::size_t kMostBudgets = 128;
using BudgetSet = std::bitset<kMostBudgets>;

// Numbers what was spent, and knows which spendings are more than others.
class Spending {
  public:
    explicit Spending(const Budget& most) : most_{most}, more_(count()) {
        for (std::size_t less = 0; less < count(); ++less) {
            for (std::size_t more = 0; more < count(); ++more) {
                const auto a = at(less);
                const auto b = at(more);
                if (a.requests <= b.requests && a.partner_moves <= b.partner_moves &&
                    a.faults <= b.faults) {
                    more_[less].set(more);
                }
            }
        }
    }
    std::size_t count() const {
        return (most_.requests + 1U) * (most_.partner_moves + 1U) * (most_.faults + 1U);
    }
    std::size_t levels() const { return most_.requests + most_.partner_moves + most_.faults + 1U; }
    Budget at(std::size_t number) const {
        Budget budget;
        budget.faults = static_cast<std::uint8_t>(number % (most_.faults + 1U));
        number /= most_.faults + 1U;
        budget.partner_moves = static_cast<std::uint8_t>(number % (most_.partner_moves + 1U));
        budget.requests = static_cast<std::uint8_t>(number / (most_.partner_moves + 1U));
        return budget;
    }
    std::optional<std::size_t> add(std::size_t number, const Budget& price) const {
        const auto spent = at(number);
        const auto requests = spent.requests + price.requests;
        const auto moves = spent.partner_moves + price.partner_moves;
        const auto faults = spent.faults + price.faults;
        if (requests > most_.requests || moves > most_.partner_moves || faults > most_.faults) {
            return std::nullopt;
        }
        return (requests * (most_.partner_moves + 1U) + moves) * (most_.faults + 1U) + faults;
    }
    // This spending and all that spend no less of anything.
    const BudgetSet& no_less(std::size_t number) const { return more_[number]; }
    std::size_t level(std::size_t number) const {
        const auto spent = at(number);
        return spent.requests + spent.partner_moves + spent.faults;
    }

  private:
    Budget most_;
    std::vector<BudgetSet> more_;
};

// One visit of a situation with something spent.
struct Visit {
    std::uint32_t world;
    std::uint32_t parent;
    Move move;
    std::uint8_t spent;
};

class Search {
  public:
    Search(const Decider& decider, const Bounds& bounds)
        : decider_{decider},
          grain_{bounds.grain},
          spending_{bounds.budget},
          levels_(spending_.levels()) {}

    Result run() {
        auto first = first_world();
        normalise(first);
        visit(encode(first), {}, 0, 0);
        for (std::size_t level = 0; level < levels_.size() && !violation_; ++level) {
            // Grows while it is walked: what costs nothing stays on its level.
            for (std::size_t i = 0; i < levels_[level].size() && !violation_; ++i) {
                step(levels_[level][i]);
            }
        }
        return {seen_.size(), transitions_, std::move(violation_)};
    }

  private:
    void visit(const Key& key, Move move, std::uint32_t parent, std::size_t spent) {
        const auto [number, is_new] = worlds_.insert(key);
        if (is_new) {
            covered_.emplace_back();
            dominated_.emplace_back();
            seen_.insert(without_judgement(key));
        }
        if (covered_[number].test(spent)) return;
        covered_[number] |= spending_.no_less(spent);
        auto more = spending_.no_less(spent);
        more.reset(spent);
        dominated_[number] |= more;
        const auto index = static_cast<std::uint32_t>(visits_.size());
        visits_.push_back({number, parent, move, static_cast<std::uint8_t>(spent)});
        levels_[spending_.level(spent)].push_back(index);
        if (is_new) check_calm(key, index);
    }

    void step(std::uint32_t index) {
        const auto visit_now = visits_[index];
        // Meanwhile it was reached with less spent.
        if (dominated_[visit_now.world].test(visit_now.spent)) return;
        const auto here = worlds_.at(visit_now.world);
        const auto world = decode(here);
        list_moves(world, decider_, grain_, moves_);
        for (const auto& move : moves_) {
            const auto spent = spending_.add(visit_now.spent, cost(world, move, grain_));
            if (!spent) continue;
            Broken broken;
            ++transitions_;
            const bool idle = is_idle(world, move, decider_, broken);
            const auto after = idle ? World{} : apply(world, move, decider_, broken);
            if (!broken.property.empty()) {
                report(broken, index, {move});
                return;
            }
            if (idle) continue;
            const auto key = encode(after);
            if (key == here) continue;
            visit(key, move, index, *spent);
            if (violation_) return;
        }
    }

    // Plays the calm from here to its end, or to a situation from which that was done before.
    void check_calm(const Key& key, std::uint32_t index) {
        auto world = fall_calm(decode(key));
        normalise(world);
        std::vector<Move> moves;
        const auto first_of_walk = calm_.size();
        while (true) {
            Broken broken;
            const auto [number, is_new] = calm_.insert(encode(world));
            if (!is_new && number < first_of_walk) return;
            const auto move = calm_step(world, decider_);
            if (!is_new) {
                broken.say("calm comes to rest");
            } else if (!move) {
                check_rest(world, broken);
            } else {
                moves.push_back(*move);
                world = apply(world, *move, decider_, broken);
                ++transitions_;
            }
            if (!broken.property.empty()) {
                report(broken, index, moves, true);
                return;
            }
            if (!move) return;
        }
    }

    void report(const Broken& broken, std::uint32_t index, const std::vector<Move>& last,
                bool calm = false) {
        std::vector<Move> moves;
        for (auto at = index; at != 0; at = visits_[at].parent) moves.push_back(visits_[at].move);
        std::ranges::reverse(moves);
        Violation violation{.rule = std::string{broken.property}, .trace = {}};
        auto world = decode(worlds_.at(visits_[0].world));
        const auto play = [&](const Move& move) {
            Broken ignored;
            const auto after = apply(world, move, decider_, ignored);
            violation.trace.push_back(describe(world, move, after));
            world = after;
        };
        for (const auto& move : moves) play(move);
        if (calm) {
            violation.trace.emplace_back("calm: nothing more arrives late or goes wrong");
            world = fall_calm(world);
            normalise(world);
        }
        for (const auto& move : last) play(move);
        violation_ = std::move(violation);
    }

    const Decider& decider_;
    Grain grain_;
    Spending spending_;
    std::vector<std::vector<std::uint32_t>> levels_;
    KeySet worlds_;
    KeySet seen_;
    KeySet calm_;
    std::vector<BudgetSet> covered_;
    std::vector<BudgetSet> dominated_;
    std::vector<Visit> visits_;
    std::vector<Move> moves_;
    std::uint64_t transitions_ = 0;
    std::optional<Violation> violation_;
};

}  // namespace

Result explore(const Decider& decider, const Bounds& bounds) {
    return Search{decider, bounds}.run();
}

std::vector<Planted> explore_planted(const Bounds& bounds) {
    std::vector<Planted> planted;
    for (const auto rule : kRules) {
        planted.push_back({rule, explore(*make_decider_without(rule), bounds).violation});
    }
    return planted;
}

Exploration explore_everything(const Bounds& fine, const Bounds& wide, const Bounds& planted) {
    Exploration all;
    const auto served = make_served_decider();
    for (const auto& bounds : {fine, wide}) {
        auto result = explore(*served, bounds);
        // What both walk through counts once.
        all.states = std::max(all.states, result.states);
        all.transitions += result.transitions;
        if (result.violation) all.violations.push_back(std::move(*result.violation));
    }
    all.planted = explore_planted(planted);
    return all;
}

}  // namespace usher::domain::explore
