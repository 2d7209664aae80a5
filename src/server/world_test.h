// The whole product in one process without sockets: the operator's handler in front, the sandbox's
// partner and issuer behind a client that carries their delays and broken connections out. Test
// only.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "api/operations.h"
#include "assembly/product.h"
#include "base/base64.h"
#include "base/json.h"
#include "sandbox/issuer.h"
#include "sandbox/issuer_keys.h"
#include "sandbox/partner_model.h"
#include "server/model_client.h"
#include "store/store.h"

namespace usher::server::test {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Reply {
    int status = 0;
    http::Headers headers;
    json::value body;

    std::string text(std::string_view key) const {
        const auto* object = body.if_object();
        return object == nullptr ? "" : base::find_string(*object, key).value_or("");
    }
    std::string header(std::string_view name) const {
        return std::string{headers.find(name).value_or("")};
    }
    std::string raw() const { return json::serialize(body); }
};

class WorldTest : public testing::Test {
  protected:
    // `freshness`: of the sweep.
    explicit WorldTest(seconds freshness = std::chrono::hours{24},
                       converge::EndingsPolicy endings = {})
        : freshness_{freshness}, endings_{endings} {
        start();
        token_ = login("portal");
    }
    ~WorldTest() override { stop(); }

    void start() {
        auto& context = context_.emplace(1);
        product_ = assembly::make_product(
            {*clock_, *random_, metrics_, *store_, client_, context.get_executor()}, options());
        boost::asio::co_spawn(context, product_->converger->run(), rethrow);
        for (const auto* tenant : {"demo", "second"}) await(fill(domain::TenantId{tenant}));
    }

    // As a process that dies: nothing is finished, the store keeps what it has.
    void stop() {
        run_store();
        context_.reset();
        product_.reset();
    }

    void turn_store() {
        if (context_) boost::asio::post(*context_, [this] { run_store(); });
    }
    void run_store() {
        while (store_->run_group() || store_->run_reads()) {
        }
    }

    assembly::Options options() const {
        assembly::Options made;
        const std::string others{kOthers};
        made.auth.issuer = others + std::string{sandbox::Issuer::kPath};
        made.auth.tenant_claim = "tenants";
        made.api.tenant_claim = "tenants";
        made.api.tenants = {{.id = domain::TenantId{"demo"}, .is_default = true},
                            {.id = domain::TenantId{"second"}}};
        for (auto& tenant : made.api.tenants) tenant.freshness = freshness_;
        made.api.partner = {.username = "usher", .password = base::Secret{"usher"}};
        made.bango.route = {.url = others + "/bango",
                            .username = "usher",
                            .password = base::Secret{"usher"},
                            .customer_id = "{tenant}-{account}"};
        made.bango.public_url = "http://usher";
        made.converge.endings = endings_;
        made.converge.longest_sleep = milliseconds{500};
        auto& limits = made.converge.limits;
        limits.calls.call = milliseconds{400};
        limits.calls.awaited = seconds{2};
        limits.lease = seconds{3};
        limits.schedule.backoff_first = milliseconds{20};
        limits.schedule.backoff_longest = milliseconds{200};
        limits.schedule.awaited_first = milliseconds{50};
        made.converge.routes.breaker.first_pause = milliseconds{50};
        made.converge.routes.breaker.longest_pause = milliseconds{100};
        return made;
    }

    // --- what the operator does
    // -------------------------------------------------------------------

    Reply call(std::string method, std::string target, const std::string& body = {},
               http::Headers more = {}) {
        http::Request request{.method = std::move(method), .target = std::move(target)};
        request.headers = std::move(more);
        if (!request.headers.find("Authorization")) {
            request.headers.add("Authorization", "Bearer " + token_);
        }
        if (!body.empty()) request.headers.add("Content-Type", "application/json");
        request.body = body;
        return send(product_->operator_handler, std::move(request));
    }

    Reply buy(const std::string& account, const std::string& product = "MUSIC_PREMIUM",
              http::Headers more = {}) {
        return call("POST", kEntitlements,
                    fmt::format(R"({{"productType":"THIRDPARTY","productId":"BANGO_US_{}",)"
                                R"("accountId":"{}","status":"PENDING"}})",
                                product, account),
                    std::move(more));
    }

    Reply put(const std::string& id, const std::string& status, http::Headers more = {}) {
        return call("PUT", kEntitlements + "/" + id, fmt::format(R"({{"status":"{}"}})", status),
                    std::move(more));
    }

    Reply get(const std::string& id) { return call("GET", kEntitlements + "/" + id); }

    std::string login(const std::string& user) {
        const auto reply = issuer_.handle(
            {.method = "POST",
             .target = std::string{sandbox::Issuer::kPath} + "/protocol/openid-connect/token",
             .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
             .body = fmt::format(
                 "grant_type=password&client_id=operator-portal&username={0}&password={0}", user)},
            clock_->now());
        return base::find_string(json::parse(reply.body).as_object(), "access_token").value_or("");
    }

    // --- what the partner does
    // --------------------------------------------------------------------

    void fail(const std::string& rules) {
        auto faults =
            sandbox::Faults::parse(json::parse(fmt::format(R"({{"rules":[{}]}})", rules)));
        ASSERT_TRUE(faults) << "the test's own fault is wrong";
        partner_.set_faults(std::move(*faults));
    }
    void heal() { partner_.set_faults({}); }

    // The partner's record that carries our id; null when it has none.
    json::value held(const std::string& id) {
        for (const auto& record : partner_.entitlements()) {
            if (base::find_string(record.as_object(), "externalEntitlementId") == id) return record;
        }
        return nullptr;
    }
    std::string held_status(const std::string& id) {
        const auto record = held(id);
        return record.is_object() ? base::find_string(record.as_object(), "status").value_or("")
                                  : "NONE";
    }
    std::int64_t effects(const std::string& id, std::string_view action) {
        const auto record = held(id);
        if (!record.is_object()) return 0;
        const auto* count = record.at("effects").as_object().if_contains(action);
        return count == nullptr ? 0 : count->to_number<std::int64_t>();
    }
    std::string partner_id(const std::string& id) {
        return base::find_string(held(id).as_object(), "entitlementId").value_or("");
    }
    void move(const std::string& id, sandbox::Move what) {
        ASSERT_TRUE(partner_.make_move(partner_id(id), what, {}, clock_->now()));
    }

    void take_product(const std::string& id, std::string_view product) {
        const auto moved = partner_.make_move(partner_id(id), sandbox::Move::change_product,
                                              product, clock_->now());
        ASSERT_TRUE(moved);
    }

    // Carries every notification that is due to the operator's listener.
    void deliver_reports() {
        for (auto& notification : partner_.advance(clock_->now())) {
            const std::string_view host = "http://usher";
            const auto reply =
                send(product_->operator_handler,
                     {.method = "POST",
                      .target = notification.url.substr(host.size()),
                      .headers = {{"Content-Type", "application/json"},
                                  {"Authorization", "Basic " + base::encode_base64("usher:usher")}},
                      .body = notification.body});
            partner_.settle_notification(notification.number, reply.status == 200, clock_->now());
        }
    }

    // --- time
    // ----------------------------------------------------------------------------------------

    bool eventually(const std::function<bool()>& holds) {
        const auto until = clock_->monotonic() + seconds{60};
        while (!holds()) {
            if (clock_->monotonic() > until) return false;
            pass(milliseconds{5});
            partner_.advance(clock_->now());
        }
        return true;
    }

    // Both sides hold this status and nothing is open.
    void expect_both(const std::string& id, const std::string& status) {
        EXPECT_TRUE(eventually([&] {
            const auto record = get(id);
            return record.text("status") == status && held_status(id) == status &&
                   record.body.at("propagation").at("state") == "confirmed";
        })) << get(id).raw()
            << "\npartner: " << json::serialize(held(id));
    }

    void pass(base::Duration span) { await(base::sleep_for(*clock_, span)); }

    void await(base::Task<> task) {
        bool done = false;
        boost::asio::co_spawn(*context_, std::move(task), [&done](const std::exception_ptr& error) {
            rethrow(error);
            done = true;
        });
        while (!done) context_->run_one();
    }

    Reply send(const http::Handler& handler, http::Request request) {
        Reply reply;
        await(carry(handler, std::move(request), reply));
        return reply;
    }

    static base::Task<> carry(const http::Handler& handler, http::Request request, Reply& reply) {
        const auto response = co_await handler(std::move(request));
        reply.status = response.status;
        reply.headers = response.headers;
        const auto body = base::parse_json(response.body);
        if (body) reply.body = *body;
    }

    base::Task<> fill(domain::TenantId tenant) {
        auto& operations = *product_->operations;
        for (const auto* key : {"MUSIC", "MUSIC_PREMIUM", "MUSIC_MONTHLY"}) {
            co_await operations.put_product({.tenant = tenant,
                                             .name = key,
                                             .merchant = domain::MerchantId{"BANGO_US"},
                                             .product_key = domain::ProductKey{key}});
        }
        for (int i = 1; i <= 3; ++i) {
            co_await operations.add_account(
                {.tenant = tenant, .id = domain::AccountId{fmt::format("account-{}", i)}});
        }
    }

    static void rethrow(const std::exception_ptr& error) {
        if (error) std::rethrow_exception(error);
    }

    static inline const std::string kEntitlements = "/crm-gateway/v2/rmg/v1/entitlements";

    const seconds freshness_;
    const converge::EndingsPolicy endings_;
    std::unique_ptr<base::Clock> clock_ = base::make_system_clock();
    std::unique_ptr<base::Random> random_ = base::make_system_random();
    sandbox::PartnerModel partner_{{}, *random_, nullptr};
    sandbox::Issuer issuer_{
        {.base_url = std::string{kOthers}}, sandbox::IssuerKeys::make(*random_), *random_};
    ModelClient client_{*clock_, partner_, issuer_};
    // Turned on the same thread: whatever it still has to answer is answered before a stop.
    std::unique_ptr<store::SteppedStore> store_ =
        store::make_memory_store(*clock_, {.threads = false, .on_work = [this] { turn_store(); }});
    base::Metrics metrics_;
    std::unique_ptr<assembly::Product> product_;
    std::optional<boost::asio::io_context> context_;
    std::string token_;
};

}  // namespace usher::server::test
