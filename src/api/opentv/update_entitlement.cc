// PUT and POST /crm-gateway/v2/rmg/v1/entitlements/{entitlementId}: the generic form and the
// per-action ones are one call (OpenTV §2.1 G3 to G7, design §4).
#include "api/fields.h"
#include "api/opentv/calls.h"
#include "api/opentv/manners.h"
#include "api/opentv/reasons.h"

namespace usher::api::opentv {

namespace {

flow::UpdateStatus read_update(const Exchange& exchange, Fields& fields) {
    auto update = begin_change(exchange, fields);
    const auto status = fields.status("status", Presence::mandatory);
    const auto account = fields.id("accountId", Presence::optional);
    const auto product = fields.id("productId", Presence::optional);
    update.product_type = fields.text("productType", Presence::optional);
    update.reason = fields.reason();
    if (status && domain::is_ended(*status)) check_strictly(exchange, update.reason, fields);
    check_reasons(update.reason, Presence::optional, fields);
    if (status) update.status = *status;
    if (account) update.account = domain::AccountId{*account};
    if (product) update.product = domain::ProductId{*product};
    return update;
}

// 202 only where the tenant's edition lists it for what is asked: of the calls on this path that is
// resuming, in editions B and C (OpenTV §2.1 G6, §8).
int status_of(Edition edition, domain::EntitlementStatus asked, flow::Propagated propagated) {
    const bool listed = edition != Edition::a && asked == domain::EntitlementStatus::active;
    return listed && propagated == flow::Propagated::pending ? 202 : 200;
}

}  // namespace

base::Task<Answer> update_entitlement(Exchange& exchange, const Surroundings& around) {
    Fields fields{exchange.body};
    auto update = read_update(exchange, fields);
    const auto waiting = complete_change(exchange, around.options, fields, update);
    if (!waiting) co_return std::unexpected{waiting.error()};
    const auto render = [asked = update.status, waiting = *waiting,
                         edition =
                             exchange.tenant->edition](const UpdateOutcome& updated) -> Answer {
        if (!updated) return std::unexpected{problem(updated.error())};
        auto response =
            json_answer(status_of(edition, asked, updated->propagated),
                        {{"matchedCount", 1}, {"modifiedCount", updated->modified ? 1 : 0}});
        add_change_headers(response, updated->version, updated->propagated, waiting);
        return response;
    };
    co_return co_await update_once(exchange, around, std::move(update), render);
}

}  // namespace usher::api::opentv
