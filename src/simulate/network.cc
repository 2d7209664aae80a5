#include "simulate/network.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <boost/json/serialize.hpp>

#include "base/base64.h"
#include "base/json.h"

namespace usher::simulate {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kPartnerPath = "/bango";

std::optional<Fault> fault_of(sandbox::FaultEffect effect, int http) {
    using sandbox::FaultEffect;
    switch (effect) {
        case FaultEffect::lose_request:
            return Fault::lost_request;
        case FaultEffect::lose_answer:
            return Fault::lost_answer;
        case FaultEffect::queue:
            return Fault::accepted_late;
        case FaultEffect::queue_never:
            return Fault::accepted_never;
        case FaultEffect::refuse:
            return Fault::not_available;
        case FaultEffect::garbage:
            return Fault::garbage;
        case FaultEffect::forget:
            return Fault::forgotten;
        case FaultEffect::duplicate:
            return Fault::report_doubled;
        case FaultEffect::answer:
            if (http == 429) return Fault::too_many;
            if (http == 409) return Fault::conflict;
            return http == 500 ? Fault::server_error : Fault::unavailable;
        case FaultEffect::delay:
        case FaultEffect::drop:
            break;
    }
    return std::nullopt;
}

}  // namespace

class LifeClient final : public http::Client {
  public:
    LifeClient(Network& network, Life life) : network_{network}, life_{life} {}

    base::Task<Network::Result> send(http::OutgoingRequest request) override {
        return base::suspend<Network::Result>(
            [this, request = std::move(request)](base::Completion<Network::Result> done) mutable {
                network_.carry(life_, std::move(request), std::move(done));
            });
    }

  private:
    Network& network_;
    const Life life_;
};

Network::Network(Timeline& timeline, Dice& dice, sandbox::PartnerModel& partner,
                 sandbox::Issuer& issuer, Trace& trace, FaultCounts& counts,
                 const base::Duration& partner_offset)
    : timeline_{timeline},
      dice_{dice},
      partner_{partner},
      issuer_{issuer},
      trace_{trace},
      counts_{counts},
      partner_offset_{partner_offset} {}

void Network::set_plan(const FaultPlan& plan) {
    plan_ = plan;
    partner_.set_faults(plan.for_partner(dice_));
}

void Network::heal() {
    plan_.clear();
    unreachable_ = unauthorized_ = false;
    partner_.set_faults({});
}

std::unique_ptr<http::Client> Network::client_for(Life life) {
    return std::make_unique<LifeClient>(*this, life);
}

void Network::drop(Life life) {
    std::vector<Exchange> dropped;
    for (auto at = exchanges_.begin(); at != exchanges_.end();) {
        if (at->second.life == life) {
            note_end(at->second, nullptr);
            dropped.push_back(std::move(at->second));
            at = exchanges_.erase(at);
        } else {
            ++at;
        }
    }
}

base::Duration Network::transit() {
    return dice_.log_between(milliseconds{1}, milliseconds{80});
}

base::Time Network::partner_time() const {
    return wall_time(timeline_.now()) + partner_offset_;
}

void Network::carry(Life life, http::OutgoingRequest request, base::Completion<Result> done) {
    const auto id = ++last_;
    exchanges_.emplace(id, Exchange{life, std::move(done), request.deadline, {}, {}});
    http::Request arrived{.method = request.method,
                          .target = request.url.substr(kOthers.size()),
                          .headers = request.headers,
                          .body = std::move(request.body)};
    if (arrived.target.starts_with(sandbox::Issuer::kPath)) {
        return ask_issuer(id, std::move(arrived));
    }
    timeline_.at(request.deadline, kWorld, [this, id](bool) {
        end(id, std::unexpected{http::TransportError{http::TransportFailure::timed_out, true,
                                                     "no answer in time"}});
    });
    if (request.basic) {
        arrived.headers.set("Authorization",
                            "Basic " + base::encode_base64(request.basic->username + ":" +
                                                           request.basic->password.reveal()));
    }
    arrived.target = arrived.target.substr(kPartnerPath.size());
    ask_partner(id, std::move(arrived));
}

void Network::ask_issuer(ExchangeId id, http::Request request) {
    timeline_.after(transit(), kWorld, [this, id, request = std::move(request)](bool) {
        end(id, issuer_.handle(request, wall_time(timeline_.now())));
    });
}

void Network::ask_partner(ExchangeId id, http::Request request) {
    // While nothing else gets through, one of these asks every few seconds.
    const bool is_echo = request.target.starts_with("/v1/echo/");
    if (!is_echo) note_sent(id, request);
    trace_.say(timeline_.now(), "call {} {}", request.method, request.target);
    trace_.detail(timeline_.now(), "  {} {}",
                  request.headers.find("X-RequestIdentifier").value_or(""), request.body);
    if (unreachable_) {
        count(Fault::unreachable);
        return fail(id, transit(), http::TransportFailure::connect_failed, false);
    }
    if (unauthorized_) {
        count(Fault::unauthorized);
        request.headers.set("Authorization", "Basic bm9ib2R5Om5vdGhpbmc=");
    }
    timeline_.after(transit(), kWorld, [this, id, request = std::move(request)](bool) mutable {
        auto call = partner_.admit(std::move(request), partner_time());
        if (call.fault) {
            const auto late = call.delay > seconds{10} ? Fault::late_request : Fault::slow;
            count(fault_of(call.fault->effect, call.fault->http.value_or(0)).value_or(late));
        }
        if (call.delay <= base::Duration::zero()) return serve(id, call);
        const auto delay = call.delay;
        timeline_.after(delay, kWorld,
                        [this, id, held = std::move(call)](bool) { serve(id, held); });
    });
}

void Network::serve(ExchangeId id, const sandbox::PartnerCall& call) {
    auto reply = partner_.serve(call, partner_time());
    trace_.say(timeline_.now(), "partner {} {} -> {}{}", call.request.method, call.request.target,
               reply.response.status, reply.response.abort ? " and silence" : "");
    trace_.detail(timeline_.now(), "  {} {}",
                  call.request.headers.find("X-RequestIdentifier").value_or(""),
                  reply.response.body);
    if (reply.response.abort) {
        fail(id, reply.delay + transit(), http::TransportFailure::broken, true);
    } else {
        answer(id, reply.delay, std::move(reply.response));
    }
    wake_partner();
}

void Network::answer(ExchangeId id, base::Duration after, http::Response response) {
    spoil(response);
    if (dice_.chance(plan_[Fault::half_body])) {
        count(Fault::half_body);
        return fail(id, after + transit(), http::TransportFailure::broken, true);
    }
    timeline_.after(
        after + transit(), kWorld,
        [this, id, response = std::move(response)](bool) mutable { end(id, std::move(response)); });
}

void Network::spoil(http::Response& response) {
    if (response.status == 429 && dice_.chance(0.5)) response.headers.add("Retry-After", "30");
    if (response.status != 200 || !dice_.chance(plan_[Fault::failed])) return;
    auto body = base::parse_json(response.body);
    if (!body || !body->is_object() || !body->get_object().contains("status")) return;
    count(Fault::failed);
    body->get_object()["status"] = "FAILED";
    response.body = boost::json::serialize(*body);
}

void Network::fail(ExchangeId id, base::Duration after, http::TransportFailure failure, bool sent) {
    timeline_.after(after, kWorld, [this, id, failure, sent](bool) {
        end(id, std::unexpected{http::TransportError{failure, sent, "in simulation"}});
    });
}

void Network::end(ExchangeId id, Result result) {
    const auto found = exchanges_.find(id);
    if (found == exchanges_.end() || std::exchange(found->second.has_ended, true)) return;
    const auto until = found->second.held_up_until;
    if (!until || *until <= timeline_.now()) return hear(id, std::move(result));
    timeline_.at(*until, kWorld, [this, id, result = std::move(result)](bool) mutable {
        hear(id, std::move(result));
    });
}

void Network::hear(ExchangeId id, Result result) {
    auto node = exchanges_.extract(id);
    if (node.empty()) return;
    note_end(node.mapped(), &result);
    node.mapped().done(std::move(result));
}

void Network::note_sent(ExchangeId id, const http::Request& request) {
    auto& exchange = exchanges_.at(id);
    exchange.sent = sent_.size();
    sent_.push_back({.request = request, .at = timeline_.now(), .until = exchange.deadline});
    // A customer waits for the link, and has no lease that would end.
    const bool may_wait = !request.target.ends_with("/activationInfo");
    if (!may_wait || !dice_.chance(plan_[Fault::held_up])) return;
    count(Fault::held_up);
    exchange.held_up_until = exchange.deadline + dice_.log_between(seconds{1}, minutes{5});
}

// Without a result the one who waited for it is dead.
void Network::note_end(const Exchange& exchange, const Result* result) {
    if (!exchange.sent) return;
    auto& sent = sent_.at(*exchange.sent);
    sent.until = std::min(sent.until, timeline_.now());
    if (result == nullptr) return;
    if (*result) {
        sent.heard = (*result)->status;
        sent.answer = (*result)->body;
    } else {
        sent.left = result->error().may_have_been_sent;
    }
}

void Network::wake_partner() {
    for (const auto& report : partner_.advance(partner_time())) send_report(report);
    const auto next = partner_.next_event();
    if (!next || (partner_wakes_at_ && *partner_wakes_at_ <= *next)) return;
    partner_wakes_at_ = next;
    timeline_.after(*next - partner_time(), kWorld, [this](bool) {
        partner_wakes_at_.reset();
        wake_partner();
    });
}

void Network::send_report(const sandbox::PartnerNotification& report) {
    if (dice_.chance(plan_[Fault::report_dropped])) {
        count(Fault::report_dropped);
        // The partner believes that it was taken.
        timeline_.after(transit(), kWorld, [this, number = report.number](bool) {
            partner_.settle_notification(number, true, partner_time());
            wake_partner();
        });
        return;
    }
    auto delay = transit();
    if (dice_.chance(plan_[Fault::report_late])) {
        count(Fault::report_late);
        delay = dice_.log_between(seconds{1}, minutes{60});
    }
    timeline_.after(delay, kWorld, [this, report](bool) {
        const http::Request request{
            .method = "POST",
            .target = report.url.substr(kUsher.size()),
            .headers = {{"Content-Type", "application/json"},
                        {"Authorization", "Basic " + base::encode_base64("usher:usher")}},
            .body = report.body};
        deliver_(request, [this, number = report.number](bool taken) {
            partner_.settle_notification(number, taken, partner_time());
            wake_partner();
        });
    });
}

}  // namespace usher::simulate
