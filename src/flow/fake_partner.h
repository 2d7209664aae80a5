// A partner that answers what the test says, and what its answers look like; for the tests of flow.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flow/partner.h"
#include "flow/test_names.h"

namespace usher::flow::test {

// Answers what the test has put in, in order; silence (an answer that is lost) when it is empty.
class FakePartner final : public Partner {
  public:
    std::deque<ActionReply> acts;
    std::deque<ReadReply> reads;
    std::optional<ReadReply> fresh;
    std::optional<RecoveryReply> recovered;
    std::vector<ActionCall> acted;
    std::vector<ReadCall> read_calls;
    std::function<void()> meanwhile;  // happens while the next call is out

    base::Task<ActionReply> act(ActionCall call) override {
        acted.push_back(std::move(call));
        if (meanwhile) std::exchange(meanwhile, nullptr)();
        if (acts.empty()) {
            co_return ActionReply{.answer = {.outcome = domain::ActionOutcome::lost},
                                  .problem = "silence"};
        }
        auto reply = std::move(acts.front());
        acts.pop_front();
        co_return reply;
    }
    base::Task<ReadReply> read(ReadCall call) override {
        read_calls.push_back(std::move(call));
        if (meanwhile) std::exchange(meanwhile, nullptr)();
        if (reads.empty()) co_return ReadReply{.kind = ReadKind::trouble, .problem = "silence"};
        auto reply = std::move(reads.front());
        reads.pop_front();
        co_return reply;
    }
    base::Task<ReadReply> activation(ReadCall) override {
        co_return fresh.value_or(ReadReply{.kind = ReadKind::trouble, .problem = "silence"});
    }
    base::Task<RecoveryReply> recovery(ReadCall) override {
        co_return recovered.value_or(RecoveryReply{.problem = "silence"});
    }
    base::Task<EchoReply> echo(domain::TenantId, domain::MerchantId, base::Monotonic) override {
        co_return EchoReply{};
    }
    std::string digest(const domain::Entitlement& row,
                       domain::PartnerAction action) const override {
        return std::string{domain::to_text(action)} + row.reason.code.value_or("");
    }
    domain::CustomerId customer_of(const domain::TenantId& tenant, const domain::AccountId& account,
                                   const domain::MerchantId&) const override {
        return domain::CustomerId{tenant.text() + "-" + account.text()};
    }
    std::optional<domain::AccountId> account_of(const domain::TenantId& tenant,
                                                const domain::CustomerId& customer,
                                                const domain::MerchantId&) const override {
        const auto head = tenant.text() + "-";
        if (!customer.text().starts_with(head)) return std::nullopt;
        return domain::AccountId{customer.text().substr(head.size())};
    }
    // What the test says that a body means.
    std::map<std::string, ReportNote, std::less<>> notes;
    ReportNote understand_report(std::string_view body) const override {
        const auto found = notes.find(body);
        return found == notes.end() ? ReportNote{.text = std::string{body}} : found->second;
    }
};

inline PartnerRecord record_of(domain::PartnerStatus status, std::string id = "b-e-1") {
    return {.id = domain::PartnerEntitlementId{std::move(id)},
            .view = {.status = status},
            .merchant = kMerchant,
            .product_key = domain::ProductKey{"MUSIC"}};
}

inline ActionReply confirmed(domain::PartnerStatus status, std::string id = "b-e-1") {
    return {.answer = {.outcome = domain::ActionOutcome::confirmed,
                       .view = {.status = status},
                       .bound = true},
            .record = record_of(status, std::move(id))};
}

inline ActionReply refused(std::string code = "NOT_ALLOWED") {
    return {.answer = {.outcome = domain::ActionOutcome::refused, .partner_code = std::move(code)},
            .problem = "refused"};
}

inline ActionReply ended_in(domain::ActionOutcome outcome) {
    return {.answer = {.outcome = outcome}, .problem = "trouble"};
}

inline ReadReply found(domain::PartnerStatus status, std::string id = "b-e-1") {
    return {.kind = ReadKind::found, .record = record_of(status, std::move(id))};
}

}  // namespace usher::flow::test
