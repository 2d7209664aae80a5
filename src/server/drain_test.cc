// After an outage: a backlog drains at the partner's pace, the oldest first, and nobody's backlog
// keeps another's waiting. The whole loop on a clock that is moved by hand, against a partner that
// takes only so much.
#include <cmath>
#include <deque>
#include <map>
#include <set>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/metrics.h"
#include "base/random.h"
#include "converge/converger.h"
#include "flow/status.h"
#include "flow/test_world.h"
#include "store/store.h"

namespace usher::server {
namespace {

using domain::EntitlementStatus;
using domain::PartnerStatus;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Takes so many calls a second of each tenant and merchant, and turns the others away.
class LimitedPartner final : public flow::Partner {
  public:
    explicit LimitedPartner(base::Clock& clock) : clock_{clock} {}

    double per_second = 100;
    base::Duration latency = milliseconds{40};
    bool is_down = false;
    std::set<domain::MerchantId> silent;  // no answer from them, ever
    std::uint64_t done = 0;
    std::uint64_t turned_away = 0;
    std::vector<domain::EntitlementId> order;  // as they were carried out

    base::Task<flow::ActionReply> act(flow::ActionCall call) override {
        const auto& row = call.entitlement;
        if (is_down || silent.contains(row.merchant)) {
            co_await base::sleep_until(clock_, call.deadline);
            co_return flow::ActionReply{.answer = {.outcome = domain::ActionOutcome::lost},
                                        .problem = "silence",
                                        .problem_code = domain::Problem::no_answer,
                                        .unhealthy = true};
        }
        const bool taken = take({row.tenant, row.merchant});
        co_await base::sleep_for(clock_, latency);
        if (!taken) {
            ++turned_away;
            co_return flow::ActionReply{.answer = {.outcome = domain::ActionOutcome::trouble},
                                        .problem = "too many",
                                        .problem_code = domain::Problem::slow_down,
                                        .unhealthy = true};
        }
        ++done;
        order.push_back(row.id);
        held_.insert(row.id);
        const auto status = domain::meaning(row.convergence.status);
        auto record = flow::test::record_of(status, row.partner_id.text());
        record.view.status = status;
        record.merchant = row.merchant;
        co_return flow::ActionReply{.answer = {.outcome = domain::ActionOutcome::confirmed,
                                               .view = record.view,
                                               .bound = true},
                                    .record = record};
    }
    base::Task<flow::ReadReply> read(flow::ReadCall call) override {
        const auto& row = call.entitlement;
        if (!is_down && !silent.contains(row.merchant)) {
            // Nothing of what was sent in the outage has arrived.
            co_await base::sleep_for(clock_, latency);
            auto record = flow::test::record_of(
                held_.contains(row.id) ? PartnerStatus::suspended : PartnerStatus::active,
                row.partner_id.text());
            record.merchant = row.merchant;
            co_return flow::ReadReply{.kind = flow::ReadKind::found, .record = record};
        }
        co_await base::sleep_until(clock_, call.deadline);
        co_return flow::ReadReply{.kind = flow::ReadKind::trouble,
                                  .problem = "silence",
                                  .problem_code = domain::Problem::no_answer,
                                  .unhealthy = true};
    }
    base::Task<flow::ReadReply> activation(flow::ReadCall call) override {
        co_return co_await read(std::move(call));
    }
    base::Task<flow::RecoveryReply> recovery(flow::ReadCall) override {
        co_return flow::RecoveryReply{.problem = "silence"};
    }
    base::Task<flow::EchoReply> echo(domain::TenantId, domain::MerchantId merchant,
                                     base::Monotonic deadline) override {
        if (!is_down && !silent.contains(merchant)) co_return flow::EchoReply{};
        co_await base::sleep_until(clock_, deadline);
        co_return flow::EchoReply{.problem = "silence", .problem_code = domain::Problem::no_answer};
    }
    std::string digest(const domain::Entitlement&, domain::PartnerAction) const override {
        return "digest";
    }
    std::optional<domain::AccountId> account_of(const domain::TenantId&, const domain::CustomerId&,
                                                const domain::MerchantId&) const override {
        return std::nullopt;
    }
    flow::ReportNote understand_report(std::string_view) const override { return {}; }
    domain::CustomerId customer_of(const domain::TenantId&, const domain::AccountId& account,
                                   const domain::MerchantId&) const override {
        return domain::CustomerId{account.text()};
    }

  private:
    struct Bucket {
        double tokens = 0;
        base::Monotonic filled{};
    };

    bool take(const flow::Route& route) {
        auto& bucket = buckets_[route];
        const auto now = clock_.monotonic();
        const std::chrono::duration<double> passed = now - bucket.filled;
        bucket.tokens = std::min(per_second / 10 + 1, bucket.tokens + per_second * passed.count());
        bucket.filled = now;
        if (bucket.tokens < 1) return false;
        bucket.tokens -= 1;
        return true;
    }

    base::Clock& clock_;
    std::map<flow::Route, Bucket> buckets_;
    std::set<domain::EntitlementId> held_;  // suspended
};

// At this pace a quarter of an hour; with sanitizers a third of it says as much.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr int kCrowd = 30'000;
#else
constexpr int kCrowd = 100'000;
#endif
#endif

class DrainTest : public testing::Test {
  protected:
    DrainTest() {
        converge::ConvergerOptions options;
        options.limits.lease = options.limits.calls.call + seconds{15};
        converger_ = std::make_unique<converge::Converger>(io_.get_executor(), *store_, partner_,
                                                           clock_, *random_, metrics_, options);
    }
    ~DrainTest() override {
        store_->close();
        clock_.drop();
        context_.reset();  // with the coroutines in it
    }

    void begin() {
        boost::asio::co_spawn(io_, converger_->run(), [](const std::exception_ptr& bug) {
            if (bug) std::rethrow_exception(bug);
        });
    }

    // Asked for and not settled, the first of them longest ago.
    void add(const std::string& tenant, const std::string& merchant, int count,
             base::Duration ago = std::chrono::hours{1}) {
        for (int i = 0; i < count; ++i) {
            domain::Entitlement row{
                .tenant = domain::TenantId{tenant},
                .id = domain::EntitlementId{fmt::format("{}-{}-{:06}", tenant, merchant, i)},
                .account = domain::AccountId{fmt::format("{}-{:06}", merchant, i)},
                .product = domain::ProductId{merchant + "_MUSIC"},
                .merchant = domain::MerchantId{merchant},
                .product_key = domain::ProductKey{"MUSIC"}};
            row.partner_id = domain::PartnerEntitlementId{"b-" + row.id.text()};
            row.convergence.bound = true;
            row.convergence.partner_status = PartnerStatus::active;
            row.convergence.status = EntitlementStatus::suspended;
            row.convergence.intent = true;
            row.version = 1;
            row.request = 1;
            row.unsettled_since = clock_.now() - ago + milliseconds{i};
            row.due_at = row.unsettled_since;
            store_->submit(
                {.wanted = {.tenant = row.tenant},
                 .decide = [row](const flow::Rows&) { return flow::Writes{.entitlement = row}; }},
                [](const flow::StoreResult<base::Time>& written) {
                    if (!written) throw std::runtime_error{"not written"};
                });
            if (i % 1000 == 999) turn_store();
        }
        turn_store();
    }

    void turn_store() {
        while (store_->run_group() || store_->run_reads()) {
        }
    }

    // Lets time pass; nothing happens between two happenings, however far apart.
    void pass(base::Duration span) {
        const auto until = clock_.monotonic() + span;
        while (true) {
            io_.restart();
            turn_store();
            if (io_.poll() > 0) continue;
            if (clock_.monotonic() >= until || !clock_.pass_to_next()) break;
        }
    }

    template <class T>
    T ask(base::Task<T> task) {
        std::optional<T> result;
        boost::asio::co_spawn(io_, std::move(task), [&](const std::exception_ptr& bug, T value) {
            if (bug) std::rethrow_exception(bug);
            result.emplace(std::move(value));
        });
        while (!result) pass({});
        return std::move(*result);
    }

    flow::Status status() {
        flow::Backlog backlog{converger_->ports(), std::chrono::hours{24}};
        return flow::tell_status(ask(flow::gather_status(converger_->ports(), backlog, {})));
    }
    std::uint64_t unsettled() {
        std::uint64_t count = 0;
        for (const auto& route : status().routes) count += route.unsettled;
        return count;
    }

    flow::test::HandClock clock_;
    std::unique_ptr<base::Random> random_ = base::make_seeded_random(7);
    base::Metrics metrics_;
    LimitedPartner partner_{clock_};
    std::unique_ptr<store::SteppedStore> store_ = store::make_memory_store(
        clock_, {.queue_limit = 100'000, .queue_age = std::chrono::hours{9}, .threads = false});
    std::unique_ptr<converge::Converger> converger_;
    std::optional<boost::asio::io_context> context_{std::in_place, 1};
    boost::asio::io_context& io_ = *context_;
};

TEST_F(DrainTest, ABacklogDrainsAtThePartnersPaceAndTheTimeToldIsHonest) {
    constexpr int kBacklog = 20'000;
    add("demo", "SHOP", kBacklog);
    partner_.is_down = true;
    begin();
    pass(minutes{10});
    ASSERT_EQ(unsettled(), kBacklog);
    auto told = status();
    ASSERT_EQ(told.routes.size(), 1U);
    EXPECT_EQ(told.routes.at(0).report.state, flow::RouteState::open);
    EXPECT_EQ(told.routes.at(0).eta_unknown, "the partner is in trouble");
    EXPECT_TRUE(flow::is_in_trouble(told));

    partner_.is_down = false;
    // The pause of the breaker, and long enough for a rate to be known.
    pass(seconds{60});
    EXPECT_LT(partner_.turned_away, partner_.done / 10) << "no storm at the beginning";
    told = status();
    ASSERT_TRUE(told.routes.at(0).eta) << told.routes.at(0).eta_unknown;
    const auto eta = *told.routes.at(0).eta;
    const auto begun = clock_.monotonic();
    const auto done_then = partner_.done;
    while (unsettled() > kBacklog / 100 && clock_.monotonic() < begun + std::chrono::hours{2}) {
        pass(seconds{5});
    }
    const std::chrono::duration<double> took = clock_.monotonic() - begun;
    const auto honest = took.count() / std::chrono::duration<double>(eta).count();
    EXPECT_GT(honest, 0.6) << "told " << eta << ", took " << took;
    EXPECT_LT(honest, 1.6) << "told " << eta << ", took " << took;
    const auto rate = static_cast<double>(partner_.done - done_then) / took.count();
    EXPECT_GT(rate, 0.75 * partner_.per_second);
    const auto all = static_cast<double>(partner_.done + partner_.turned_away);
    EXPECT_LT(static_cast<double>(partner_.turned_away) / all, 0.06);
    RecordProperty("honest", std::to_string(honest));
    pass(minutes{10});
    EXPECT_EQ(unsettled(), 0U);
    EXPECT_EQ(partner_.done, kBacklog) << "each once";
}

TEST_F(DrainTest, TheOldestComesFirst) {
    add("demo", "SHOP", 2000);
    begin();
    pass(seconds{15});
    ASSERT_GT(partner_.order.size(), 500U);
    for (std::size_t i = 0; i < partner_.order.size(); ++i) {
        const auto number = std::stoul(partner_.order[i].text().substr(10));
        // Those in flight together may overtake one another, and a few were turned away.
        EXPECT_LT(number, i + 200) << i;
    }
}

TEST_F(DrainTest, ATenantsBacklogDelaysNoOther) {
    add("busy", "SHOP", kCrowd);
    begin();
    pass(minutes{1});
    add("quiet", "SHOP", 50, seconds{0});
    pass(seconds{3});
    const auto quiet = std::ranges::count_if(
        partner_.order, [](const auto& id) { return id.text().starts_with("quiet"); });
    EXPECT_EQ(quiet, 50) << "as fast as if there were no other";
    EXPECT_GT(unsettled(), kCrowd / 2);
}

TEST_F(DrainTest, NorDoesAMerchantsWithinATenant) {
    partner_.silent.insert(domain::MerchantId{"SILENT"});
    add("demo", "SILENT", kCrowd / 2);
    add("demo", "SLOW", kCrowd / 2);
    begin();
    pass(minutes{1});
    // Newer than everything that the other two have.
    add("demo", "SHOP", 50, seconds{0});
    pass(seconds{3});
    const auto theirs = std::ranges::count_if(
        partner_.order, [](const auto& id) { return id.text().starts_with("demo-SHOP"); });
    EXPECT_EQ(theirs, 50);
}

// More merchants in trouble than there may be works at once.
TEST_F(DrainTest, ManySilentMerchantsLeaveRoomForOne) {
    for (int i = 0; i < 30; ++i) {
        const auto merchant = fmt::format("SILENT{}", i);
        partner_.silent.insert(domain::MerchantId{merchant});
        add("demo", merchant, 100);
    }
    begin();
    pass(minutes{2});
    add("demo", "SHOP", 50, seconds{0});
    pass(seconds{15});
    const auto theirs = std::ranges::count_if(
        partner_.order, [](const auto& id) { return id.text().starts_with("demo-SHOP"); });
    EXPECT_EQ(theirs, 50);
}

}  // namespace
}  // namespace usher::server
