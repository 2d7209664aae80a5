// What flow asks of a partner (the aggregator). A second partner is a second implementation.
// Thread-safe. Every call has a deadline and ends by it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/task.h"
#include "base/time.h"
#include "domain/convergence.h"
#include "domain/entitlement.h"

namespace usher::flow {

// The partner's record of an entitlement, in our words.
struct PartnerRecord {
    domain::PartnerEntitlementId id;
    domain::PartnerView view;
    std::string status_word;  // as the partner spelled it, for the evidence
    std::string external_id;  // ours, when the partner returns it
    domain::MerchantId merchant;
    domain::ProductKey product_key;
    std::optional<base::Time> ends_at;  // of ACTIVE-ENDING
    std::optional<domain::Activation> activation;
    bool operator==(const PartnerRecord&) const = default;
};

struct ActionCall {
    domain::PartnerAction action{};
    domain::Entitlement entitlement;  // as recorded with the call
    domain::RequestId request_id;
    base::Monotonic deadline;
};

struct ActionReply {
    domain::ActionAnswer answer;
    std::optional<PartnerRecord> record;  // when the answer carried one
    domain::EntitlementId about_other;    // of ours, which the answer was about instead
    std::optional<base::Duration> retry_after;
    std::string problem;  // a sentence for people when it did not work; holds no secret
    domain::Problem problem_code = domain::Problem::none;  // the same as a code
    bool unhealthy = false;  // counts against the partner's health (timeouts, 5xx, 401, TLS, …)
};

struct ReadCall {
    domain::Entitlement entitlement;
    base::Monotonic deadline;
};

enum class ReadKind {
    found,       // by the partner's id, or one record that carries our id
    candidates,  // no id held and none carries ours: live records of that customer and product
    not_found,   // no id held and nothing there
    trouble,     // no usable answer, or one that contradicts what we hold
};

struct ReadReply {
    ReadKind kind{};
    std::optional<PartnerRecord> record;    // of `found`
    std::vector<PartnerRecord> candidates;  // of `candidates`
    std::optional<base::Duration> retry_after;
    std::string problem;
    domain::Problem problem_code = domain::Problem::none;
    bool unhealthy = false;
};

// Where a customer who cannot get in goes.
struct RecoveryReply {
    std::optional<base::Secret> url;
    std::optional<domain::Rejection> rejection;            // for good
    std::string partner_code;                              // of that
    std::string problem;                                   // a sentence when there is neither
    domain::Problem problem_code = domain::Problem::none;  // the same as a code
};

// What a report says, as far as it can be understood; what it does not say is empty.
struct ReportNote {
    domain::PartnerEntitlementId partner_id;
    domain::EntitlementId external_id;  // ours, when the partner tells it
    domain::CustomerId customer;
    domain::MerchantId merchant;
    domain::ProductKey product_key;
    std::optional<domain::PartnerView> view;
    std::string status_word;
    std::string reason;
    std::string text;  // of the whole, bounded and without secrets: fit to be kept
    bool operator==(const ReportNote&) const = default;
};

// Whether the partner answers at all with these credentials.
struct EchoReply {
    std::string problem;
    domain::Problem problem_code = domain::Problem::none;  // none: it does
    bool answers() const { return problem_code == domain::Problem::none; }
};

class Partner {
  public:
    virtual ~Partner() = default;

    virtual base::Task<ActionReply> act(ActionCall call) = 0;
    virtual base::Task<ReadReply> read(ReadCall call) = 0;

    // A fresh activation URL for a PENDING entitlement; `found` with activation, or trouble.
    virtual base::Task<ReadReply> activation(ReadCall call) = 0;

    // A link with which the customer recovers the account at the merchant; of a live entitlement.
    virtual base::Task<RecoveryReply> recovery(ReadCall call) = 0;

    virtual base::Task<EchoReply> echo(domain::TenantId tenant, domain::MerchantId merchant,
                                       base::Monotonic deadline) = 0;

    // Digest of the body that `act` would send. Pure. A request id goes only with one digest.
    virtual std::string digest(const domain::Entitlement& entitlement,
                               domain::PartnerAction action) const = 0;

    // The account's name at the partner (setting customer_id, interface §3). Pure.
    virtual domain::CustomerId customer_of(const domain::TenantId& tenant,
                                           const domain::AccountId& account,
                                           const domain::MerchantId& merchant) const = 0;
    // The other way round: whose name this is, if it can be anybody's. Pure.
    virtual std::optional<domain::AccountId> account_of(
        const domain::TenantId& tenant, const domain::CustomerId& customer,
        const domain::MerchantId& merchant) const = 0;

    // Never fails: what cannot be understood is kept as it is. Pure.
    virtual ReportNote understand_report(std::string_view body) const = 0;
};

}  // namespace usher::flow
