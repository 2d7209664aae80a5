#include "flow/explanation.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace usher::flow {
namespace {

using domain::CallPhase;
using domain::ChangeKind;
using domain::EntitlementStatus;
using domain::PartnerAction;
using domain::PartnerStatus;
using domain::Problem;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const base::Time kNow{std::chrono::days{20'000}};

// An entitlement with its history, as told by the test.
struct Story {
    Evidence evidence{.now = kNow};

    Story() {
        auto& row = evidence.row;
        row.tenant = domain::TenantId{"demo"};
        row.id = domain::EntitlementId{"e-1"};
        row.merchant = domain::MerchantId{"SHOP"};
        row.partner_id = domain::PartnerEntitlementId{"b-1"};
        row.convergence.bound = true;
    }

    domain::Event& tell(ChangeKind kind, EntitlementStatus status, PartnerStatus partner,
                        base::Duration ago, std::optional<std::uint32_t> call = {}) {
        auto& row = evidence.row;
        auto& convergence = row.convergence;
        domain::Event event{.position = row.last_position + 10,
                            .version = ++row.version,
                            .at = kNow - ago,
                            .change = {.kind = kind,
                                       .status_from = convergence.status,
                                       .status_to = status,
                                       .partner_from = convergence.partner_status,
                                       .partner_to = partner},
                            .call = call};
        row.last_position = event.position;
        convergence.status = status;
        convergence.partner_status = partner;
        if (kind == ChangeKind::requested) {
            event.initiator = domain::Initiator::op;
            event.asker = {"portal", "operator-portal", domain::CorrelationId{"c-1"}, {}};
        }
        evidence.history.push_back(std::move(event));
        return evidence.history.back();
    }
    domain::Call& call(std::uint32_t number, PartnerAction action, CallPhase phase,
                       base::Duration ago) {
        domain::Call made{.number = number,
                          .action = action,
                          .phase = phase,
                          .request_id = domain::RequestId{"r-" + std::to_string(number)},
                          .begun = kNow - ago};
        evidence.calls.push_back(made);
        evidence.row.convergence.calls.push_back(made);
        return evidence.row.convergence.calls.back();
    }
    // Active on both sides, then SUSPENDED was asked for.
    Story& asks() {
        tell(ChangeKind::requested, EntitlementStatus::pending, PartnerStatus::none, minutes{60});
        tell(ChangeKind::confirmed, EntitlementStatus::active, PartnerStatus::active, minutes{59});
        tell(ChangeKind::requested, EntitlementStatus::suspended, PartnerStatus::active,
             minutes{1});
        evidence.row.convergence.intent = true;
        evidence.row.due_at = kNow + seconds{5};
        return *this;
    }
    Cause cause() const { return explain(evidence).cause; }
};

TEST(Explanation, EveryProblemOfTheLastTryIsTheCause) {
    for (const auto problem : domain::kProblems) {
        if (problem == Problem::none) continue;
        Story story;
        story.asks();
        story.evidence.row.problem = problem;
        story.evidence.row.last_problem = "a sentence";
        story.evidence.row.attempts = 3;
        const auto told = explain(story.evidence);
        EXPECT_EQ(told.cause, cause_of(problem));
        EXPECT_TRUE(told.also.empty()) << "not just recorded: it was tried";
        EXPECT_NE(told.evidence.back().text.find("a sentence (3 tries"), std::string::npos);
        EXPECT_EQ(told.next_at, story.evidence.row.due_at);
        EXPECT_EQ(told.customer.find('{'), std::string::npos);
    }
}

TEST(Explanation, SaysWhatWasAskedHeldAndSaid) {
    Story story;
    const auto told = explain(story.asks().evidence);
    ASSERT_TRUE(told.asked);
    EXPECT_EQ(told.asked->status, EntitlementStatus::suspended);
    EXPECT_EQ(told.asked->at, kNow - minutes{1});
    EXPECT_EQ(told.asked->by.correlation.text(), "c-1");
    EXPECT_EQ(told.status, EntitlementStatus::suspended);
    EXPECT_EQ(told.partner_status, PartnerStatus::active);
    EXPECT_EQ(told.partner_said, PartnerStatus::active);
    EXPECT_EQ(told.partner_said_at, kNow - minutes{59});
    EXPECT_FALSE(told.agree);
    EXPECT_EQ(told.cause, Cause::just_recorded);
    EXPECT_EQ(told.next, "suspend is sent to the partner");
    EXPECT_NE(told.customer.find("pausing your subscription"), std::string::npos);
}

TEST(Explanation, ALaterReadOfTheSameIsLaterNews) {
    Story story;
    story.asks().evidence.row.partner_said_at = kNow - minutes{2};
    EXPECT_EQ(explain(story.evidence).partner_said_at, kNow - minutes{2});
}

TEST(Explanation, AfterADoubtThePartnersLastWordIsWhatItWasBefore) {
    Story story;
    story.asks();
    story.tell(ChangeKind::lost, EntitlementStatus::suspended, PartnerStatus::unknown, seconds{9},
               2);
    const auto told = explain(story.evidence);
    EXPECT_EQ(told.cause, Cause::being_read);
    EXPECT_EQ(told.partner_status, PartnerStatus::unknown);
    EXPECT_EQ(told.partner_said, PartnerStatus::active);
    EXPECT_EQ(told.partner_said_at, kNow - minutes{59});
    EXPECT_EQ(told.next, "what the partner has is read");
}

TEST(Explanation, HowFarTheStepHasCome) {
    Story story;
    story.asks().evidence.route.full = true;
    EXPECT_EQ(story.cause(), Cause::waiting_for_turn);
    story.evidence.row.claim.lease_until = kNow + seconds{20};
    story.call(2, PartnerAction::suspend, CallPhase::under_way, seconds{1});
    EXPECT_EQ(story.cause(), Cause::call_under_way);
    EXPECT_NE(explain(story.evidence).next.find("under way"), std::string::npos);
    story.evidence.row.convergence.calls.back().phase = CallPhase::awaited;
    EXPECT_EQ(story.cause(), Cause::accepted_and_awaited);
    story.evidence.row.claim.lease_until.reset();
    story.evidence.row.convergence.calls.back().deadline = kNow + minutes{5};
    EXPECT_NE(explain(story.evidence).next.find(base::format_time(kNow + minutes{5})),
              std::string::npos);
}

TEST(Explanation, OnlyACallThatWasAcceptedForThisRequestCanBeMissed) {
    Story story;
    story.asks();
    auto& missed = story.call(2, PartnerAction::suspend, CallPhase::open, seconds{50});
    missed.answer_read = true;
    EXPECT_NE(story.cause(), Cause::never_confirmed) << "a fault, for all that is known";
    story.tell(ChangeKind::accepted, EntitlementStatus::suspended, PartnerStatus::active,
               seconds{49}, 2);
    EXPECT_EQ(story.cause(), Cause::never_confirmed);
    missed.result = domain::kEffectSeen;
    EXPECT_NE(story.cause(), Cause::never_confirmed);
    missed.result.clear();
    missed.begun = kNow - minutes{30};
    EXPECT_NE(story.cause(), Cause::never_confirmed) << "of an older request";
}

TEST(Explanation, TheOutermostObstacleIsNamedAndTheOthersStandBesideIt) {
    Story story;
    story.asks().evidence.row.problem = Problem::several_candidates;
    story.evidence.route = {.healthy = false,
                            .problem = "wrong password",
                            .problem_code = Problem::login_refused,
                            .next_probe = kNow + seconds{30}};
    auto told = explain(story.evidence);
    EXPECT_EQ(told.cause, Cause::login_refused);
    EXPECT_EQ(told.also, std::vector{Cause::several_candidates});
    EXPECT_EQ(told.next_at, kNow + seconds{30}) << "the probe is later than the record's time";
    story.evidence.not_writable = "the disk is full";
    told = explain(story.evidence);
    EXPECT_EQ(told.cause, Cause::store_not_writable);
    EXPECT_EQ(told.also, (std::vector{Cause::login_refused, Cause::several_candidates}));
    EXPECT_EQ(told.next_at, story.evidence.row.due_at);
    EXPECT_NE(told.evidence.back().text.find("the disk is full"), std::string::npos);
}

TEST(Explanation, WhatAPersonPausedSaysSo) {
    Story story;
    story.asks();
    story.evidence.route.paused = Hold{.since = kNow - hours{1}, .by = "ann", .why = "upgrade"};
    const auto told = explain(story.evidence);
    EXPECT_EQ(told.cause, Cause::paused);
    EXPECT_NE(told.evidence.back().text.find("ann: upgrade"), std::string::npos);
    EXPECT_NE(told.next.find("resumes"), std::string::npos);
}

TEST(Explanation, AnAgreementThatIsToBeLookedAtIsStillOne) {
    Story story;
    story.tell(ChangeKind::confirmed, EntitlementStatus::active, PartnerStatus::active, minutes{5});
    story.evidence.row.convergence.read_wanted = true;
    auto told = explain(story.evidence);
    EXPECT_EQ(told.cause, Cause::active_everywhere);
    EXPECT_EQ(told.also, std::vector{Cause::being_read});
    story.evidence.row.problem = Problem::no_answer;
    told = explain(story.evidence);
    EXPECT_EQ(told.cause, Cause::no_answer) << "the look does not come about";
}

TEST(Explanation, DatesDecideWhetherAnActiveOneCanBeUsed) {
    Story story;
    story.tell(ChangeKind::confirmed, EntitlementStatus::active, PartnerStatus::active, minutes{5});
    EXPECT_EQ(story.cause(), Cause::active_everywhere);
    story.evidence.row.valid_from = kNow + seconds{1};
    EXPECT_EQ(story.cause(), Cause::not_valid_yet);
    story.evidence.row.valid_from = kNow;
    story.evidence.row.expiry_date = kNow;
    EXPECT_EQ(story.cause(), Cause::validity_over);
}

TEST(Explanation, AnActivationLinkThatIsTooOldIsToldFromOneThatServes) {
    Story story;
    story.tell(ChangeKind::confirmed, EntitlementStatus::pending, PartnerStatus::pending,
               minutes{5});
    EXPECT_EQ(story.cause(), Cause::customer_must_activate);
    auto& activation = story.evidence.row.activation.emplace();
    activation.url = base::Secret{"https://partner.example/s3cret"};
    activation.expiry = kNow + seconds{1};
    EXPECT_EQ(story.cause(), Cause::customer_must_activate);
    activation.expiry = kNow;
    const auto told = explain(story.evidence);
    EXPECT_EQ(told.cause, Cause::activation_expired);
    EXPECT_EQ(told.customer.find("s3cret"), std::string::npos);
    for (const auto& fact : told.evidence) {
        EXPECT_EQ(fact.text.find("s3cret"), std::string::npos);
    }
}

TEST(Explanation, AnotherReasonForTheSameIsNoNewRequest) {
    Story story;
    story.tell(ChangeKind::requested, EntitlementStatus::suspended, PartnerStatus::active,
               minutes{9});
    story.tell(ChangeKind::confirmed, EntitlementStatus::suspended, PartnerStatus::suspended,
               minutes{8});
    story.tell(ChangeKind::partner_moved, EntitlementStatus::active, PartnerStatus::active,
               minutes{7});
    story.tell(ChangeKind::partner_moved, EntitlementStatus::suspended, PartnerStatus::suspended,
               minutes{6});
    story
        .tell(ChangeKind::requested, EntitlementStatus::suspended, PartnerStatus::suspended,
              minutes{5})
        .note = "another reason";
    EXPECT_EQ(story.cause(), Cause::suspended_by_partner);
    EXPECT_EQ(explain(story.evidence).asked->at, kNow - minutes{9});
}

TEST(Explanation, ALongHistoryIsToldFromItsEnd) {
    Story story;
    story.asks();
    for (int i = 0; i < 40; ++i) {
        story.tell(ChangeKind::lost, EntitlementStatus::suspended, PartnerStatus::unknown,
                   seconds{50 - i}, 2);
    }
    const auto told = explain(story.evidence);
    const auto events = std::ranges::count_if(
        told.evidence, [](const auto& fact) { return fact.event.has_value(); });
    EXPECT_LE(events, 8);
    EXPECT_EQ(told.evidence.front().event, 30) << "what was asked";
}

TEST(Explanation, WithoutAHistoryWhatTheRowSaysIsTold) {
    Story story;
    story.evidence.row.convergence.status = EntitlementStatus::suspended;
    story.evidence.row.convergence.partner_status = PartnerStatus::suspended;
    const auto told = explain(story.evidence);
    EXPECT_EQ(told.cause, Cause::suspended_by_operator);
    EXPECT_FALSE(told.asked);
    EXPECT_EQ(told.partner_said, PartnerStatus::suspended);
    EXPECT_FALSE(told.partner_said_at);
}

TEST(Explanation, WhatWasDeletedSaysSo) {
    Story story;
    story.tell(ChangeKind::requested, EntitlementStatus::active, PartnerStatus::active, hours{2});
    story.tell(ChangeKind::requested, EntitlementStatus::cancelled, PartnerStatus::active,
               hours{1});
    story.evidence.row.deleted_at = kNow - hours{1};
    const auto says_so = [](const Explanation& told) {
        return std::ranges::any_of(told.evidence, [](const auto& fact) {
            return fact.text.find("the operator deleted it") != std::string::npos;
        });
    };
    EXPECT_TRUE(says_so(explain(story.evidence)));
    EXPECT_TRUE(says_so(*explain_at(story.evidence, kNow - minutes{30})));
    EXPECT_FALSE(says_so(*explain_at(story.evidence, kNow - minutes{90})));
}

TEST(ExplanationThen, TellsWhatTheHistoryKnewThen) {
    Story story;
    story.asks();
    story.tell(ChangeKind::accepted, EntitlementStatus::suspended, PartnerStatus::active,
               seconds{50}, 2);
    story.tell(ChangeKind::lost, EntitlementStatus::suspended, PartnerStatus::unknown, seconds{40},
               2);
    story.tell(ChangeKind::confirmed, EntitlementStatus::suspended, PartnerStatus::suspended,
               seconds{30});
    story.evidence.row.convergence.intent = false;
    story.evidence.row.problem = Problem::no_answer;
    const auto then = [&](base::Duration ago) { return explain_at(story.evidence, kNow - ago); };
    EXPECT_FALSE(then(minutes{61})) << "it did not exist";
    EXPECT_EQ(then(minutes{30})->cause, Cause::active_everywhere);
    EXPECT_TRUE(then(minutes{30})->agree);
    EXPECT_EQ(then(seconds{55})->cause, Cause::not_kept);
    EXPECT_EQ(then(seconds{45})->cause, Cause::accepted_and_awaited);
    EXPECT_EQ(then(seconds{35})->cause, Cause::being_read);
    EXPECT_EQ(then(seconds{35})->partner_said, PartnerStatus::active);
    EXPECT_FALSE(then(seconds{35})->agree);
    EXPECT_EQ(then(seconds{5})->cause, Cause::suspended_by_operator);
    EXPECT_FALSE(then(seconds{35})->caveat.empty());
    EXPECT_FALSE(then(seconds{35})->next_at);
    for (const auto& fact : then(seconds{45})->evidence) {
        if (fact.at) {
            EXPECT_LE(*fact.at, kNow - seconds{45});
        }
    }
}

}  // namespace
}  // namespace usher::flow
