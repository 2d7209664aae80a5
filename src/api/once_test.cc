// A change with a key: what is looked up, kept and answered.
#include "api/once.h"

#include "api/opentv/test_opentv.h"

namespace usher::api {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kSuspend = R"({"status":"SUSPENDED"})";

class OnceAnswerTest : public OpenTvTest {
  protected:
    http::Response suspend(const std::string& key = "k-1") {
        return call("PUT", kUpdatePath, std::string{kSuspend}, {{"Idempotency-Key", key}});
    }
    static std::string kept(int status, const std::string& body) {
        return write_kept(http::make_response(status, "application/json", body), "request");
    }
};

TEST_F(OnceAnswerTest, WithoutAKeyNothingIsLookedUpOrKept) {
    EXPECT_EQ(call("PUT", kUpdatePath, std::string{kSuspend}).status, 200);
    EXPECT_TRUE(operations.keys_asked.empty() && operations.replaced.empty());
    EXPECT_FALSE(operations.updates.at(0).once);
}

TEST_F(OnceAnswerTest, TheKeyIsOfTheTenantAndTheSubjectWithoutItsQuotes) {
    EXPECT_EQ(suspend("\"k-1\"").status, 200);
    ASSERT_EQ(operations.keys_asked.size(), 1U);
    const auto& key = operations.keys_asked.at(0).key;
    EXPECT_EQ(key.tenant.text(), "demo");
    EXPECT_EQ(key.subject, "sub-portal");
    EXPECT_EQ(key.key, "k-1");
}

TEST_F(OnceAnswerTest, TheSameRequestIsTheSameMethodPathQueryAndBody) {
    suspend();
    call("PUT", kUpdatePath, std::string{kSuspend},
         {{"Idempotency-Key", "k"}, {"Prefer", "wait=0"}});
    call("POST", kUpdatePath, std::string{kSuspend}, {{"Idempotency-Key", "k"}});
    call("PUT", std::string{kUpdatePath} + "?a=b", std::string{kSuspend},
         {{"Idempotency-Key", "k"}});
    call("PUT", kUpdatePath, R"({"status":"ACTIVE"})", {{"Idempotency-Key", "k"}});
    const auto& asked = operations.keys_asked;
    ASSERT_EQ(asked.size(), 5U);
    EXPECT_EQ(asked[0].request, asked[1].request);
    EXPECT_EQ(std::set<std::string>(
                  {asked[1].request, asked[2].request, asked[3].request, asked[4].request})
                  .size(),
              4U);
}

TEST_F(OnceAnswerTest, ARepeatIsAnsweredAsItIsKeptAndCarriedOutNoMore) {
    operations.answer_kept = kept(202, R"({"a":1})");
    const auto response = suspend();
    EXPECT_EQ(response.status, 202);
    EXPECT_EQ(response.body, R"({"a":1})");
    EXPECT_EQ(header(response, "Idempotent-Replayed"), "true");
    EXPECT_TRUE(operations.updates.empty());
}

TEST_F(OnceAnswerTest, WhileTheFirstIsUnderWayItIsToldWhenToComeAgain) {
    auto failure = flow::fail(FailureKind::key_under_way);
    failure.again_after = milliseconds{3200};
    operations.answer_kept = std::unexpected{failure};
    const auto response = suspend();
    expect_refused(response, ErrorCode::key_under_way);
    EXPECT_EQ(header(response, "Retry-After"), "4");
    operations.answer_kept = std::unexpected{flow::fail(FailureKind::key_of_another)};
    expect_refused(suspend(), ErrorCode::key_of_another);
    EXPECT_TRUE(operations.updates.empty());
}

TEST_F(OnceAnswerTest, WhatIsAnsweredOtherwiseIsKeptFirst) {
    const auto response = suspend();
    EXPECT_EQ(header(response, "usher-propagation"), "confirmed");
    EXPECT_EQ(response.headers.count("Idempotent-Replayed"), 0U);
    ASSERT_EQ(operations.replaced.size(), 1U);
    const auto replaced = read_kept(operations.replaced.at(0).answer.text);
    EXPECT_EQ(replaced.body, response.body);
    EXPECT_EQ(header(replaced, "usher-propagation"), "confirmed");
    EXPECT_EQ(operations.replaced.at(0).owner, operations.updates.at(0).once->owner);
}

TEST_F(OnceAnswerTest, WhatARepeatWasGivenMeanwhileIsTheAnswer) {
    operations.replace_result = kept(200, R"({"kept":true})");
    EXPECT_EQ(suspend().body, R"({"kept":true})");
    operations.replace_result = std::string{};  // another request has the key by now
    expect_refused(suspend(), ErrorCode::key_under_way);
}

TEST_F(OnceAnswerTest, WhereItCannotBeKeptTheFirstAnswerStays) {
    operations.replace_result = std::unexpected{flow::StoreError::not_writable};
    const auto response = suspend();
    EXPECT_EQ(header(response, "usher-propagation"), "pending");
    EXPECT_EQ(response.body, read_kept(operations.provisional).body);
    operations.replace_result = std::unexpected{flow::StoreError::unconfirmed};
    expect_refused(suspend(), ErrorCode::not_confirmed);
}

TEST_F(OnceAnswerTest, WhatIsRefusedAtOnceKeepsNothing) {
    operations.update_answer = std::unexpected{flow::fail(FailureKind::version_mismatch)};
    expect_refused(suspend(), ErrorCode::version_mismatch);
    EXPECT_TRUE(operations.replaced.empty());
}

TEST_F(OnceAnswerTest, NoKeyAtAllIsRefused) {
    for (const auto& key : {std::string{}, std::string{"a b"}, std::string(256, 'x')}) {
        expect_refused(suspend(key), ErrorCode::idempotency_key_malformed);
    }
    EXPECT_EQ(suspend(std::string(255, 'x')).status, 200);
    EXPECT_EQ(operations.updates.size(), 1U);
}

}  // namespace
}  // namespace usher::api
