#include "store/lab_test.h"

#include <atomic>
#include <unistd.h>

#include <fmt/format.h>

namespace usher::store {

using domain::CallPhase;
using domain::EntitlementStatus;
using domain::PartnerAction;
using domain::PartnerStatus;

// A field that is added to a stored value must be added to the statements too: these lines stop
// compiling, and the samples below must then set it.
[[maybe_unused]] static void count_fields(const domain::Entitlement& e, const domain::Call& c,
                                          const domain::Event& v, const flow::Comparison& l,
                                          const domain::Account& a) {
    [[maybe_unused]] const auto& [a1, a2, a3, a4, a5, a6, a7] = a;
    [[maybe_unused]] const auto& [o1, o2, o3, o4, o5, o6, o7] = *a.cascade;
    [[maybe_unused]] const auto& [e1, e2, e3, e4, e5, e6, e7, e8, e9, e10, e11, e12, e13, e14, e15,
                                  e16, e17, e18, e19, e20, e21, e22, e23, e24, e25, e26, e27, e28,
                                  e29, e30, e31, e32, e33, e34, e35] = e;
    [[maybe_unused]] const auto& [n1, n2, n3, n4, n5, n6, n7, n8, n9, n10, n11] = e.convergence;
    [[maybe_unused]] const auto& [c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12] = c;
    [[maybe_unused]] const auto& [v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12] = v;
    [[maybe_unused]] const auto& [l1, l2, l3, l4, l5, l6, l7, l8, l9, l10, l11] = l;
}

Folder::Folder() {
    static std::atomic<int> last = 0;
    path_ = std::filesystem::temp_directory_path() /
            fmt::format("usher-store-{}-{}", ::getpid(), ++last);
    std::filesystem::create_directories(path_);
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

namespace {

base::Time at(long long seconds) {
    return base::from_micros((1'700'000'000 + seconds) * 1'000'000 + 123'456);
}

domain::Call call_of(std::uint32_t number, PartnerAction action, CallPhase phase) {
    return {.number = number,
            .action = action,
            .phase = phase,
            .request_id = domain::RequestId{fmt::format("request-{}", number)},
            .answer_read = number % 2 == 0,
            .sent_before = number % 2 == 1,
            .pushed_back = true,
            .begun = at(number),
            .deadline = at(10 + number),
            .horizon = at(48 * 3600),
            .body_digest = "d1g3st",
            .result = "r\"és'ult"};
}

}  // namespace

domain::Entitlement bare_entitlement(const std::string& tenant, const std::string& id) {
    domain::Entitlement row;
    row.tenant = domain::TenantId{tenant};
    row.id = domain::EntitlementId{id};
    row.account = domain::AccountId{"account-" + id};
    row.product = domain::ProductId{"MUSIC"};
    row.merchant = domain::MerchantId{"BANGO_US"};
    row.product_key = domain::ProductKey{"KEY"};
    row.customer = domain::CustomerId{tenant + "-" + id};
    return row;
}

domain::Entitlement full_entitlement(const std::string& tenant, const std::string& id) {
    auto row = bare_entitlement(tenant, id);
    row.partner_id = domain::PartnerEntitlementId{"partner-" + tenant + id};
    row.other_product_key = domain::ProductKey{"OTHER"};
    row.wanted_product = domain::ProductId{"M_WANTED"};
    row.wanted_product_key = domain::ProductKey{"WANTED"};
    row.convergence.product_wanted = true;
    row.refused_product = domain::ProductId{"M_REFUSED"};
    row.deleted_at = base::from_micros(1'600'000'000'000'123);
    auto& convergence = row.convergence;
    convergence.status = EntitlementStatus::active_ending;
    convergence.partner_status = PartnerStatus::unknown;
    convergence.intent = true;
    convergence.read_wanted = true;
    convergence.bound = true;
    convergence.partner_date = at(-5);
    convergence.heard_at = at(-4);
    convergence.refusal = domain::PartnerRefusal{
        PartnerAction::undo_cancel, domain::Rejection::not_supported_by_partner, "NOT_AVAILABLE"};
    convergence.calls = {call_of(3, PartnerAction::cancel, CallPhase::open),
                         call_of(4, PartnerAction::undo_cancel, CallPhase::under_way)};
    convergence.last_call = 4;
    row.reason = {"code", "category", "cancel code", "cancel category", "it's \"over\" — ü"};
    row.valid_from = at(1);
    row.expiry_date = at(2);
    row.ends_at = at(3);
    row.activation = domain::Activation{base::Secret{"https://partner.example/a?token=x"}, at(4)};
    row.last_refusal =
        domain::LastRefusal{EntitlementStatus::suspended, domain::Rejection::refused_by_partner,
                            "FAILED_AT_MERCHANT", at(5), 17};
    row.created = at(6);
    row.modified = at(7);
    row.version = 41;
    row.request = 40;
    row.occupies = true;
    row.due_at = at(8);
    row.attempts = 3;
    row.hints = 9;
    row.unsettled_since = at(9);
    row.last_problem = "no answer";
    row.problem = domain::Problem::no_answer;
    row.partner_said_at = at(10);
    row.claim = {.fence = 12, .lease_until = at(11)};
    row.asker = {"portal", "operator-portal", domain::CorrelationId{"c-1"}, {}};
    return row;
}

domain::Event event_of(const domain::Entitlement& row, const std::string& note) {
    return {.tenant = row.tenant,
            .entitlement = row.id,
            .version = row.version,
            .at = at(12),
            .change = {.kind = domain::ChangeKind::refused,
                       .status_from = EntitlementStatus::suspended,
                       .status_to = EntitlementStatus::active,
                       .partner_from = PartnerStatus::unknown,
                       .partner_to = PartnerStatus::active,
                       .action = PartnerAction::suspend,
                       .rejection = domain::Rejection::refused_by_partner,
                       .partner_code = "NOT_AVAILABLE"},
            .initiator = domain::Initiator::partner,
            .asker = {"portal", "operator-portal", domain::CorrelationId{"c-2"}, "said – so"},
            .call = 4,
            .note = note,
            .product = domain::ProductId{"OTHER"}};
}

domain::Account account_of(const std::string& tenant, const std::string& id) {
    return {.tenant = domain::TenantId{tenant},
            .id = domain::AccountId{id},
            .status = domain::AccountStatus::restricted,
            .created = at(20),
            .modified = at(21),
            .deleted_at = at(24),
            .cascade = domain::Cascade{
                .kind = domain::CascadeKind::suspend,
                .asker = {"portal", "operator-portal", domain::CorrelationId{"c-3"}, "why"},
                .begun = at(25),
                .after = domain::EntitlementId{"e"},
                .asked = 17,
                .rounds = 2,
                .due_at = at(26)}};
}

domain::Product product_of(const std::string& tenant, const std::string& id) {
    return {.tenant = domain::TenantId{tenant},
            .id = domain::ProductId{id},
            .name = "Music & more",
            .merchant = domain::MerchantId{"BANGO_US"},
            .product_key = domain::ProductKey{"MUSIC"},
            .created = at(22),
            .modified = at(23)};
}

std::shared_ptr<std::optional<Committed>> Lab::queue(flow::Command command) {
    auto answer = std::make_shared<std::optional<Committed>>();
    store_->submit(std::move(command), [answer](Committed committed) {
        if (answer->has_value()) std::abort();  // answered twice
        *answer = committed;
    });
    return answer;
}

void Lab::turn() {
    while (store_->run_group()) {
    }
    store_->run_upkeep();
}

Committed Lab::commit(flow::Command command) {
    const auto answer = queue(std::move(command));
    turn();
    return answer->value();
}

Committed Lab::commit(flow::Wanted wanted, std::function<flow::Writes(const flow::Rows&)> decide) {
    return commit(flow::Command{std::move(wanted), std::move(decide)});
}

Committed Lab::insert(const domain::Entitlement& row) {
    return commit({.tenant = row.tenant},
                  [row](const flow::Rows&) { return flow::Writes{.entitlement = row}; });
}

Committed Lab::update(const domain::Entitlement& row,
                      std::function<void(domain::Entitlement&)> change, std::string note) {
    return commit({.tenant = row.tenant, .entitlement = row.id}, [&](const flow::Rows& rows) {
        flow::Writes writes{.entitlement = rows.entitlement};
        change(*writes.entitlement);
        writes.events.push_back(event_of(*writes.entitlement, note));
        return writes;
    });
}

std::optional<domain::Entitlement> Lab::stored(const domain::Entitlement& row) {
    return ask(store_->find_entitlement(row.tenant, row.id)).value();
}

std::vector<domain::Event> Lab::feed(const std::string& tenant) {
    return ask(store_->feed(domain::TenantId{tenant}, 0, 1'000'000)).value();
}

flow::DueList Lab::due(std::size_t limit, std::vector<flow::Route> left_out) {
    return ask(store_->due(limit, std::move(left_out))).value();
}

void Maker::stir(domain::Entitlement& row, base::Time now) {
    const auto time = [&] {
        return now + std::chrono::seconds{below(100)} - std::chrono::seconds{50};
    };
    const auto maybe = [&] { return flip() ? std::optional{time()} : std::nullopt; };
    auto& convergence = row.convergence;
    convergence.status = domain::kEntitlementStatuses.at(below(8));
    convergence.partner_status = domain::kPartnerStatuses.at(below(8));
    convergence.intent = flip();
    convergence.read_wanted = flip();
    convergence.heard_at = maybe();
    convergence.partner_date = maybe();
    convergence.refusal.reset();
    if (below(4) == 0) {
        convergence.refusal = domain::PartnerRefusal{domain::kPartnerActions.at(below(6)),
                                                     domain::kRejections.at(below(9)), "code"};
    }
    stir_calls(row, now);
    row.due_at = maybe();
    row.ends_at = maybe();
    row.activation.reset();
    if (below(4) == 0) row.activation = domain::Activation{base::Secret{"https://a"}, maybe()};
    row.claim = {.fence = row.claim.fence + 1, .lease_until = maybe()};
    row.occupies = row.occupies && below(8) != 0;
    row.last_problem = flip() ? "problem" : "";
    row.problem = domain::kProblems.at(below(domain::kProblems.size()));
    row.partner_said_at = maybe();
    row.other_product_key = domain::ProductKey{flip() ? "OTHER" : ""};
    row.deleted_at = maybe();
    row.attempts = static_cast<std::uint32_t>(below(5));
    ++row.version;
    row.modified = now;
}

void Maker::stir_calls(domain::Entitlement& row, base::Time now) {
    auto& calls = row.convergence.calls;
    for (auto& call : calls) {
        if (flip()) call.phase = CallPhase::open;
        if (flip()) call.horizon = now;
    }
    if (flip()) {
        calls.push_back(call_of(++row.convergence.last_call, domain::kPartnerActions.at(below(6)),
                                CallPhase::under_way));
    }
}

}  // namespace usher::store
