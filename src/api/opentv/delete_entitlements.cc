// DELETE /crm-gateway/v2/rmg/v1/entitlements/{entitlementId} and …/account/{accountId} (OpenTV §2.1
// G8, G9): the partner is told to end them, the operator does not see them any more.
#include <boost/json/array.hpp>

#include "api/fields.h"
#include "api/opentv/calls.h"
#include "api/opentv/manners.h"

namespace usher::api::opentv {

namespace {

// After so long a repeat with the same key goes on where one that broke off came to.
constexpr base::Duration kLongestDeletion = std::chrono::seconds{10};

Answer render_deleted(const std::expected<flow::DeletedOfAccount, flow::Failure>& done) {
    if (!done) return std::unexpected{problem(done.error())};
    boost::json::object body{{"deletedCount", done->deleted}};
    boost::json::array kept;
    for (const auto& [id, failure] : done->kept) {
        kept.push_back({{"_id", id.text()}, {"errorCode", number_of(code_of(failure))}});
    }
    if (!kept.empty()) body["notDeleted"] = std::move(kept);
    auto response = json_answer(200, body);
    response.headers.set("usher-propagation", done->all_confirmed ? "confirmed" : "pending");
    return response;
}

}  // namespace

base::Task<Answer> delete_entitlement(Exchange& exchange, const Surroundings& around) {
    Fields fields{exchange.body};
    auto deletion = begin_change(exchange, fields);
    deletion.deletes = true;
    const auto waiting = complete_change(exchange, around.options, fields, deletion);
    if (!waiting) co_return std::unexpected{waiting.error()};

    const auto render = [waiting = *waiting](const UpdateOutcome& deleted) -> Answer {
        if (!deleted) return std::unexpected{problem(deleted.error())};
        auto response = json_answer(200, {{"deletedCount", 1}});
        add_change_headers(response, deleted->version, deleted->propagated, waiting);
        return response;
    };
    co_return co_await update_once(exchange, around, std::move(deletion), render);
}

base::Task<Answer> delete_of_account(Exchange& exchange, const Surroundings& around) {
    Fields fields{exchange.body};
    flow::DeleteOfAccount request{.tenant = exchange.tenant->id,
                                  .account = domain::AccountId{id_in_path(
                                      "accountId", exchange.params.at("accountId"), fields)},
                                  .asker = asker_of(exchange)};
    if (!fields.ok()) co_return std::unexpected{fields.take_problem()};
    co_return co_await answer_once<flow::DeletedOfAccount>(
        exchange, around, kLongestDeletion, render_deleted, [&](auto once) {
            request.once = std::move(once);
            return around.operations.delete_of_account(std::move(request));
        });
}

}  // namespace usher::api::opentv
