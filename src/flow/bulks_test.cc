#include "flow/bulks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "flow/test_world.h"

namespace usher::flow {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

class BulksTest : public testing::Test {
  protected:
    static BeginBulk of_file(std::uint64_t rows = 4, std::string token = {}) {
        BeginBulk request{.tenant = test::kTenant,
                          .file = "f.csv",
                          .digest = "d",
                          .rows = rows,
                          .token = std::move(token)};
        request.asker.subject = "ann";
        return request;
    }
    Bulk begin(BeginBulk request) {
        return world.run(begin_bulk(world.ports, std::move(request))).value();
    }
    static BulkPlace place(const Bulk& bulk, std::string subject = "ann") {
        return {.tenant = test::kTenant, .id = bulk.id, .subject = std::move(subject)};
    }
    std::expected<Looked, Failure> look(const Bulk& bulk, std::uint64_t from,
                                        std::vector<BulkVerdict> verdicts,
                                        std::vector<std::uint64_t> ends) {
        return world.run(note_look(
            world.ports,
            {.place = place(bulk),
             .noted = {.from = from, .verdicts = std::move(verdicts), .ends = std::move(ends)}}));
    }
    std::expected<Bulk, Failure> start(const Bulk& bulk, const std::string& token = {}) {
        return world.run(start_bulk(world.ports, {place(bulk), token, "the merchant closes", 5}));
    }
    std::expected<Bulk, Failure> pass(const Bulk& bulk, LetThrough rows) {
        return world.run(let_rows_through(world.ports, {place(bulk), rows, 5}));
    }
    std::expected<Bulk, Failure> note(const Bulk& bulk, std::uint64_t from,
                                      std::vector<BulkVerdict> verdicts) {
        return world.run(note_results(world.ports, {place(bulk), {from, std::move(verdicts)}}));
    }

    // All four rows change something and end nothing.
    Looked looked_at(const Bulk& bulk, std::uint64_t ends = 0) {
        const std::vector<BulkVerdict> all(4, BulkVerdict::changed);
        return look(bulk, 0, all, {ends, 0, 0, 0}).value();
    }
    Bulk running() {
        const auto bulk = begin(of_file());
        looked_at(bulk);
        return start(bulk).value();
    }

    test::World world;
};

FailureKind kind(const auto& outcome) {
    EXPECT_FALSE(outcome.has_value());
    return outcome ? FailureKind::store : outcome.error().kind;
}

TEST_F(BulksTest, ALookIsCountedOnceAndEndsWithAToken) {
    const auto bulk = begin(of_file());
    EXPECT_EQ(state_of(bulk), BulkState::looking);
    const auto half = look(bulk, 0, {BulkVerdict::changed, BulkVerdict::refused}, {1, 0}).value();
    EXPECT_TRUE(half.token.empty());
    EXPECT_EQ(kind(look(bulk, 3, {BulkVerdict::changed}, {0})), FailureKind::bulk_out_of_turn)
        << "a row is missing";
    EXPECT_EQ(kind(look(bulk, 2, std::vector(3, BulkVerdict::changed), {0, 0, 0})),
              FailureKind::bulk_out_of_turn)
        << "more rows than the file has";
    const auto all =
        look(bulk, 1, {BulkVerdict::changed, BulkVerdict::unchanged, BulkVerdict::changed},
             {9, 0, 2})
            .value();
    EXPECT_EQ(all.bulk.foreseen, (BulkTally{.changed = 2, .unchanged = 1, .refused = 1}));
    EXPECT_EQ(all.bulk.would_end, 3U) << "what was sent again is not counted again";
    EXPECT_EQ(state_of(all.bulk), BulkState::looked);
    EXPECT_EQ(all.bulk.token_digest, base::sha256_hex(all.token.reveal()));
    EXPECT_EQ(kind(world.run(start_bulk(world.ports, {place(bulk, "bob"), "", "", 5}))),
              FailureKind::bulk_unknown);
    EXPECT_EQ(world.run(find_bulk(world.ports, test::kTenant, bulk.id)).value(), all.bulk);
    EXPECT_EQ(kind(world.run(find_bulk(world.ports, test::kTenant, "none"))),
              FailureKind::bulk_unknown);
}

TEST_F(BulksTest, WhatWouldEndTooMuchNeedsItsToken) {
    const auto bulk = begin(of_file());
    EXPECT_EQ(kind(start(bulk)), FailureKind::bulk_out_of_turn) << "not looked at";
    const auto token = looked_at(bulk, 1).token.reveal();
    EXPECT_EQ(kind(start(bulk)), FailureKind::bulk_guarded) << "nothing is live here";
    EXPECT_EQ(kind(start(bulk, "another")), FailureKind::bulk_token_refused);
    EXPECT_EQ(kind(world.run(begin_bulk(world.ports, of_file(4, "another")))),
              FailureKind::bulk_token_refused);
    auto bobs = of_file(4, token);
    bobs.asker.subject = "bob";
    EXPECT_EQ(kind(world.run(begin_bulk(world.ports, bobs))), FailureKind::bulk_token_refused);
    auto other_file = of_file(4, token);
    other_file.digest = "e";
    EXPECT_EQ(kind(world.run(begin_bulk(world.ports, other_file))),
              FailureKind::bulk_token_refused);

    EXPECT_EQ(begin(of_file(4, token)).id, bulk.id);
    const auto run = start(bulk, token).value();
    EXPECT_TRUE(run.confirmed);
    EXPECT_EQ(run.asker.comment, "the merchant closes");
    EXPECT_TRUE(pass(bulk, {.from = 0, .count = 4, .ends = 1}));
    EXPECT_EQ(begin(of_file(4, token)).id, bulk.id) << "goes on with the run";
    ASSERT_TRUE(note(bulk, 0, std::vector(4, BulkVerdict::changed)));
    EXPECT_EQ(kind(start(bulk, token)), FailureKind::bulk_token_refused) << "good for one run";
    EXPECT_EQ(kind(world.run(begin_bulk(world.ports, of_file(4, token)))),
              FailureKind::bulk_token_refused);
}

TEST_F(BulksTest, ALookIsTrustedForAnHour) {
    const auto bulk = begin(of_file());
    const auto token = looked_at(bulk).token.reveal();
    world.clock.pass(hours{1});
    EXPECT_EQ(kind(start(bulk)), FailureKind::bulk_out_of_turn);
    EXPECT_EQ(kind(start(bulk, token)), FailureKind::bulk_token_refused);
}

TEST_F(BulksTest, ARunIsGoneOnWithAndCountedOnce) {
    const auto bulk = running();
    EXPECT_EQ(start(bulk).value(), bulk) << "a repeat";
    EXPECT_EQ(begin(of_file()).id, bulk.id);
    EXPECT_EQ(kind(look(bulk, 0, {BulkVerdict::changed}, {0})), FailureKind::bulk_out_of_turn);
    ASSERT_TRUE(pass(bulk, {.from = 0, .count = 2}));
    EXPECT_EQ(kind(pass(bulk, {.from = 0, .count = 2})), FailureKind::bulk_out_of_turn)
        << "the endings were counted before somebody else did";
    EXPECT_EQ(kind(pass(bulk, {.from = 1, .count = 1, .known = 2})), FailureKind::bulk_out_of_turn)
        << "a row before has no result";
    ASSERT_TRUE(note(bulk, 0, {BulkVerdict::changed, BulkVerdict::refused}));
    ASSERT_TRUE(pass(bulk, {.from = 0, .count = 4, .known = 2}));
    const auto over = note(bulk, 0,
                           {BulkVerdict::refused, BulkVerdict::refused, BulkVerdict::changed,
                            BulkVerdict::unchanged})
                          .value();
    EXPECT_EQ(over.done, (BulkTally{.changed = 2, .unchanged = 1, .refused = 1}));
    EXPECT_EQ(state_of(over), BulkState::done);
    EXPECT_TRUE(pass(bulk, {.from = 1, .count = 2, .known = 4})) << "an answer that was lost";
    EXPECT_NE(begin(of_file()).id, bulk.id) << "the same file again is another run";
}

TEST_F(BulksTest, ARunIsStoppedWhereMoreEndsThanWasForeseen) {
    const auto bulk = running();
    ASSERT_TRUE(pass(bulk, {.from = 0, .count = 2}));
    ASSERT_TRUE(note(bulk, 0, std::vector(2, BulkVerdict::changed)));
    EXPECT_EQ(kind(pass(bulk, {.from = 2, .count = 2, .known = 2, .ends = 1})),
              FailureKind::bulk_guarded);
    const auto stopped = world.run(find_bulk(world.ports, test::kTenant, bulk.id)).value();
    EXPECT_EQ(state_of(stopped), BulkState::stopped);
    EXPECT_EQ(stopped.let_through, 2U);
    EXPECT_EQ(kind(pass(bulk, {.from = 2, .count = 2, .known = 2})), FailureKind::bulk_out_of_turn);
}

TEST_F(BulksTest, ARunIsNotGoneOnWithAfterADay) {
    const auto bulk = running();
    world.clock.pass(hours{24});
    EXPECT_EQ(kind(pass(bulk, {.from = 0, .count = 2})), FailureKind::bulk_out_of_turn);
    EXPECT_NE(begin(of_file()).id, bulk.id);
}

TEST(BulkGuard, IsAShareOfWhatIsLive) {
    EXPECT_FALSE(is_too_much(5, 100, 5));
    EXPECT_TRUE(is_too_much(6, 100, 5));
    EXPECT_TRUE(is_too_much(1, 0, 5));
    EXPECT_FALSE(is_too_much(0, 0, 5));
    EXPECT_FALSE(is_too_much(100, 100, 100));
    EXPECT_TRUE(is_too_much(1, 1, 0));
}

}  // namespace
}  // namespace usher::flow
