// What the tests of the partner share: a model on a clock that they turn, and calls as a reseller
// makes them. Only for tests.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/base64.h"
#include "base/random.h"
#include "base/time.h"
#include "sandbox/partner_model.h"

namespace usher::sandbox::testing {

struct Answer {
    int http = 0;
    std::string code;
    boost::json::object body;
    std::string text;
    bool broken = false;
    base::Duration delay{};

    std::string field(std::string_view name) const {
        const auto* value = body.if_contains(name);
        return value != nullptr && value->is_string() ? std::string{value->get_string()} : "";
    }
    std::string url() const {
        const auto& parameters = body.at("parameters").get_object();
        const auto* url = parameters.if_contains("url");
        return url == nullptr ? "" : std::string{url->get_string()};
    }
    std::string token() const { return url().substr(url().rfind('/') + 1); }
};

class PartnerBench {
  public:
    explicit PartnerBench(PartnerOptions options = {})
        : random_{base::make_seeded_random(7)}, model{std::move(options), *random_, &journal} {}

    Answer call(const std::string& method, const std::string& target, const std::string& body = "",
                const std::string& request_id = "") {
        http::Request request{.method = method, .target = target, .body = body};
        request.headers.add("Authorization", "Basic " + base::encode_base64(login));
        if (!request_id.empty()) request.headers.add("X-RequestIdentifier", request_id);
        const auto admitted = model.admit(std::move(request), now);
        now += admitted.delay;
        const auto reply = model.serve(admitted, now);
        Answer answer{.http = reply.response.status,
                      .text = reply.response.body,
                      .broken = reply.response.abort,
                      .delay = admitted.delay + reply.delay};
        boost::json::error_code error;
        const auto parsed = boost::json::parse(reply.response.body, error);
        if (!error && parsed.is_object()) answer.body = parsed.get_object();
        answer.code = answer.field("responseCode");
        return answer;
    }

    Answer create(std::string_view product, const std::string& request_id = "",
                  std::string_view customer = "demo-account-1") {
        const boost::json::object body{{"customerIdentifier", customer},
                                       {"merchantAccountKey", "BANGO_US"},
                                       {"productKey", product},
                                       {"externalEntitlementId", "ours-1"},
                                       {"notificationUrl", "http://reseller.example/n/1"}};
        return call("POST", "/v1/entitlement", boost::json::serialize(body), request_id);
    }

    Answer patch(const std::string& id, boost::json::object fields,
                 const std::string& request_id = "") {
        fields["entitlementId"] = id;
        return call("PATCH", "/v1/entitlement", boost::json::serialize(fields), request_id);
    }
    Answer suspend(const std::string& id, const std::string& request_id = "") {
        return patch(id, {{"entitlementBenefits", "SUSPENDED"}}, request_id);
    }
    Answer resume(const std::string& id) { return patch(id, {{"entitlementBenefits", "NORMAL"}}); }
    Answer cancel(const std::string& id, const std::string& request_id = "") {
        return call("POST", "/v1/entitlement/cancel/" + id,
                    R"({"cancelReasonCategory":"CUSTOMER_CANCELLED","cancelReasonCode":"OTHER"})",
                    request_id);
    }
    Answer revoke(const std::string& id) { return call("POST", "/v1/entitlement/revoke/" + id); }
    Answer read(const std::string& id) { return call("GET", "/v1/entitlement/" + id); }

    // An entitlement in this status, reached by calls and moves.
    std::string entitlement(std::string_view product, RecordStatus status) {
        const auto created = create(product);
        const auto id = created.field("entitlementId");
        if (status == RecordStatus::pending) return id;
        if (created.field("status") == "PENDING") model.open_link(created.token(), now);
        switch (status) {
            case RecordStatus::pending:
            case RecordStatus::active:
                break;
            case RecordStatus::active_ending:
            case RecordStatus::cancelled:
                (void)model.make_move(id, Move::cancel, "", now);
                break;
            case RecordStatus::suspended:
                (void)model.make_move(id, Move::suspend, "", now);
                break;
            case RecordStatus::revoked:
                (void)model.make_move(id, Move::revoke, "", now);
                break;
        }
        return id;
    }

    bool set_faults(const std::string& rules) {
        auto faults = Faults::parse(boost::json::parse("{\"rules\":[" + rules + "]}"));
        if (!faults) return false;
        model.set_faults(*std::move(faults));
        return true;
    }

    boost::json::object record(const std::string& id) const {
        for (const auto& each : model.entitlements()) {
            if (each.at("entitlementId").get_string() == id) return each.get_object();
        }
        return {};
    }
    std::int64_t effects(const std::string& id, std::string_view action) const {
        const auto found = record(id);
        const auto* count = found.at("effects").get_object().if_contains(action);
        return count == nullptr ? 0 : count->to_number<std::int64_t>();
    }

    // The reasons of the notifications that are due now; they count as delivered.
    std::vector<std::string> told() {
        std::vector<std::string> reasons;
        for (const auto& each : model.advance(now)) {
            const auto body = boost::json::parse(each.body);
            reasons.emplace_back(body.at("reason").get_string());
            model.settle_notification(each.number, true, now);
        }
        return reasons;
    }

    // The rows of the state file after everything so far.
    std::map<std::pair<Table, std::string>, std::string> rows() const {
        std::map<std::pair<Table, std::string>, std::string> rows;
        for (const auto& write : journal.writes()) {
            if (write.value) {
                rows[{write.table, write.key}] = *write.value;
            } else {
                rows.erase({write.table, write.key});
            }
        }
        return rows;
    }

  private:
    std::unique_ptr<base::Random> random_;

  public:
    base::Time now = *base::parse_time("2026-11-23T10:00:00Z");
    std::string login = "usher:usher";
    Journal journal;
    PartnerModel model;
};

}  // namespace usher::sandbox::testing
