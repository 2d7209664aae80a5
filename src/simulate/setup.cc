#include "simulate/setup.h"

#include <array>
#include <string>

#include "simulate/network.h"

namespace usher::simulate {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

assembly::Options product_options(const FaultPlan& plan, bool several_nodes) {
    assembly::Options made;
    const std::string others{kOthers};
    made.auth.issuer = others + std::string{sandbox::Issuer::kPath};
    made.auth.tenant_claim = "tenants";
    made.api.tenant_claim = "tenants";
    const seconds freshness = plan.swept() ? seconds{kFreshness} : seconds{0};
    made.api.tenants = {
        {.id = domain::TenantId{"demo"}, .is_default = true, .freshness = freshness},
        {.id = domain::TenantId{"second"}, .suspend_with_account = true, .freshness = freshness}};
    made.api.partner = {.username = "usher", .password = base::Secret{"usher"}};
    made.bango.route = {.url = others + "/bango",
                        .username = "usher",
                        .password = base::Secret{"usher"},
                        .customer_id = "{tenant}-{account}"};
    made.bango.public_url = std::string{kUsher};
    made.converge.limits.calls.horizon = kHorizon;
    made.converge.limits.lease = made.converge.limits.calls.call + seconds{15};
    // Nobody is there to confirm them.
    made.converge.endings.percent = 100;
    // What is due is known; a look in between is for clocks that step, and for what other nodes
    // did.
    const bool knows_all = !several_nodes && !plan.has(Fault::clock_steps);
    made.converge.longest_sleep = knows_all ? minutes{20} : minutes{1};
    return made;
}

store::StoreOptions store_options() {
    store::StoreOptions made;
    made.busy_timeout = std::chrono::milliseconds{0};
    made.readers = 1;
    // Little, so that the log is copied back often.
    made.wal_soft_bytes = 256 << 10;
    made.wal_hard_bytes = 1 << 20;
    return made;
}

base::Metrics& all_metrics() {
    static base::Metrics all;
    return all;
}

sandbox::PartnerOptions partner_options(const FaultPlan& plan, Dice& dice) {
    sandbox::PartnerOptions made;
    constexpr std::array<base::Duration, 3> kShort{seconds{0}, seconds{20}, minutes{5}};
    if (plan.has(Fault::short_memory)) made.replay_retention = dice.pick(kShort);
    made.paid_period = dice.log_between(minutes{10}, hours{24 * 30});
    made.activation_ttl = dice.log_between(minutes{10}, hours{24});
    if (!plan.swept()) {
        made.notification_pauses.insert(made.notification_pauses.end(), 60, minutes{10});
    }
    made.max_calls = 1000;
    made.products.push_back({.key = kOthersProduct, .name = "Video"});
    return made;
}

}  // namespace usher::simulate
