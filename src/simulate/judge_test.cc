// The judge sees each broken promise, and none in a world that is as promised.
#include "simulate/judge.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include "flow/feed.h"
#include "simulate/timeline.h"

namespace usher::simulate {
namespace {

using domain::ChangeKind;
using domain::EntitlementStatus;
using domain::PartnerStatus;

const domain::TenantId kDemo{"demo"};
const domain::EntitlementId kId{"e-1"};

// One entitlement: bought, active, and suspended by asked-1.
class JudgeTest : public testing::Test {
  protected:
    JudgeTest() {
        auto& kept = evidence_.tenants[kDemo];
        add_event(ChangeKind::requested, EntitlementStatus::pending, PartnerStatus::none,
                  "asked-0");
        add_event(ChangeKind::confirmed, EntitlementStatus::active, PartnerStatus::active, "");
        add_event(ChangeKind::requested, EntitlementStatus::suspended, PartnerStatus::active,
                  "asked-1");
        add_event(ChangeKind::confirmed, EntitlementStatus::suspended, PartnerStatus::suspended,
                  "");
        domain::Entitlement row{.tenant = kDemo, .id = kId};
        row.account = domain::AccountId{"account-1"};
        row.customer = domain::CustomerId{"demo-account-1"};
        row.partner_id = domain::PartnerEntitlementId{"p-1"};
        row.convergence.status = EntitlementStatus::suspended;
        row.convergence.partner_status = PartnerStatus::suspended;
        row.version = 4;
        row.last_position = 4;
        kept.rows.emplace(kId, row);
        kept.calls[kId] = {{.number = 1, .action = domain::PartnerAction::create},
                           {.number = 2, .action = domain::PartnerAction::suspend}};
        evidence_.asked = {{.correlation = "asked-0",
                            .kind = AskedKind::purchase,
                            .tenant = kDemo,
                            .entitlement = "e-1",
                            .status = "PENDING",
                            .answer = 201},
                           {.correlation = "asked-1",
                            .kind = AskedKind::update,
                            .tenant = kDemo,
                            .entitlement = "e-1",
                            .status = "SUSPENDED",
                            .answer = 200,
                            .modified = true}};
        evidence_.partner =
            boost::json::parse(R"([{"entitlementId":"p-1","externalEntitlementId":"e-1",
                "status":"SUSPENDED","customerIdentifier":"demo-account-1",
                "effects":{"create":1,"suspend":1}}])")
                .as_array();
        evidence_.calls_allowed = 10;
        evidence_.calls_in_a_while = 5;
        evidence_.calls_for_a_request = 0;
        call("POST", "", R"({"externalEntitlementId":"e-1"})", "id-1", 200);
        call("PATCH", "", R"({"entitlementId":"p-1"})", "id-2", 200);
    }

    // Each a minute after the one before.
    void call(std::string method, const std::string& path, std::string body, std::string id,
              std::optional<int> heard) {
        const base::Monotonic at{std::chrono::minutes{evidence_.sent.size()}};
        evidence_.sent.push_back({.request = {.method = std::move(method),
                                              .target = "/v1/entitlement" + path,
                                              .headers = {{"X-RequestIdentifier", std::move(id)}},
                                              .body = std::move(body)},
                                  .at = at,
                                  .until = at + std::chrono::seconds{10},
                                  .heard = heard});
    }
    void change(std::string id, std::optional<int> heard) {
        call("PATCH", "", R"({"entitlementId":"p-1"})", std::move(id), heard);
    }
    // Under a claim, in the name of who asked.
    void read() {
        look();
        evidence_.sent.back().request.headers.add("x-correlation-id", "c-1");
    }
    // Of the sweep.
    void look() { call("GET", "/p-1", "", "", 200); }

    void add_event(ChangeKind kind, EntitlementStatus status, PartnerStatus partner,
                   const std::string& correlation) {
        auto& feed = evidence_.tenants[kDemo].feed;
        domain::Event event{.tenant = kDemo, .entitlement = kId};
        event.position = static_cast<std::int64_t>(feed.size()) + 1;
        event.version = feed.size() + 1;
        event.at = wall_time(base::Monotonic{std::chrono::minutes{event.position}});
        event.change = {.kind = kind, .status_to = status, .partner_to = partner};
        event.asker.correlation = domain::CorrelationId{correlation};
        if (kind == ChangeKind::requested) event.initiator = domain::Initiator::op;
        if (!feed.empty()) {
            event.previous = feed.back().position;
            event.change.status_from = feed.back().change.status_to;
            event.change.partner_from = feed.back().change.partner_to;
        }
        feed.push_back(std::move(event));
    }

    TenantEvidence& kept() { return evidence_.tenants[kDemo]; }
    domain::Entitlement& row() { return kept().rows.at(kId); }
    boost::json::object& record() { return evidence_.partner.at(0).as_object(); }

    // Breaks one thing: that promise must be among what is found.
    void expect_found(Invariant invariant, const std::function<void()>& spoil) {
        const auto sound = evidence_;
        spoil();
        const auto verdict = judge(evidence_);
        EXPECT_TRUE(std::ranges::any_of(verdict.violations, [&](const Violation& violation) {
            return violation.invariant == invariant;
        })) << to_text(invariant);
        evidence_ = sound;
    }

    Evidence evidence_;
};

TEST_F(JudgeTest, asPromised) {
    const auto verdict = judge(evidence_);
    for (const auto& violation : verdict.violations) ADD_FAILURE() << violation.about;
    EXPECT_EQ(verdict.repeats, 0U);
}

TEST_F(JudgeTest, bothSides) {
    expect_found(Invariant::both_agree, [&] { record()["status"] = "ACTIVE"; });
    expect_found(Invariant::both_agree, [&] { row().convergence.intent = true; });
    expect_found(Invariant::both_agree, [&] { row().deleted_at = base::Time{}; });
    expect_found(Invariant::both_agree, [&] { row().convergence.read_wanted = true; });
    expect_found(Invariant::both_agree, [&] { row().convergence.calls = kept().calls.at(kId); });
    expect_found(Invariant::both_agree, [&] { evidence_.partner.clear(); });
    expect_found(Invariant::both_agree,
                 [&] { row().convergence.partner_status = PartnerStatus::unknown; });
}

TEST_F(JudgeTest, answers) {
    expect_found(Invariant::nothing_lost, [&] { evidence_.asked[1].correlation = "asked-9"; });
    expect_found(Invariant::nothing_lost, [&] {
        evidence_.asked.push_back(evidence_.asked[1]);
        evidence_.asked.back().correlation = "asked-2";
        evidence_.asked.back().status = "REVOKED";
        evidence_.asked.back().modified = false;
    });
    expect_found(Invariant::nothing_lost, [&] {
        evidence_.asked[0].correlation = "asked-9";
        evidence_.asked[0].entitlement = "e-2";
    });
    expect_found(Invariant::nothing_invented, [&] { evidence_.asked[0].entitlement = "e-2"; });
    expect_found(Invariant::nothing_invented, [&] {
        evidence_.asked[1].answer = 503;
        evidence_.asked[1].error_code = 50302;
    });
    expect_found(Invariant::nothing_invented,
                 [&] { kept().feed[0].asker.correlation = domain::CorrelationId{"asked-1"}; });
    expect_found(Invariant::nothing_invented, [&] { evidence_.asked[1].status = "REVOKED"; });
    expect_found(Invariant::nothing_invented, [&] { evidence_.asked[1].entitlement = "e-2"; });
    expect_found(Invariant::nothing_invented, [&] { evidence_.asked[1].answer = 400; });
    expect_found(Invariant::nothing_invented, [&] { evidence_.asked.pop_back(); });
    expect_found(Invariant::everybody_answered, [&] { evidence_.asked[1].answer.reset(); });
    expect_found(Invariant::everybody_answered,
                 [&] { evidence_.asked[1].answered_at += std::chrono::minutes{2}; });
    expect_found(Invariant::answers_as_promised, [&] { evidence_.asked[1].answer = 404; });
    expect_found(Invariant::answers_as_promised, [&] { evidence_.asked[1].answer = 500; });
}

TEST_F(JudgeTest, history) {
    expect_found(Invariant::last_wish_holds, [&] {
        kept().feed[2].change.status_to = EntitlementStatus::revoked;
        kept().feed[3].change.status_from = EntitlementStatus::revoked;
    });
    expect_found(Invariant::history_is_whole, [&] { kept().feed[2].version = 4; });
    expect_found(Invariant::history_is_whole, [&] { kept().feed[2].previous = 1; });
    expect_found(Invariant::history_is_whole, [&] { row().version = 5; });
    expect_found(Invariant::history_is_whole,
                 [&] { kept().feed[3].change.status_to = EntitlementStatus::active; });
    expect_found(Invariant::history_is_whole, [&] { kept().feed.clear(); });
    expect_found(Invariant::feed_is_whole, [&] { kept().feed[3].position = 5; });
}

TEST_F(JudgeTest, aWishMayEndWithAMoveThatWasMade) {
    kept().feed[3].change.kind = ChangeKind::partner_moved;
    kept().feed[2].change.status_to = EntitlementStatus::cancelled;
    kept().feed[3].change.status_from = EntitlementStatus::cancelled;
    evidence_.asked[1].status = "CANCELLED";
    expect_found(Invariant::last_wish_holds, [] {});
    evidence_.moved.insert("e-1");
    EXPECT_TRUE(judge(evidence_).violations.empty());
}

TEST_F(JudgeTest, aWishMayEndWithARefusalThatWasGiven) {
    kept().feed[3].change.kind = ChangeKind::refused;
    kept().feed[3].change.rejection = domain::Rejection::refused_by_partner;
    kept().feed[2].change.status_to = EntitlementStatus::cancelled;
    kept().feed[3].change.status_from = EntitlementStatus::cancelled;
    evidence_.asked[1].status = "CANCELLED";
    expect_found(Invariant::last_wish_holds, [] {});
    expect_found(Invariant::last_wish_holds, [&] { change("id-3", 409); });
    evidence_.sent[1].request.method = "POST";
    evidence_.sent[1].request.target = "/v1/entitlement/cancel/p-1";
    expect_found(Invariant::last_wish_holds, [&] { evidence_.sent[1].heard = 401; });
    evidence_.sent[1].heard = 409;
    EXPECT_TRUE(judge(evidence_).violations.empty());
}

TEST_F(JudgeTest, whoCouldBeToldOfARefusalIsToldOfIt) {
    const auto refuse = [&] {
        kept().feed[3].change.kind = ChangeKind::refused;
        kept().feed[3].change.rejection = domain::Rejection::refused_by_partner;
    };
    const auto refused_at = base::Monotonic{std::chrono::minutes{kept().feed[3].position}};
    expect_found(Invariant::answers_as_promised, [&] {
        refuse();
        evidence_.asked[1].at = refused_at;
        evidence_.asked[1].answered_at = refused_at + std::chrono::seconds{5};
    });
    const auto is_untruth = [&] {
        return std::ranges::any_of(judge(evidence_).violations, [](const Violation& violation) {
            return violation.invariant == Invariant::answers_as_promised;
        });
    };
    refuse();
    EXPECT_FALSE(is_untruth()) << "it was answered before";
    evidence_.asked[1].at = refused_at;
    evidence_.asked[1].answered_at = refused_at + std::chrono::seconds{5};
    evidence_.sees_clearly = false;
    EXPECT_FALSE(is_untruth());
}

TEST_F(JudgeTest, nothingLeavesDuringAPause) {
    const auto second_call = evidence_.sent[1].at;
    evidence_.pauses = {{.from = second_call - base::Duration{1}}};
    expect_found(Invariant::pause_holds, [] {});
    expect_found(Invariant::pause_holds, [&] { evidence_.pauses[0].tenant = kDemo; });
    evidence_.pauses[0].until = second_call;
    EXPECT_TRUE(judge(evidence_).violations.empty()) << "it was over";
    evidence_.pauses[0].until.reset();
    evidence_.pause_takes = std::chrono::seconds{1};
    EXPECT_TRUE(judge(evidence_).violations.empty()) << "not every node knew of it";
    evidence_.pause_takes = {};
    evidence_.pauses[0].tenant = domain::TenantId{"second"};
    EXPECT_TRUE(judge(evidence_).violations.empty()) << "another tenant's";
}

TEST_F(JudgeTest, whatTheMerchantCannotUndoMayStand) {
    kept().feed[3].change.kind = ChangeKind::partner_moved;
    kept().feed[2].change.status_to = EntitlementStatus::cancelled;
    kept().feed[3].change.status_from = EntitlementStatus::cancelled;
    evidence_.asked[1].status = "CANCELLED";
    evidence_.unsupported = true;
    expect_found(Invariant::last_wish_holds, [] {});
    auto& sent = evidence_.sent[1];
    sent.request.method = "POST";
    sent.request.target = "/v1/entitlement/cancel/p-1";
    sent.heard = 409;
    sent.answer = R"({"responseCode":"CONFLICT"})";
    expect_found(Invariant::last_wish_holds, [] {});
    sent.answer = R"({"responseCode":"NOT_AVAILABLE"})";
    EXPECT_TRUE(judge(evidence_).violations.empty());
}

TEST_F(JudgeTest, theProductFollows) {
    record()["productKey"] = "VIDEO";
    expect_found(Invariant::product_follows, [] {});
    row().other_product_key = domain::ProductKey{"VIDEO"};
    expect_found(Invariant::product_follows, [] {});
    row().problem = domain::Problem::product_not_ours;
    EXPECT_TRUE(judge(evidence_).violations.empty());
    kept().known = {domain::ProductKey{"VIDEO"}};
    expect_found(Invariant::product_follows, [] {});
    row().problem = domain::Problem::product_taken;
    expect_found(Invariant::product_follows, [] {});
    auto other = row();
    other.id = domain::EntitlementId{"e-2"};
    other.product_key = domain::ProductKey{"VIDEO"};
    kept().rows.emplace(other.id, other);
    const auto is_found = [&] {
        return std::ranges::any_of(judge(evidence_).violations, [](const auto& violation) {
            return violation.invariant == Invariant::product_follows &&
                   violation.about.starts_with("e-1:");
        });
    };
    EXPECT_FALSE(is_found());
    kept().rows.at(other.id).occupies = false;
    row().partner_said_at = wall_time(base::Monotonic{std::chrono::minutes{9}});
    kept().rows.at(other.id).modified = *row().partner_said_at + std::chrono::minutes{1};
    EXPECT_FALSE(is_found()) << "it has ended since the last look";
    kept().rows.at(other.id).modified = *row().partner_said_at - std::chrono::minutes{1};
    EXPECT_TRUE(is_found());
}

TEST_F(JudgeTest, theWire) {
    expect_found(Invariant::one_at_a_time,
                 [&] { evidence_.sent[1].at = evidence_.sent[0].at + std::chrono::seconds{5}; });
    expect_found(Invariant::read_first, [&] { change("id-3", {}), change("id-3", 200); });
    expect_found(Invariant::read_first, [&] { change("id-3", 503), change("id-4", 200); });
    expect_found(Invariant::one_id, [&] { change("id-3", {}), read(), change("id-4", 200); });
    expect_found(Invariant::backs_off, [&] { read(), read(), read(), read(), read(); });
    const auto reads_for_a_purchase = [&] {
        read(), read(), read(), read(), read(), read();
        evidence_.calls_for_a_request = 1;
        evidence_.asked.push_back({.correlation = "asked-2",
                                   .kind = AskedKind::purchase,
                                   .tenant = kDemo,
                                   .account = "account-1",
                                   .product_key = "MUSIC",
                                   .cut_off = true});
        row().account = domain::AccountId{"account-1"};
        row().product_key = domain::ProductKey{"MUSIC"};
        record()["productKey"] = "MUSIC";
    };
    expect_found(Invariant::backs_off, [&] {
        reads_for_a_purchase();
        evidence_.asked.back().product_key = "OTHER";
    });
    {
        const auto before = evidence_;
        reads_for_a_purchase();
        EXPECT_TRUE(judge(evidence_).violations.empty()) << "nobody heard its id";
        evidence_ = before;
    }
    expect_found(Invariant::waits, [&] { change("id-3", 202), read(), change("id-4", 200); });
    change("id-3", {}), read(), change("id-3", 200);
    EXPECT_TRUE(judge(evidence_).violations.empty());
    look(), look(), look(), look(), look();
    EXPECT_TRUE(judge(evidence_).violations.empty()) << "looks of the sweep are under no claim";
    change("id-4", {}), look();
    expect_found(Invariant::read_first, [&] { change("id-4", 200); });
}

TEST_F(JudgeTest, whatMayBeAsked) {
    expect_found(Invariant::asked_as_allowed,
                 [&] { kept().feed[2].change.partner_from = PartnerStatus::pending; });
    expect_found(Invariant::asked_as_allowed, [&] { evidence_.asked[1].status = "PENDING"; });
}

TEST_F(JudgeTest, whatIsAnotherTenants) {
    auto& pried = evidence_.asked.emplace_back(evidence_.asked[1]);
    pried.correlation = "asked-2";
    pried.foreign = true;
    pried.answer = 404;
    EXPECT_TRUE(judge(evidence_).violations.empty());
    expect_found(Invariant::tenants_apart, [&] { evidence_.asked[2].answer = 200; });
    expect_found(Invariant::tenants_apart, [&] {
        evidence_.asked[0].correlation = "asked-9";
        evidence_.asked[0].tenant = domain::TenantId{"second"};
    });
}

TEST_F(JudgeTest, countsWhatItLooksAt) {
    const auto verdict = judge(evidence_);
    const auto looks = [&](Invariant invariant) {
        return verdict.looks.at(static_cast<std::size_t>(invariant));
    };
    EXPECT_EQ(looks(Invariant::both_agree), 1U);
    EXPECT_EQ(looks(Invariant::feed_is_whole), 4U);
    EXPECT_EQ(looks(Invariant::one_effect), 2U);
    EXPECT_EQ(looks(Invariant::last_wish_holds), 1U);
    const Cells cells{{{EntitlementStatus::active, EntitlementStatus::suspended}, 1}};
    EXPECT_EQ(verdict.cells, cells);
}

TEST_F(JudgeTest, partner) {
    expect_found(Invariant::one_effect, [&] { record()["effects"].as_object()["suspend"] = 2; });
    expect_found(Invariant::one_record, [&] {
        auto other = record();
        other["entitlementId"] = "p-2";
        evidence_.partner.push_back(other);
    });
    expect_found(Invariant::one_record, [&] { record()["externalEntitlementId"] = "e-9"; });
    expect_found(Invariant::tenants_apart,
                 [&] { record()["customerIdentifier"] = "second-account-1"; });
    expect_found(Invariant::calls_bounded, [&] { evidence_.calls_allowed = 1; });
}

TEST_F(JudgeTest, aShortMemoryIsCountedNotBlamed) {
    evidence_.short_memory = true;
    record()["effects"].as_object()["suspend"] = 3;
    const auto verdict = judge(evidence_);
    EXPECT_TRUE(verdict.violations.empty());
    EXPECT_EQ(verdict.repeats, 2U);
}

TEST_F(JudgeTest, WhoReadsTheEventsHasEachOnceAndInOrder) {
    const auto& feed = evidence_.tenants[kDemo].feed;
    const auto read = [this]() -> ReadEvents& { return evidence_.read[kDemo]; };
    for (const auto& event : feed) read().ids.push_back(flow::to_text(flow::place_of(event)));
    EXPECT_TRUE(judge(evidence_).violations.empty());
    constexpr auto kPromise = Invariant::reader_misses_nothing;
    expect_found(kPromise, [&] { std::swap(read().ids.at(1), read().ids.at(2)); });
    expect_found(kPromise, [&] { read().ids.erase(read().ids.begin() + 1); });
    expect_found(kPromise, [&] { read().ids.push_back(read().ids.front()); });
    expect_found(kPromise, [&] { read().ids.back() = "4-0123456789ab"; });
    expect_found(kPromise, [&] { read().lost_its_place = true; });
    // Not to have read everything is wrong only for who was told that it is all.
    read().ids.pop_back();
    EXPECT_TRUE(judge(evidence_).violations.empty());
    read().complete_at = base::Monotonic{};
    EXPECT_TRUE(judge(evidence_).violations.empty());
    read().complete_at = base::Monotonic{std::chrono::hours{24}};
    expect_found(kPromise, [] {});
}

TEST_F(JudgeTest, WhatAnEndedAccountHoldsHasEnded) {
    const Asked ends{.correlation = "asked-2",
                     .kind = AskedKind::account,
                     .tenant = kDemo,
                     .account = "account-1",
                     .account_wish = AccountWish::end,
                     .status = "CANCELLED",
                     .at = base::Monotonic{std::chrono::minutes{10}},
                     .answer = 200,
                     .modified = true};
    expect_found(Invariant::account_carries, [&] { evidence_.asked.push_back(ends); });

    // It was asked for anew before: that is no excuse; nor is what somebody else's account holds.
    const auto others = [&] {
        evidence_.asked.push_back(ends);
        evidence_.asked.back().account = "account-2";
    };
    others();
    EXPECT_TRUE(judge(evidence_).violations.empty());
    evidence_.asked.back().answer = 503;
    evidence_.asked.back().account = "account-1";
    EXPECT_TRUE(judge(evidence_).violations.empty()) << "nothing was promised";
    evidence_.asked.back().answer = 404;
    expect_found(Invariant::answers_as_promised, [] {});
    evidence_.asked.back().answer = 200;
    expect_found(Invariant::nothing_invented, [&] {
        add_event(ChangeKind::requested, EntitlementStatus::active, PartnerStatus::suspended,
                  "asked-2");
    });
    expect_found(Invariant::nothing_lost, [&] {
        evidence_.asked.back().account_wish = AccountWish::deletion_of_all_it_has;
        evidence_.asked.back().deleted = 1;
    });
}

TEST_F(JudgeTest, WhatCameAgainWithItsKeyIsRecordedOnceAndToldTheSame) {
    auto& first = evidence_.asked.at(1);
    first.key = "key-1";
    first.told = "200 pending {}";
    auto again = first;
    again.correlation = "asked-2";
    again.replayed = true;
    evidence_.asked.push_back(again);
    EXPECT_TRUE(judge(evidence_).violations.empty());
    auto& repeat = evidence_.asked.back();
    expect_found(Invariant::once_for_a_key, [&] { repeat.told = "200 confirmed {}"; });
    expect_found(Invariant::once_for_a_key, [&] {
        add_event(ChangeKind::requested, EntitlementStatus::suspended, PartnerStatus::suspended,
                  "asked-2");
    });
    expect_found(Invariant::nothing_lost, [&] { evidence_.asked.at(1).correlation = "asked-9"; });
}

}  // namespace
}  // namespace usher::simulate
