// Bango as flow's partner (Bango §1 to §6): the one place where its calls leave. Thread-safe. Holds
// no state of its own: health, retries and limits are its caller's. Every call ends by its deadline
// and is logged in one line, without secrets, activation URLs and request bodies.
#pragma once

#include <cstddef>

#include "base/clock.h"
#include "flow/partner.h"
#include "http/client.h"
#include "partner/bango/codec.h"
#include "partner/bango/options.h"

namespace usher::partner::bango {

class BangoPartner final : public flow::Partner {
  public:
    // Larger answers are failures (http::TransportFailure::response_too_large). A report of all
    // that one customer ever had is the largest: about 1,500 records to the megabyte.
    static constexpr std::size_t kMaxAnswerBytes = std::size_t{4} * 1024 * 1024;

    // `client` and `clock` must outlive the partner.
    BangoPartner(http::Client& client, base::Clock& clock, BangoOptions options);

    base::Task<flow::ActionReply> act(flow::ActionCall call) override;
    base::Task<flow::ReadReply> read(flow::ReadCall call) override;
    base::Task<flow::ReadReply> activation(flow::ReadCall call) override;
    base::Task<flow::RecoveryReply> recovery(flow::ReadCall call) override;
    base::Task<flow::EchoReply> echo(domain::TenantId tenant, domain::MerchantId merchant,
                                     base::Monotonic deadline) override;
    std::string digest(const domain::Entitlement& entitlement,
                       domain::PartnerAction action) const override;
    domain::CustomerId customer_of(const domain::TenantId& tenant, const domain::AccountId& account,
                                   const domain::MerchantId& merchant) const override;
    std::optional<domain::AccountId> account_of(const domain::TenantId& tenant,
                                                const domain::CustomerId& customer,
                                                const domain::MerchantId& merchant) const override;
    flow::ReportNote understand_report(std::string_view body) const override;

  private:
    http::OutgoingRequest prepare(const domain::TenantId& tenant,
                                  const domain::MerchantId& merchant, WireRequest request,
                                  base::Monotonic deadline) const;
    http::OutgoingRequest prepare(const domain::Entitlement& entitlement, WireRequest request,
                                  base::Monotonic deadline) const;

    http::Client& client_;
    base::Clock& clock_;
    BangoOptions options_;
    Codec codec_;
};

}  // namespace usher::partner::bango
