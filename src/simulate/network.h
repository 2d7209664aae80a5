// The wire between one node after another and the other parties. What has left a node arrives
// whether or not that node still lives. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/suspend.h"
#include "http/client.h"
#include "sandbox/issuer.h"
#include "sandbox/partner_model.h"
#include "simulate/faults.h"
#include "simulate/timeline.h"
#include "simulate/trace.h"
#include "simulate/wire.h"

namespace usher::simulate {

inline constexpr std::string_view kOthers = "http://others";  // the partner and the issuer
inline constexpr std::string_view kUsher = "http://usher";    // us, as the partner knows us

class Network {
  public:
    // Carries a report to a node that lives, and says whether it took it.
    using Deliver =
        std::function<void(const http::Request& report, std::function<void(bool taken)> done)>;

    // All must outlive it. `partner_offset`: how wrong the partner's clock is.
    Network(Timeline& timeline, Dice& dice, sandbox::PartnerModel& partner, sandbox::Issuer& issuer,
            Trace& trace, FaultCounts& counts, const base::Duration& partner_offset);

    void set_plan(const FaultPlan& plan);
    void heal();
    // While one lasts, nobody reaches the partner, or it knows nobody.
    void set_unreachable(bool unreachable) { unreachable_ = unreachable; }
    void set_unauthorized(bool unauthorized) { unauthorized_ = unauthorized; }

    std::unique_ptr<http::Client> client_for(Life life);
    // What a node still waited for; before its io_context goes.
    void drop(Life life);

    // Lets the partner act by itself: queued effects, ends, reports.
    void wake_partner();
    void set_deliver(Deliver deliver) { deliver_ = std::move(deliver); }

    // Every call to the partner but the echoes, in the order in which they left.
    const std::vector<Sent>& sent() const { return sent_; }

  private:
    friend class LifeClient;
    using Result = std::expected<http::Response, http::TransportError>;
    using ExchangeId = std::uint64_t;
    struct Exchange {
        Life life;
        base::Completion<Result> done;
        base::Monotonic deadline;
        std::optional<std::size_t> sent;               // which of `sent_`
        std::optional<base::Monotonic> held_up_until;  // the node hears of its end no sooner
        bool has_ended = false;
    };

    void carry(Life life, http::OutgoingRequest request, base::Completion<Result> done);
    void ask_issuer(ExchangeId id, http::Request request);
    void ask_partner(ExchangeId id, http::Request request);
    void serve(ExchangeId id, const sandbox::PartnerCall& call);
    void answer(ExchangeId id, base::Duration after, http::Response response);
    void spoil(http::Response& response);
    void end(ExchangeId id, Result result);
    void hear(ExchangeId id, Result result);
    void note_sent(ExchangeId id, const http::Request& request);
    void note_end(const Exchange& exchange, const Result* result);
    void fail(ExchangeId id, base::Duration after, http::TransportFailure failure, bool sent);
    void send_report(const sandbox::PartnerNotification& report);
    base::Duration transit();
    base::Time partner_time() const;
    void count(Fault fault) { ++counts_.at(static_cast<std::size_t>(fault)); }

    Timeline& timeline_;
    Dice& dice_;
    sandbox::PartnerModel& partner_;
    sandbox::Issuer& issuer_;
    Trace& trace_;
    FaultCounts& counts_;
    const base::Duration& partner_offset_;
    FaultPlan plan_;
    bool unreachable_ = false;
    bool unauthorized_ = false;
    Deliver deliver_;
    ExchangeId last_ = 0;
    std::vector<Sent> sent_;
    std::map<ExchangeId, Exchange> exchanges_;
    std::optional<base::Time> partner_wakes_at_;
};

}  // namespace usher::simulate
