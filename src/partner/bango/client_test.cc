#include "partner/bango/client.h"

#include <deque>
#include <stdexcept>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "partner/bango/test_values.h"

namespace usher::partner::bango {
namespace {

using domain::ActionOutcome;
using domain::PartnerAction;
using domain::PartnerStatus;
using testing::HasSubstr;
using testing::Not;

class StillClock final : public base::Clock {
  public:
    base::Time now() const override { return noon(); }
    base::Monotonic monotonic() const override { return base::Monotonic{elapsed}; }
    TimerId arm(base::Monotonic, base::Executor, Handler) override {
        throw std::logic_error{"the client sets no timers"};
    }
    void disarm(TimerId) override {}

    base::Duration elapsed = std::chrono::seconds{100};
};

// Answers from a list, 25 ms later, and keeps what it was asked.
class ScriptedClient final : public http::Client {
  public:
    explicit ScriptedClient(StillClock& clock) : clock_{clock} {}

    base::Task<std::expected<http::Response, http::TransportError>> send(
        http::OutgoingRequest request) override {
        sent.push_back(std::move(request));
        clock_.elapsed += std::chrono::milliseconds{25};
        auto answer = std::move(answers.front());
        answers.pop_front();
        co_return answer;
    }

    std::vector<http::OutgoingRequest> sent;
    std::deque<std::expected<http::Response, http::TransportError>> answers;

  private:
    StillClock& clock_;
};

template <class T>
T run(base::Task<T> task) {
    boost::asio::io_context context;
    std::optional<T> result;
    boost::asio::co_spawn(context, std::move(task), [&](std::exception_ptr error, T value) {
        if (error) std::rethrow_exception(error);
        result = std::move(value);
    });
    context.run();
    return std::move(result.value());
}

struct BangoPartnerTest : testing::Test {
    static BangoOptions options() {
        return {.route = {.url = "https://bango.example/",
                          .username = "usher",
                          .password = base::Secret{"pa55word"},
                          .customer_id = "{tenant}-{account}"},
                .overrides = {{.tenant = domain::TenantId{"second"},
                               .url = "https://eu.bango.example",
                               .customer_id = "{account}"}},
                .public_url = "https://usher.example"};
    }

    flow::ActionReply act(PartnerAction action) {
        auto entitlement = an_entitlement(before(action));
        entitlement.asker.correlation = domain::CorrelationId{"corr-1"};
        return run(partner.act({.action = action,
                                .entitlement = std::move(entitlement),
                                .request_id = domain::RequestId{"req-1"},
                                .deadline = base::Monotonic{std::chrono::seconds{110}}}));
    }

    StillClock clock;
    ScriptedClient client{clock};
    BangoPartner partner{client, clock, options()};
};

constexpr auto kPending =
    R"({"responseCode":"CLIENT_ACTION_REQUIRED","entitlementId":"b-1","status":"PENDING",)"
    R"("parameters":{"action":"NAVIGATE_TO_URL","url":"https://merchant.example/a?t=s3cret"}})";

TEST_F(BangoPartnerTest, ACallCarriesLoginDeadlineAndItsIds) {
    client.answers.emplace_back(a_response(202, kPending));
    const auto reply = act(PartnerAction::create);
    EXPECT_EQ(reply.answer.outcome, ActionOutcome::confirmed);
    EXPECT_EQ(reply.answer.result, "202 CLIENT_ACTION_REQUIRED");

    ASSERT_EQ(client.sent.size(), 1U);
    const auto& sent = client.sent[0];
    EXPECT_EQ(sent.method, "POST");
    EXPECT_EQ(sent.url, "https://bango.example/v1/entitlement");
    EXPECT_EQ(sent.basic->username, "usher");
    EXPECT_EQ(sent.basic->password.reveal(), "pa55word");
    EXPECT_EQ(sent.deadline, base::Monotonic{std::chrono::seconds{110}});
    EXPECT_EQ(sent.headers.find("X-RequestIdentifier"), "req-1");
    EXPECT_EQ(sent.headers.find("x-correlation-id"), "corr-1");
    EXPECT_EQ(sent.headers.find("Content-Type"), "application/json");
}

TEST_F(BangoPartnerTest, AReadHasNoRequestIdAndNoEmptyCorrelation) {
    client.answers.emplace_back(
        a_response(200, R"({"responseCode":"OK","entitlementId":"b-77","status":"SUSPENDED"})"));
    const auto reply = run(partner.read({.entitlement = an_entitlement(PartnerStatus::active)}));
    EXPECT_EQ(reply.kind, flow::ReadKind::found);
    EXPECT_EQ(reply.record->view.status, PartnerStatus::suspended);
    const auto& sent = client.sent[0];
    EXPECT_EQ(sent.method, "GET");
    EXPECT_EQ(sent.url, "https://bango.example/v1/entitlement/b-77");
    EXPECT_FALSE(sent.headers.find("X-RequestIdentifier"));
    EXPECT_FALSE(sent.headers.find("x-correlation-id"));
    EXPECT_FALSE(sent.headers.find("Content-Type"));
}

TEST_F(BangoPartnerTest, WithoutThePartnersIdOnlyCreateAndReportLeave) {
    auto entitlement = an_entitlement(PartnerStatus::none);
    const auto acted =
        run(partner.act({.action = PartnerAction::cancel, .entitlement = entitlement}));
    EXPECT_EQ(acted.answer.outcome, ActionOutcome::trouble);
    EXPECT_EQ(run(partner.activation({.entitlement = entitlement})).kind, flow::ReadKind::trouble);
    EXPECT_TRUE(client.sent.empty());
    client.answers.emplace_back(a_response(200, R"({"entitlements":[]})"));
    EXPECT_EQ(run(partner.read({.entitlement = entitlement})).kind, flow::ReadKind::not_found);
    EXPECT_EQ(client.sent[0].url, "https://bango.example/v1/entitlement/report");
}

TEST_F(BangoPartnerTest, ABrokenCallIsLostAndABrokenReadIsTrouble) {
    const http::TransportError broken{http::TransportFailure::broken, true, "reset"};
    client.answers.emplace_back(std::unexpected{broken});
    client.answers.emplace_back(std::unexpected{broken});
    client.answers.emplace_back(std::unexpected{broken});
    EXPECT_EQ(act(PartnerAction::suspend).answer.outcome, ActionOutcome::lost);
    const auto entitlement = an_entitlement(PartnerStatus::pending);
    const auto reply = run(partner.read({.entitlement = entitlement}));
    EXPECT_EQ(reply.kind, flow::ReadKind::trouble);
    EXPECT_TRUE(reply.unhealthy);
    EXPECT_EQ(run(partner.activation({.entitlement = entitlement})).kind, flow::ReadKind::trouble);
}

TEST_F(BangoPartnerTest, AsksForAWayBack) {
    client.answers.emplace_back(
        a_response(200, R"({"entitlementId":"b-77","parameters":{"url":"https://m.example/r"}})"));
    const auto reply =
        run(partner.recovery({.entitlement = an_entitlement(PartnerStatus::active)}));
    EXPECT_EQ(reply.url->reveal(), "https://m.example/r");
    EXPECT_EQ(client.sent[0].method, "GET");
    EXPECT_EQ(client.sent[0].url, "https://bango.example/v1/entitlement/b-77/recoveryInfo");
    client.answers.emplace_back(
        std::unexpected{http::TransportError{http::TransportFailure::broken, true, "reset"}});
    const auto none = run(partner.recovery({.entitlement = an_entitlement(PartnerStatus::active)}));
    EXPECT_EQ(none.problem_code, domain::Problem::no_answer);
}

TEST_F(BangoPartnerTest, EchoTellsWhetherItAnswers) {
    const auto echo = [&](std::string_view tenant) {
        return run(partner.echo(domain::TenantId{tenant}, domain::MerchantId{"BANGO_US"}, {}));
    };
    client.answers.emplace_back(a_response(200, R"({"responseCode":"OK","echo":"usher"})"));
    EXPECT_TRUE(echo("second").answers());
    EXPECT_EQ(client.sent[0].url, "https://eu.bango.example/v1/echo/usher");
    client.answers.emplace_back(a_response(401, R"({"responseCode":"UNAUTHORIZED"})"));
    EXPECT_EQ(echo("demo").problem_code, domain::Problem::login_refused);
    client.answers.emplace_back(a_response(200, "welcome"));
    EXPECT_EQ(echo("demo").problem_code, domain::Problem::answer_unclear);
    client.answers.emplace_back(
        std::unexpected{http::TransportError{http::TransportFailure::connect_failed, false, ""}});
    EXPECT_EQ(echo("demo").problem_code, domain::Problem::partner_unreachable);
}

TEST_F(BangoPartnerTest, TheCustomersNameFollowsTheTemplate) {
    const domain::AccountId account{"account-1"};
    const domain::MerchantId merchant{"BANGO_US"};
    EXPECT_EQ(partner.customer_of(domain::TenantId{"demo"}, account, merchant).text(),
              "demo-account-1");
    EXPECT_EQ(partner.customer_of(domain::TenantId{"second"}, account, merchant).text(),
              "account-1");
}

TEST_F(BangoPartnerTest, ACustomersNameLeadsBackToTheAccount) {
    const domain::TenantId demo{"demo"};
    const domain::MerchantId merchant{"BANGO_US"};
    const auto account = [&](const domain::TenantId& tenant, const std::string& customer) {
        return partner.account_of(tenant, domain::CustomerId{customer}, merchant)
            .value_or(domain::AccountId{"nobody"})
            .text();
    };
    EXPECT_EQ(account(demo, "demo-account-1"), "account-1");
    EXPECT_EQ(account(demo, "second-account-1"), "nobody");
    EXPECT_EQ(account(demo, "demo-"), "nobody");
    EXPECT_EQ(account(demo, ""), "nobody");
    EXPECT_EQ(account(domain::TenantId{"second"}, "demo-account-1"), "demo-account-1");
}

TEST_F(BangoPartnerTest, TheDigestFollowsEverythingThatIsSent) {
    auto entitlement = an_entitlement(PartnerStatus::active);
    const auto digest = partner.digest(entitlement, PartnerAction::cancel);
    EXPECT_EQ(digest.size(), 64U);
    EXPECT_EQ(digest, partner.digest(entitlement, PartnerAction::cancel));
    EXPECT_NE(digest, partner.digest(entitlement, PartnerAction::revoke));
    entitlement.reason.code = "FAR";
    EXPECT_NE(digest, partner.digest(entitlement, PartnerAction::cancel));
    entitlement.reason = {};
    entitlement.version = 7;
    EXPECT_EQ(digest, partner.digest(entitlement, PartnerAction::cancel));
}

TEST_F(BangoPartnerTest, TheLogTellsTheCallButNoSecret) {
    client.answers.emplace_back(a_response(202, kPending));
    client.answers.emplace_back(
        a_response(500, R"({"responseCode":"INTERNAL_ERROR","errorSource":"merchant",)"
                        R"("customerIdentifier":"demo-account-1"})"));
    testing::internal::CaptureStderr();
    (void)act(PartnerAction::create);
    (void)act(PartnerAction::cancel);
    const auto log = testing::internal::GetCapturedStderr();
    for (const auto* part :
         {R"("partner_call")", R"("tenant":"demo")", R"("entitlement":"ent-1")",
          R"("action":"create")", R"("request_id":"req-1")", R"("correlation_id":"corr-1")",
          R"("http_status":202)", R"("outcome":"confirmed")", R"("ms":25)", R"("http_status":500)",
          R"("outcome":"failed")", R"(\"errorSource\":\"merchant\")"}) {
        EXPECT_THAT(log, HasSubstr(part));
    }
    for (const auto* secret : {"pa55word", "s3cret", "demo-account-1"}) {
        EXPECT_THAT(log, Not(HasSubstr(secret)));
    }
}

}  // namespace
}  // namespace usher::partner::bango
