// Random operations by several who know nothing of each other, with answers of a partner that owes
// nobody consistency. Whatever happens, nothing that is unsettled may be forgotten.
#include <gtest/gtest.h>

#include "flow/purchase.h"
#include "flow/receive_report.h"
#include "flow/test_world.h"
#include "flow/update_status.h"

namespace usher::flow {
namespace {

using domain::CallPhase;
using domain::Entitlement;
using domain::EntitlementStatus;
using domain::PartnerStatus;

bool have_both_ended(const Entitlement& row) {
    const auto& c = row.convergence;
    return domain::is_ended(c.status) && !c.intent &&
           (domain::is_ended(c.partner_status) || c.partner_status == PartnerStatus::none);
}

void check_row(const Entitlement& row, base::Time now) {
    const bool settled = domain::is_settled(row.convergence);
    EXPECT_TRUE(settled || row.due_at) << "forgotten";
    EXPECT_TRUE(row.convergence.calls.empty() || row.due_at) << "an open call is forgotten";
    if (row.due_at) {
        EXPECT_LE(*row.due_at, now + std::chrono::hours{48});
    }
    EXPECT_EQ(settled, !row.unsettled_since);
    for (const auto& call : row.convergence.calls) {
        EXPECT_TRUE(call.phase != CallPhase::under_way || row.claim.lease_until)
            << "a call is under way and nobody is behind it";
    }
    if (row.claim.lease_until) {
        EXPECT_EQ(row.due_at, row.claim.lease_until);
    }
}

void check_history(const Entitlement* before, const Writes& writes) {
    const auto& row = *writes.entitlement;
    auto version = before != nullptr ? before->version : 0;
    auto status = before != nullptr ? before->convergence.status : EntitlementStatus::pending;
    auto partner = before != nullptr ? before->convergence.partner_status : PartnerStatus::none;
    for (const auto& event : writes.events) {
        EXPECT_EQ(event.version, ++version);
        EXPECT_EQ(event.change.status_from, status) << domain::to_text(event.change.kind);
        EXPECT_EQ(event.change.partner_from, partner) << domain::to_text(event.change.kind);
        status = event.change.status_to;
        partner = event.change.partner_to;
    }
    EXPECT_EQ(row.version, version);
    EXPECT_EQ(row.convergence.status, status) << "a change that no history tells of";
    EXPECT_EQ(row.convergence.partner_status, partner) << "a change that no history tells of";
}

void check_commit(const Entitlement* before, const Writes& writes, base::Time now) {
    const auto& row = *writes.entitlement;
    check_row(row, now);
    check_history(before, writes);
    if (have_both_ended(row)) {
        EXPECT_FALSE(row.occupies);
    }
    if (before == nullptr) return;
    EXPECT_TRUE(before->occupies || !row.occupies) << "a place that was given up came back";
    EXPECT_TRUE(row.occupies == before->occupies || have_both_ended(row));
    EXPECT_GE(row.claim.fence, before->claim.fence);
    EXPECT_GE(row.request, before->request);
    EXPECT_TRUE(before->partner_id.empty() || before->partner_id == row.partner_id);
}

class Chaos {
  public:
    explicit Chaos(std::uint64_t seed) : world_{seed}, random_{base::make_seeded_random(~seed)} {
        world_.propagator.carries = false;
        world_.store.on_commit = [this](const Entitlement* before, const Writes& writes) {
            check_commit(before, writes, world_.clock.now());
        };
    }

    void step() {
        switch (pick(10)) {
            case 0:
                buy();
                break;
            case 1:
            case 2:
                update();
                break;
            case 3:
                report();
                break;
            case 4:
            case 5:
                look();
                break;
            case 6:
            case 7:
            case 8:
                answer();
                break;
            default:
                change_the_world();
        }
        auto& started = world_.propagator.parked;
        std::ranges::move(started, std::back_inserter(works_));
        started.clear();
    }

    int answered() const { return answered_; }

  private:
    std::uint64_t pick(std::uint64_t below) { return random_->next() % below; }
    template <class Words>
    auto any_of(const Words& words) {
        return words[pick(words.size())];
    }
    std::optional<domain::EntitlementId> any_id() {
        const auto& rows = world_.store.rows;
        if (rows.empty()) return std::nullopt;
        return std::next(rows.begin(), static_cast<long>(pick(rows.size())))->first.second;
    }

    void buy() {
        Purchase request{
            .tenant = test::kTenant, .account = test::kAccount, .product = test::kProduct};
        if (pick(4) == 0) request.id = any_id();
        world_.run(purchase(world_.ports, request));
    }
    void update() {
        const auto id = any_id();
        if (!id) return;
        UpdateStatus request{.tenant = test::kTenant,
                             .entitlement = *id,
                             .status = any_of(domain::kEntitlementStatuses)};
        if (pick(3) == 0) request.reason.code = std::to_string(pick(2));
        world_.run(update_status(world_.ports, request));
    }
    void report() {
        if (const auto id = any_id())
            world_.run(receive_report(world_.ports, {test::kTenant, *id, "{}"}));
    }
    void look() {
        const auto id = any_id();
        if (!id) return;
        const auto& due = world_.store.row(*id).due_at;
        if (due && pick(2) == 0) {
            world_.clock.pass(std::max(base::Duration::zero(), *due - world_.clock.now()));
        }
        keep(world_.run(claim(world_.ports, test::kTenant, *id)));
    }
    void answer() {
        if (works_.empty()) return;
        const auto at = works_.begin() + static_cast<long>(pick(works_.size()));
        const auto work = *at;
        // Sometimes an answer is heard twice, and sometimes never.
        if (pick(10) != 0) works_.erase(at);
        if (pick(10) == 0) return;
        ++answered_;
        if (pick(8) == 0)
            keep(world_.run(release(world_.ports, work)));
        else if (work.call)
            keep(world_.run(settle(world_.ports, work, any_action_reply(work))));
        else
            keep(world_.run(settle(world_.ports, work, any_read_reply(work), any_begin())));
    }
    void change_the_world() {
        constexpr std::array<base::Duration, 4> kSpans{
            std::chrono::milliseconds{1}, std::chrono::seconds{3}, std::chrono::minutes{20},
            std::chrono::hours{50}};
        world_.clock.pass(any_of(kSpans));
        world_.propagator.open = pick(4) != 0;
        world_.propagator.actions = domain::ActionSet::all();
        if (pick(3) == 0) world_.propagator.actions.erase(any_of(domain::kPartnerActions));
    }
    void keep(const StoreResult<Advance>& advance) {
        ASSERT_TRUE(advance);
        if (advance->next) works_.push_back(*advance->next);
    }

    base::Time any_begin() {
        return world_.clock.now() - std::chrono::seconds{static_cast<long>(pick(20))};
    }
    // Mostly this entitlement's own record, sometimes one that may be another's.
    PartnerRecord any_record(const Work& work) {
        constexpr std::array kSeen{PartnerStatus::unknown,       PartnerStatus::pending,
                                   PartnerStatus::active,        PartnerStatus::suspended,
                                   PartnerStatus::active_ending, PartnerStatus::cancelled,
                                   PartnerStatus::revoked};
        const bool own = pick(5) != 0;
        auto id = own ? "b-" + work.entitlement.id.text() : "x-" + std::to_string(pick(3));
        if (own && !work.entitlement.partner_id.empty()) id = work.entitlement.partner_id.text();
        return test::record_of(any_of(kSeen), std::move(id));
    }
    ActionReply any_action_reply(const Work& work) {
        constexpr std::array kOutcomes{
            domain::ActionOutcome::confirmed, domain::ActionOutcome::confirmed,
            domain::ActionOutcome::accepted,  domain::ActionOutcome::refused,
            domain::ActionOutcome::lost,      domain::ActionOutcome::failed,
            domain::ActionOutcome::trouble};
        ActionReply reply{.answer = {.outcome = any_of(kOutcomes)}};
        if (reply.answer.outcome == domain::ActionOutcome::confirmed) {
            reply.record = any_record(work);
            reply.answer.view = reply.record->view;
            reply.answer.bound = true;
        }
        return reply;
    }
    ReadReply any_read_reply(const Work& work) {
        ReadReply reply{
            .kind = any_of(std::array{ReadKind::found, ReadKind::found, ReadKind::candidates,
                                      ReadKind::not_found, ReadKind::trouble})};
        if (reply.kind == ReadKind::found) reply.record = any_record(work);
        if (reply.kind == ReadKind::candidates && work.entitlement.partner_id.empty()) {
            for (auto count = pick(3); count > 0; --count) {
                reply.candidates.push_back(any_record(work));
            }
        }
        return reply;
    }

    test::World world_;
    std::unique_ptr<base::Random> random_;
    std::vector<Work> works_;
    int answered_ = 0;
};

TEST(FlowAtRandom, NothingThatIsUnsettledIsForgotten) {
    const auto first = base::make_system_random()->next();
    int answered = 0;
    for (std::uint64_t seed = first; seed < first + 150 && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        Chaos chaos{seed};
        for (int step = 0; step < 150 && !testing::Test::HasFailure(); ++step) chaos.step();
        answered += chaos.answered();
    }
    EXPECT_GT(answered, 1000) << "the seeds did something";
}

}  // namespace
}  // namespace usher::flow
