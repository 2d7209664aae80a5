// How the partner is made to fail: rules that name an action and an effect (interface §5).
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "base/random.h"

namespace usher::sandbox {

// What a call asks for. `report` is the partner's own call to the reseller.
enum class Action : std::uint8_t {
    create,
    read,
    find,  // POST …/report: read many
    activation_info,
    recovery_info,
    echo,
    suspend,
    resume,
    cancel,
    undo_cancel,
    revoke,
    change_product,
    update,  // a PATCH of anything else
    report,
};

std::string_view to_text(Action action);
std::optional<Action> parse_action(std::string_view text);

// True for the calls that change a record.
bool is_change(Action action);

enum class FaultEffect : std::uint8_t {
    lose_request,  // nothing happens, the connection breaks
    lose_answer,   // it happens, the connection breaks
    delay,         // it happens, and is answered, after delay_ms
    answer,        // nothing happens; the given http and responseCode
    queue,         // 202; takes effect after delay_ms
    queue_never,   // 202; never takes effect
    refuse,        // nothing happens; NOT_AVAILABLE
    garbage,       // it happens; the body cannot be read
    forget,        // nothing happens; 404 for what exists
    drop,          // of a report: it is never sent
    duplicate,     // of a report: it is sent twice
};

std::string_view to_text(FaultEffect effect);
std::optional<FaultEffect> parse_fault_effect(std::string_view text);

// Whether a rule with this effect can meet such a call at all.
bool applies(FaultEffect effect, Action action);

struct FaultRule {
    std::optional<Action> action;  // nothing: "*", every call, but no report
    FaultEffect effect{};
    std::optional<std::uint64_t> times;  // nothing: until it is removed
    double probability = 1.0;
    std::chrono::milliseconds delay{0};
    std::optional<int> http;
    std::string response_code;
    std::uint64_t fired = 0;  // how often it met a call
    bool operator==(const FaultRule&) const = default;
};

struct FieldProblem {
    std::string field;  // "rules[0].effect"
    std::string problem;
};

// In order: the first rule that fits and is not used up meets the call.
class Faults {
  public:
    // From the body of a PUT; every problem at once.
    static std::expected<Faults, std::vector<FieldProblem>> parse(const boost::json::value& body);

    // From a row of the state file: the counts are kept.
    static std::optional<Faults> from_row(std::string_view row);

    // The rule that meets this call, which then counts as fired.
    std::optional<FaultRule> draw(Action action, base::Random& random);

    boost::json::object to_json() const;  // what `parse` reads, with `fired`
    bool empty() const { return rules_.empty(); }

  private:
    std::vector<FaultRule> rules_;
};

}  // namespace usher::sandbox
