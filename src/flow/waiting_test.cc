#include "flow/waiting.h"

#include <gtest/gtest.h>

#include "flow/test_world.h"

namespace usher::flow {
namespace {

using domain::EntitlementStatus;
using domain::PartnerStatus;
using std::chrono::seconds;

class WaitingTest : public testing::Test {
  protected:
    domain::Entitlement open_request() {
        auto row = world.hold(EntitlementStatus::suspended);
        row.convergence.partner_status = PartnerStatus::active;
        row.convergence.intent = true;
        row.version = row.request = 5;
        row.claim.lease_until = world.clock.now() + seconds{25};
        return row;
    }
    static domain::Entitlement settled(domain::Entitlement row) {
        row.convergence.intent = false;
        row.convergence.partner_status = domain::meaning(row.convergence.status);
        ++row.version;
        return row;
    }
    static domain::Entitlement refused(domain::Entitlement row) {
        row.convergence.status = EntitlementStatus::active;
        row.convergence.intent = false;
        row.last_refusal =
            domain::LastRefusal{.asked = EntitlementStatus::suspended, .request = row.request};
        ++row.version;
        return row;
    }
    Waited wait(const domain::Entitlement& row, std::vector<domain::Entitlement> told) {
        auto watch = world.propagator.watch(row.tenant, row.id);
        world.clock.arm(world.clock.monotonic() + seconds{1}, world.io.get_executor(),
                        [&, told](bool) {
                            for (const auto& newer : told) world.propagator.tell(newer);
                        });
        return world.run(carry_and_wait(
            world.ports, std::move(watch), std::make_shared<const domain::Entitlement>(row), {},
            {.request = row.request}, world.clock.monotonic() + seconds{2}));
    }

    test::World world;
};

TEST_F(WaitingTest, TellsHowARequestEnded) {
    const auto row = open_request();
    EXPECT_EQ(end_of(row, {.request = 5}), RequestEnd::pending);
    EXPECT_EQ(end_of(settled(row), {.request = 5}), RequestEnd::confirmed);
    EXPECT_EQ(end_of(refused(row), {.request = 5}), RequestEnd::refused);
    EXPECT_EQ(end_of(row, {.request = 4}), RequestEnd::overtaken);
    EXPECT_EQ(end_of(settled(row), {.request = 4}), RequestEnd::overtaken)
        << "what came true is what the newer request asked for";
}

TEST_F(WaitingTest, ARefusalOfAnotherRequestIsNotTheAnswer) {
    auto row = refused(open_request());
    row.request = 7;
    row.convergence.intent = true;
    EXPECT_EQ(end_of(row, {.request = 7}), RequestEnd::pending);
    EXPECT_EQ(end_of(row, {.request = 5}), RequestEnd::refused) << "though overtaken since";
}

TEST_F(WaitingTest, ARefusalThatWasThereBeforeIsNotTheAnswer) {
    auto row = refused(open_request());
    const Awaited repeat{.request = row.request, .past = row.last_refusal};
    row.convergence.read_wanted = true;
    EXPECT_EQ(end_of(row, repeat), RequestEnd::pending);
    row.convergence.read_wanted = false;
    EXPECT_EQ(end_of(row, repeat), RequestEnd::confirmed);
    row.last_refusal->at += seconds{1};
    EXPECT_EQ(end_of(row, repeat), RequestEnd::refused);
}

TEST_F(WaitingTest, WaitsForTheEnd) {
    const auto row = open_request();
    EXPECT_EQ(wait(row, {settled(row)}).end, RequestEnd::confirmed);
    const auto waited = wait(row, {refused(row)});
    EXPECT_EQ(waited.end, RequestEnd::refused);
    EXPECT_EQ(*waited.entitlement, refused(row));
}

TEST_F(WaitingTest, EndsByItsDeadline) {
    const auto row = open_request();
    const auto waited = wait(row, {});
    EXPECT_EQ(waited.end, RequestEnd::pending);
    EXPECT_EQ(*waited.entitlement, row);
}

// Its watch hears of what this node writes alone.
TEST_F(WaitingTest, WhatAnotherNodeSettledIsSeenAtTheEnd) {
    const auto row = open_request();
    world.store.rows[{row.tenant, row.id}] = refused(row);
    const auto waited = wait(row, {});
    EXPECT_EQ(waited.end, RequestEnd::refused);
    EXPECT_EQ(*waited.entitlement, refused(row));
}

TEST_F(WaitingTest, WhatIsOlderThanTheRequestIsNotItsEnd) {
    const auto row = open_request();
    auto older = settled(row);
    older.version = row.version - 1;
    EXPECT_EQ(wait(row, {older}).end, RequestEnd::pending);

    auto doubted = row;
    doubted.claim.fence = 3;
    auto before_the_claim = settled(doubted);
    before_the_claim.version = doubted.version;
    before_the_claim.claim.fence = 2;
    EXPECT_EQ(wait(doubted, {before_the_claim}).end, RequestEnd::pending);
}

TEST_F(WaitingTest, DoesNotWaitInVain) {
    auto row = open_request();
    row.claim.lease_until.reset();
    row.due_at = world.clock.now();
    world.propagator.open = false;
    const auto before = world.clock.monotonic();
    auto watch = world.propagator.watch(row.tenant, row.id);
    const auto waited = world.run(carry_and_wait(
        world.ports, std::move(watch), std::make_shared<const domain::Entitlement>(row), {},
        {.request = row.request}, before + seconds{2}));
    EXPECT_EQ(waited.end, RequestEnd::pending);
    EXPECT_EQ(world.clock.monotonic(), before);
    EXPECT_EQ(world.propagator.woken, 1) << "somebody must find it later";
}

TEST_F(WaitingTest, WaitsForItsTurn) {
    auto row = open_request();
    row.claim.lease_until.reset();
    row.due_at = world.clock.now();
    world.propagator.open = false;
    world.propagator.turn_comes = true;
    EXPECT_EQ(wait(row, {settled(row)}).end, RequestEnd::confirmed);
}

}  // namespace
}  // namespace usher::flow
