// Accounts (OpenTV §2.3). Usher keeps their ids and statuses; when one is cancelled or deleted its
// entitlements end.
#include <expected>
#include <optional>
#include <utility>

#include <boost/json/object.hpp>

#include "api/fields.h"
#include "api/opentv/calls.h"
#include "api/opentv/manners.h"
#include "api/text.h"

namespace usher::api::opentv {

namespace {

namespace json = boost::json;

// For so long an answer waits until all of an account's entitlements were asked.
constexpr base::Duration kLongestCascade = std::chrono::seconds{10};

std::optional<domain::AccountStatus> read_status(Fields& fields, Presence presence) {
    const auto word = fields.text("status", presence);
    if (!word) return std::nullopt;
    const auto status = domain::parse_account_status(*word);
    if (!status) {
        fields.add(ErrorCode::status_unknown, "status",
                   "must be one of ACTIVE, RESTRICTED, SUSPENDED, CANCELLED.");
    }
    return status;
}

// Other published fields, sign-on name and password among them, are accepted and not even read:
// what is not kept cannot leak.
std::expected<flow::AddAccount, Problem> read_account(const Exchange& exchange) {
    Fields fields{exchange.body};
    flow::AddAccount request{.tenant = exchange.tenant->id, .id = {}};
    const auto id = fields.id("_id", Presence::optional);
    if (id) request.id = domain::AccountId{*id};
    if (const auto status = read_status(fields, Presence::optional)) request.status = *status;
    if (!fields.ok()) return std::unexpected{fields.take_problem()};
    return request;
}

domain::AccountId account_in_path(const Exchange& exchange, Fields& fields) {
    return domain::AccountId{id_in_path("accountId", exchange.params.at("accountId"), fields)};
}

json::object cascade_json(const domain::Cascade& cascade) {
    json::object told{{"asks", domain::to_text(cascade.kind)},
                      {"begun", base::format_time(cascade.begun)},
                      {"by", cascade.asker.subject},
                      {"client", cascade.asker.client},
                      {"correlationId", cascade.asker.correlation.text()},
                      {"asked", cascade.asked},
                      {"state", cascade.due_at ? "going on" : "over"}};
    if (cascade.due_at) told["next"] = base::format_time(*cascade.due_at);
    return told;
}

using AccountOutcome = std::expected<flow::ChangedAccount, flow::Failure>;

// `render(outcome)` is the answer.
template <class Render>
base::Task<Answer> change(Exchange& exchange, const Surroundings& around, bool deletes,
                          Render render) {
    Fields fields{exchange.body};
    flow::ChangeAccount request{.tenant = exchange.tenant->id,
                                .account = account_in_path(exchange, fields),
                                .deletes = deletes,
                                .suspends = exchange.tenant->suspend_with_account,
                                .asker = asker_of(exchange)};
    if (!deletes) {
        if (const auto status = read_status(fields, Presence::mandatory)) request.status = *status;
    }
    if (!fields.ok()) co_return std::unexpected{fields.take_problem()};
    co_return co_await answer_once<flow::ChangedAccount>(
        exchange, around, kLongestCascade, render, [&](auto once) {
            request.once = std::move(once);
            return around.operations.change_account(std::move(request),
                                                    around.clock.monotonic() + kLongestCascade);
        });
}

Answer told(int status, const AccountOutcome& changed, const json::object& body) {
    if (!changed) return std::unexpected{problem(changed.error())};
    auto response = json_answer(status, body);
    response.headers.set("usher-propagation", changed->all_confirmed ? "confirmed" : "pending");
    return response;
}

Answer counts(int status, const AccountOutcome& changed) {
    const int modified = changed && changed->modified ? 1 : 0;
    return told(status, changed, {{"matchedCount", 1}, {"modifiedCount", modified}});
}

}  // namespace

base::Task<Answer> add_account(Exchange& exchange, const Surroundings& around) {
    auto request = read_account(exchange);
    if (!request) co_return std::unexpected{std::move(request.error())};
    using Added = std::expected<domain::Account, flow::Failure>;
    const auto render = [](const Added& account) -> Answer {
        if (!account) return std::unexpected{problem(account.error())};
        return json_answer(201, {{"_id", account->id.text()}});
    };
    co_return co_await answer_once<domain::Account>(exchange, around, {}, render, [&](auto once) {
        request->once = std::move(once);
        return around.operations.add_account(std::move(*request));
    });
}

base::Task<Answer> change_account(Exchange& exchange, const Surroundings& around) {
    return change(exchange, around, false,
                  [](const AccountOutcome& changed) { return counts(200, changed); });
}

base::Task<Answer> change_account_by_old_path(Exchange& exchange, const Surroundings& around) {
    return change(exchange, around, false,
                  [](const AccountOutcome& changed) { return counts(201, changed); });
}

base::Task<Answer> delete_account(Exchange& exchange, const Surroundings& around) {
    return change(exchange, around, true, [](const AccountOutcome& changed) {
        return told(200, changed, {{"deletedCount", 1}});
    });
}

base::Task<Answer> read_account(Exchange& exchange, const Surroundings& around) {
    Fields fields{exchange.body};
    auto id = account_in_path(exchange, fields);
    if (!fields.ok()) co_return std::unexpected{fields.take_problem()};
    const auto view = co_await around.operations.read_account(exchange.tenant->id, std::move(id));
    if (!view) co_return std::unexpected{problem(view.error())};
    const auto& account = view->account;
    json::object body{{"_id", account.id.text()},
                      {"status", domain::to_text(account.status)},
                      {"created", base::format_time(account.created)},
                      {"modified", base::format_time(account.modified)},
                      {"entitlements", {{"live", view->live}, {"unsettled", view->unsettled}}}};
    if (account.cascade) body["cascade"] = cascade_json(*account.cascade);
    co_return json_answer(200, body);
}

}  // namespace usher::api::opentv
