#include "sandbox/faults.h"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "base/json.h"

namespace usher::sandbox {

namespace {

namespace json = boost::json;

constexpr std::array<std::pair<Action, std::string_view>, 14> kActions{{
    {Action::create, "create"},
    {Action::read, "read"},
    {Action::find, "find"},
    {Action::activation_info, "activation_info"},
    {Action::recovery_info, "recovery_info"},
    {Action::echo, "echo"},
    {Action::suspend, "suspend"},
    {Action::resume, "resume"},
    {Action::cancel, "cancel"},
    {Action::undo_cancel, "undo_cancel"},
    {Action::revoke, "revoke"},
    {Action::change_product, "change_product"},
    {Action::update, "update"},
    {Action::report, "report"},
}};

constexpr std::array<std::pair<FaultEffect, std::string_view>, 11> kEffects{{
    {FaultEffect::lose_request, "lose-request"},
    {FaultEffect::lose_answer, "lose-answer"},
    {FaultEffect::delay, "delay"},
    {FaultEffect::answer, "answer"},
    {FaultEffect::queue, "queue"},
    {FaultEffect::queue_never, "queue-never"},
    {FaultEffect::refuse, "refuse"},
    {FaultEffect::garbage, "garbage"},
    {FaultEffect::forget, "forget"},
    {FaultEffect::drop, "drop"},
    {FaultEffect::duplicate, "duplicate"},
}};

constexpr std::array<std::string_view, 8> kFields{
    "action", "effect", "times", "probability", "delay_ms", "http", "responseCode", "fired"};
constexpr std::int64_t kMaxDelayMs = 7LL * 24 * 3600 * 1000;

template <class Key, std::size_t N>
std::string names(const std::array<std::pair<Key, std::string_view>, N>& table) {
    std::string list;
    for (const auto& [key, name] : table)
        list += fmt::format("{}{}", list.empty() ? "" : " ", name);
    return list;
}

// Reads one rule and collects what is wrong with it.
class RuleReader {
  public:
    RuleReader(const json::object& object, std::string prefix, std::vector<FieldProblem>& problems)
        : object_{object}, prefix_{std::move(prefix)}, problems_{problems} {}

    FaultRule read() {
        check_names();
        read_action();
        read_effect();
        if (const auto times = integer("times", 0, 1'000'000'000)) {
            rule_.times = static_cast<std::uint64_t>(*times);
        }
        read_probability();
        rule_.delay = std::chrono::milliseconds{integer("delay_ms", 0, kMaxDelayMs).value_or(0)};
        if (const auto http = integer("http", 200, 599)) rule_.http = static_cast<int>(*http);
        read_response_code();
        return rule_;
    }

  private:
    void fail(std::string_view field, std::string problem) {
        problems_.push_back({fmt::format("{}.{}", prefix_, field), std::move(problem)});
    }

    void check_names() {
        for (const auto& [name, value] : object_) {
            const std::string_view text{name.data(), name.size()};
            if (std::ranges::find(kFields, text) == kFields.end())
                fail(text, "is not a field of a rule");
        }
    }

    void read_action() {
        const auto name = base::find_string(object_, "action");
        if (!name) return fail("action", "is needed: a text");
        if (*name == "*") return;
        rule_.action = parse_action(*name);
        if (!rule_.action) fail("action", "is none of: * " + names(kActions));
    }

    void read_effect() {
        const auto name = base::find_string(object_, "effect");
        if (!name) return fail("effect", "is needed: a text");
        const auto effect = parse_fault_effect(*name);
        if (!effect) return fail("effect", "is none of: " + names(kEffects));
        rule_.effect = *effect;
        const bool fits = rule_.action
                              ? applies(*effect, *rule_.action)
                              : applies(*effect, Action::read) || applies(*effect, Action::suspend);
        if (!fits) fail("effect", "does not apply to this action");
        if (*effect == FaultEffect::answer && base::find_member(object_, "http") == nullptr) {
            fail("http", "is needed with the effect answer");
        }
    }

    void read_probability() {
        const auto* value = base::find_member(object_, "probability");
        if (value == nullptr) return;
        const double number = value->is_number() ? value->to_number<double>() : -1;
        if (!(number >= 0 && number <= 1)) return fail("probability", "must be from 0 to 1");
        rule_.probability = number;
    }

    void read_response_code() {
        const auto* value = base::find_member(object_, "responseCode");
        if (value == nullptr) return;
        if (!value->is_string()) return fail("responseCode", "must be a text");
        rule_.response_code = std::string{value->get_string()};
    }

    std::optional<std::int64_t> integer(std::string_view field, std::int64_t least,
                                        std::int64_t most) {
        const auto* value = base::find_member(object_, field);
        if (value == nullptr) return std::nullopt;
        if (value->is_int64() && value->get_int64() >= least && value->get_int64() <= most) {
            return value->get_int64();
        }
        fail(field, fmt::format("must be a whole number from {} to {}", least, most));
        return std::nullopt;
    }

    const json::object& object_;
    std::string prefix_;
    std::vector<FieldProblem>& problems_;
    FaultRule rule_;
};

}  // namespace

std::string_view to_text(Action action) {
    for (const auto& [each, name] : kActions) {
        if (each == action) return name;
    }
    return "";
}

std::optional<Action> parse_action(std::string_view text) {
    for (const auto& [each, name] : kActions) {
        if (name == text) return each;
    }
    return std::nullopt;
}

bool is_change(Action action) {
    switch (action) {
        case Action::create:
        case Action::suspend:
        case Action::resume:
        case Action::cancel:
        case Action::undo_cancel:
        case Action::revoke:
        case Action::change_product:
        case Action::update:
            return true;
        case Action::read:
        case Action::find:
        case Action::activation_info:
        case Action::recovery_info:
        case Action::echo:
        case Action::report:
            return false;
    }
    return false;
}

std::string_view to_text(FaultEffect effect) {
    for (const auto& [each, name] : kEffects) {
        if (each == effect) return name;
    }
    return "";
}

std::optional<FaultEffect> parse_fault_effect(std::string_view text) {
    for (const auto& [each, name] : kEffects) {
        if (name == text) return each;
    }
    return std::nullopt;
}

bool applies(FaultEffect effect, Action action) {
    switch (effect) {
        case FaultEffect::drop:
        case FaultEffect::duplicate:
            return action == Action::report;
        case FaultEffect::delay:
            return true;
        case FaultEffect::queue:
        case FaultEffect::queue_never:
            return is_change(action);
        case FaultEffect::forget:
            return action != Action::report && action != Action::create && action != Action::echo;
        case FaultEffect::lose_request:
        case FaultEffect::lose_answer:
        case FaultEffect::answer:
        case FaultEffect::refuse:
        case FaultEffect::garbage:
            return action != Action::report;
    }
    return false;
}

std::expected<Faults, std::vector<FieldProblem>> Faults::parse(const json::value& body) {
    std::vector<FieldProblem> problems;
    const auto* rules = body.is_object() ? base::find_member(body.get_object(), "rules") : nullptr;
    if (rules == nullptr || !rules->is_array()) {
        problems.push_back({"rules", "is needed: an array of rules"});
        return std::unexpected{std::move(problems)};
    }
    Faults faults;
    for (std::size_t i = 0; i < rules->get_array().size(); ++i) {
        const auto prefix = fmt::format("rules[{}]", i);
        const auto& item = rules->get_array()[i];
        if (!item.is_object()) {
            problems.push_back({prefix, "must be an object"});
            continue;
        }
        faults.rules_.push_back(RuleReader{item.get_object(), prefix, problems}.read());
    }
    if (!problems.empty()) return std::unexpected{std::move(problems)};
    return faults;
}

std::optional<Faults> Faults::from_row(std::string_view row) {
    const auto body = base::parse_json(row);
    if (!body) return std::nullopt;
    auto faults = parse(*body);
    if (!faults) return std::nullopt;
    const auto& rules = body->get_object().at("rules").get_array();
    for (std::size_t i = 0; i < faults->rules_.size(); ++i) {
        const auto* fired = base::find_member(rules[i].get_object(), "fired");
        if (fired == nullptr || !fired->is_int64()) return std::nullopt;
        faults->rules_[i].fired = static_cast<std::uint64_t>(fired->get_int64());
    }
    return *std::move(faults);
}

std::optional<FaultRule> Faults::draw(Action action, base::Random& random) {
    for (auto& rule : rules_) {
        const bool names_it = rule.action ? *rule.action == action : action != Action::report;
        if (!names_it || !applies(rule.effect, action)) continue;
        if (rule.times && rule.fired >= *rule.times) continue;
        if (rule.probability < 1.0 && random.fraction() >= rule.probability) continue;
        ++rule.fired;
        return rule;
    }
    return std::nullopt;
}

json::object Faults::to_json() const {
    json::array list;
    for (const auto& rule : rules_) {
        json::object object{
            {"action", rule.action ? to_text(*rule.action) : std::string_view{"*"}},
            {"effect", to_text(rule.effect)},
            {"times", nullptr},
            {"probability", rule.probability},
            {"delay_ms", rule.delay.count()},
            {"fired", rule.fired},
        };
        if (rule.times) object["times"] = *rule.times;
        if (rule.http) object["http"] = *rule.http;
        if (!rule.response_code.empty()) object["responseCode"] = rule.response_code;
        list.push_back(std::move(object));
    }
    return {{"rules", std::move(list)}};
}

}  // namespace usher::sandbox
