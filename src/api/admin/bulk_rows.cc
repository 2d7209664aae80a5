#include "api/admin/bulk_rows.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/admin/manners.h"
#include "api/fields.h"
#include "base/json.h"

namespace usher::api::admin {

namespace {

namespace json = boost::json;

constexpr std::string_view kEntitlements = "/crm-gateway/v2/rmg/v1/entitlements";
constexpr std::string_view kTpes = "/tpes/v1/operator/entitlements";
constexpr std::string_view kAccounts = "/adm/v1/accounts";

struct BulkAction {
    std::string_view word;
    std::string_view method;
    std::string_view before_id;
    std::string_view id;  // the column that stands in the path; empty: none does
    std::string_view after_id;
    std::vector<std::string_view> arguments;
    std::vector<std::pair<std::string_view, std::string_view>> defaults;
};

const std::vector<BulkAction>& bulk_actions() {
    static const std::vector<std::string_view> kReasons{"reasonCode", "reasonCategory",
                                                        "cancelReasonCode", "cancelReasonCategory",
                                                        "cancelReasonDescription"};
    static const auto kActions = [] {
        std::vector<BulkAction> actions{
            {"status",
             "PUT",
             "/crm-gateway/v2/rmg/v1/entitlements/",
             "entitlementId",
             "",
             {"status", "productId", "accountId", "productType"},
             {}},
            {"purchase",
             "POST",
             kEntitlements,
             "",
             "",
             {"_id", "accountId", "productId", "productType", "status", "validFrom", "expiryDate"},
             {{"productType", "THIRDPARTY"}, {"status", "PENDING"}}},
            {"delete",
             "DELETE",
             "/crm-gateway/v2/rmg/v1/entitlements/",
             "entitlementId",
             "",
             {},
             {}},
            {"change-product",
             "POST",
             "/tpes/v1/operator/entitlements/",
             "entitlementId",
             "/actions/changeProduct",
             {"productId"},
             {}},
            {"add-account", "POST", kAccounts, "", "", {"_id"}, {}},
            {"account-status", "PUT", "/adm/v1/accounts/", "accountId", "", {"status"}, {}},
            {"delete-account", "DELETE", "/adm/v1/accounts/", "accountId", "", {}, {}},
            {"delete-of-account",
             "DELETE",
             "/crm-gateway/v2/rmg/v1/entitlements/account/",
             "accountId",
             "",
             {},
             {}},
        };
        for (auto& action : actions) {
            if (action.word != "status" && action.word != "purchase") continue;
            action.arguments.insert(action.arguments.end(), kReasons.begin(), kReasons.end());
        }
        return actions;
    }();
    return kActions;
}

const BulkAction* find_action(std::string_view word) {
    const auto& actions = bulk_actions();
    const auto found = std::ranges::find(actions, word, &BulkAction::word);
    return found == actions.end() ? nullptr : &*found;
}

std::string all_words() {
    std::vector<std::string_view> words;
    for (const auto& action : bulk_actions()) words.push_back(action.word);
    return fmt::format("{}", fmt::join(words, ", "));
}

// The published `_id` of what is made anew has the column of every other row.
std::string_view column_of(const BulkAction& action, std::string_view argument) {
    if (argument != "_id") return argument;
    return action.word == "add-account" ? "accountId" : "entitlementId";
}

bool is_known(const BulkAction& action, std::string_view column) {
    return column == "action" || column == action.id ||
           std::ranges::any_of(action.arguments, [&](std::string_view argument) {
               return column_of(action, argument) == column;
           });
}

std::optional<json::object> body_of(const BulkAction& action, const json::object& row) {
    json::object body;
    for (const auto& [name, value] : action.defaults) body[name] = value;
    for (const auto argument : action.arguments) {
        const auto* given = base::find_member(row, column_of(action, argument));
        if (given != nullptr) body[argument] = *given;
    }
    if (action.method == "DELETE") return std::nullopt;
    return body;
}

// What an account keeps of that which was to be deleted.
void tell_kept(const json::object& body, RowResult& result) {
    const auto* kept = base::find_member(body, "notDeleted");
    const bool has_kept = kept != nullptr && kept->is_array() && !kept->get_array().empty();
    if (!has_kept) return;
    const auto* first = kept->get_array().front().if_object();
    if (first == nullptr) return;
    if (const auto* code = base::find_member(*first, "errorCode")) result.told["errorCode"] = *code;
    result.told["message"] =
        fmt::format("{} were not deleted, the first of them {}.", kept->get_array().size(),
                    base::find_string(*first, "_id").value_or(""));
    if (result.verdict == flow::BulkVerdict::unchanged) {
        result.verdict = flow::BulkVerdict::refused;
    }
}

RowResult told_of(flow::BulkVerdict verdict, const http::Response& response) {
    RowResult result{.verdict = verdict, .told = {{"httpStatus", response.status}}};
    const auto parsed = base::parse_json(response.body);
    const auto* body = parsed ? parsed->if_object() : nullptr;
    if (body == nullptr) return result;
    if (response.status >= 400) tell_refusal(response, result.told);
    tell_kept(*body, result);
    // Of a purchase: the id that was given to it.
    if (const auto id = base::find_string(*body, "entitlementId")) {
        result.told["entitlementId"] = *id;
    }
    if (const auto propagation = response.headers.find("usher-propagation")) {
        result.told["propagation"] = *propagation;
    }
    return result;
}

bool is_unchanged(const http::Response& response) {
    const auto parsed = base::parse_json(response.body);
    const auto* body = parsed ? parsed->if_object() : nullptr;
    if (body == nullptr) return false;
    return std::ranges::any_of(std::array{"modifiedCount", "deletedCount"}, [&](const char* name) {
        const auto* count = base::find_member(*body, name);
        return count != nullptr && *count == 0;
    });
}

bool is_to_be_repeated(const Answer& came) {
    if (came) return came->status >= 500;
    return http_status(came.error().code) >= 500 || came.error().code == ErrorCode::key_under_way;
}

http::Response response_of(const Answer& came, const Exchange& call) {
    return came ? *came : write_error(came.error(), call.request_id);
}

}  // namespace

std::expected<CallText, Problem> read_bulk_row(const json::object& row) {
    Fields fields{row};
    const auto word = fields.text("action", Presence::optional).value_or("status");
    const auto* action = find_action(word);
    if (action == nullptr) {
        fields.add(ErrorCode::argument_invalid, "action", "must be one of " + all_words() + ".");
    }
    if (!fields.ok()) return std::unexpected{fields.take_problem()};
    for (const auto& [name, value] : row) {
        if (value.is_null() || is_known(*action, name)) continue;
        // The name is the file's, of any length and kind.
        const bool is_plain =
            name.size() <= 64 && std::ranges::all_of(name, [](char c) {
                return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
            });
        fields.add(ErrorCode::argument_invalid, is_plain ? std::string_view{name} : "row",
                   fmt::format("{} no column of the action {}.",
                               is_plain ? "is" : "has a member that is", action->word));
        break;
    }
    CallText text{.method = std::string{action->method},
                  .target = std::string{action->before_id},
                  .body = body_of(*action, row)};
    if (!action->id.empty()) {
        text.target += fields.id(action->id, Presence::mandatory).value_or("");
        text.target += action->after_id;
    }
    // Else each run would make another one.
    if (action->word == "add-account") fields.id("accountId", Presence::mandatory);
    if (!fields.ok()) return std::unexpected{fields.take_problem()};
    return text;
}

RowOutcome look_outcome(const Answer& came, const Exchange& call) {
    if (is_to_be_repeated(came)) {
        return std::unexpected{came ? problem(ErrorCode::internal_error) : came.error()};
    }
    const auto response = response_of(came, call);
    if (!call.tried) return told_of(flow::BulkVerdict::refused, response);
    auto result = told_of(
        call.tried->changes ? flow::BulkVerdict::changed : flow::BulkVerdict::unchanged, response);
    result.ends = call.tried->losses;
    // What the answer would say of the id and of the partner is not so yet.
    result.told.erase("entitlementId");
    result.told.erase("propagation");
    return result;
}

RowOutcome run_outcome(const Answer& came, const Exchange& call) {
    if (is_to_be_repeated(came)) {
        return std::unexpected{came ? problem(ErrorCode::internal_error) : came.error()};
    }
    const auto response = response_of(came, call);
    if (response.status >= 400) return told_of(flow::BulkVerdict::refused, response);
    return told_of(
        is_unchanged(response) ? flow::BulkVerdict::unchanged : flow::BulkVerdict::changed,
        response);
}

RowResult late_row(const Exchange& asked) {
    return refused_row(problem(ErrorCode::bulk_out_of_turn), asked);
}

RowResult refused_row(const Problem& problem, const Exchange& asked) {
    return told_of(flow::BulkVerdict::refused, write_error(problem, asked.request_id));
}

}  // namespace usher::api::admin
