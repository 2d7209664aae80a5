#include "partner/bango/client.h"

#include <utility>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/log.h"
#include "base/planted.h"
#include "partner/bango/report.h"

namespace usher::partner::bango {

namespace {

constexpr std::string_view kRequestIdHeader = "X-RequestIdentifier";
constexpr std::string_view kCorrelationHeader = "x-correlation-id";

// What one call's line in the log tells.
struct CallLog {
    const domain::TenantId& tenant;
    const domain::MerchantId& merchant;
    std::string_view entitlement;
    std::string_view action;
    std::string_view request_id;
    std::string_view correlation_id;
    std::string_view outcome;
    std::string_view result;
    std::string_view problem;
    std::string error;  // the partner's own account of it
    int http_status = 0;
    base::Duration took{};
    bool went_well = false;
};

void write(const CallLog& call) {
    const auto level = call.went_well ? base::LogLevel::info : base::LogLevel::warning;
    base::log(level, "partner_call",
              {{"partner", "bango"},
               {"tenant", call.tenant.text()},
               {"merchant", call.merchant.text()},
               {"entitlement", call.entitlement},
               {"action", call.action},
               {"request_id", call.request_id},
               {"correlation_id", call.correlation_id},
               {"http_status", call.http_status},
               {"outcome", call.outcome},
               {"result", call.result},
               {"problem", call.problem},
               {"partner_error", call.error},
               {"ms", std::chrono::duration_cast<std::chrono::milliseconds>(call.took).count()}});
}

void write(const domain::Entitlement& entitlement, std::string_view action,
           const domain::RequestId& request_id, const flow::ActionReply& reply,
           const Answer* answer, base::Duration took) {
    const auto outcome = reply.answer.outcome;
    const bool went_well =
        outcome == domain::ActionOutcome::confirmed || outcome == domain::ActionOutcome::accepted;
    write({.tenant = entitlement.tenant,
           .merchant = entitlement.merchant,
           .entitlement = entitlement.id.text(),
           .action = action,
           .request_id = request_id.text(),
           .correlation_id = entitlement.asker.correlation.text(),
           .outcome = to_text(outcome),
           .result = reply.answer.result,
           .problem = reply.problem,
           .error = answer != nullptr && !went_well ? describe_error(*answer) : "",
           .http_status = answer != nullptr ? answer->http_status : 0,
           .took = took,
           .went_well = went_well});
}

void write(const domain::Entitlement& entitlement, std::string_view action,
           const flow::ReadReply& reply, const Answer* answer, base::Duration took) {
    const bool went_well = reply.kind != flow::ReadKind::trouble;
    write({.tenant = entitlement.tenant,
           .merchant = entitlement.merchant,
           .entitlement = entitlement.id.text(),
           .action = action,
           .correlation_id = entitlement.asker.correlation.text(),
           .outcome = to_text(reply.kind),
           .result = answer != nullptr ? answer->words() : std::string_view{},
           .problem = reply.problem,
           .error = answer != nullptr && !went_well ? describe_error(*answer) : "",
           .http_status = answer != nullptr ? answer->http_status : 0,
           .took = took,
           .went_well = went_well});
}

flow::ReadReply without_id() {
    return {.kind = flow::ReadKind::trouble,
            .problem = "the partner's id is not known",
            .problem_code = domain::Problem::id_not_held};
}

void replace_all(std::string& text, std::string_view place, const std::string& value) {
    for (auto at = text.find(place); at != std::string::npos;
         at = text.find(place, at + value.size())) {
        text.replace(at, place.size(), value);
    }
}

}  // namespace

BangoPartner::BangoPartner(http::Client& client, base::Clock& clock, BangoOptions options)
    : client_{client},
      clock_{clock},
      options_{std::move(options)},
      codec_{options_.paths, options_.values, options_.public_url} {}

http::OutgoingRequest BangoPartner::prepare(const domain::TenantId& tenant,
                                            const domain::MerchantId& merchant, WireRequest request,
                                            base::Monotonic deadline) const {
    auto route = route_for(options_, tenant, merchant);
    while (route.url.ends_with('/')) route.url.pop_back();
    http::OutgoingRequest outgoing{
        .method = std::move(request.method),
        .url = route.url + request.path,
        .headers = {{"Accept", "application/json"}},
        .body = std::move(request.body),
        .basic = http::BasicCredentials{std::move(route.username), std::move(route.password)},
        .deadline = deadline,
        .max_response_bytes = kMaxAnswerBytes,
    };
    if (!outgoing.body.empty()) outgoing.headers.add("Content-Type", "application/json");
    return outgoing;
}

http::OutgoingRequest BangoPartner::prepare(const domain::Entitlement& entitlement,
                                            WireRequest request, base::Monotonic deadline) const {
    auto outgoing = prepare(entitlement.tenant, entitlement.merchant, std::move(request), deadline);
    if (!entitlement.asker.correlation.empty()) {
        outgoing.headers.add(std::string{kCorrelationHeader}, entitlement.asker.correlation.text());
    }
    return outgoing;
}

base::Task<flow::ActionReply> BangoPartner::act(flow::ActionCall call) {
    const auto& entitlement = call.entitlement;
    if (call.action != domain::PartnerAction::create && entitlement.partner_id.empty()) {
        co_return flow::ActionReply{
            .answer = {.outcome = domain::ActionOutcome::trouble, .result = "not sent"},
            .problem = without_id().problem,
            .problem_code = without_id().problem_code};
    }
    auto outgoing = prepare(entitlement, codec_.act(entitlement, call.action), call.deadline);
    outgoing.headers.add(std::string{kRequestIdHeader}, call.request_id.text());
    const auto begun = clock_.monotonic();
    auto response = co_await client_.send(std::move(outgoing));
    const auto took = clock_.monotonic() - begun;
    const auto action = domain::to_text(call.action);
    if (!response) {
        auto reply = action_reply(response.error());
        write(entitlement, action, call.request_id, reply, nullptr, took);
        co_return reply;
    }
    const auto answer = codec_.read_answer(*response, clock_.now());
    auto reply = codec_.action_reply(entitlement, call.action, answer);
    write(entitlement, action, call.request_id, reply, &answer, took);
    co_return reply;
}

base::Task<flow::ReadReply> BangoPartner::read(flow::ReadCall call) {
    const auto& entitlement = call.entitlement;
    const auto* action = entitlement.partner_id.empty() ? "report" : "read";
    auto outgoing = prepare(entitlement, codec_.read(entitlement), call.deadline);
    const auto begun = clock_.monotonic();
    auto response = co_await client_.send(std::move(outgoing));
    const auto took = clock_.monotonic() - begun;
    if (!response) {
        auto reply = read_reply(response.error());
        write(entitlement, action, reply, nullptr, took);
        co_return reply;
    }
    const auto answer = codec_.read_answer(*response, clock_.now());
    auto reply = codec_.read_reply(entitlement, answer);
    write(entitlement, action, reply, &answer, took);
    co_return reply;
}

base::Task<flow::ReadReply> BangoPartner::activation(flow::ReadCall call) {
    const auto& entitlement = call.entitlement;
    if (entitlement.partner_id.empty()) co_return without_id();
    auto outgoing = prepare(entitlement, codec_.activation(entitlement), call.deadline);
    const auto begun = clock_.monotonic();
    auto response = co_await client_.send(std::move(outgoing));
    const auto took = clock_.monotonic() - begun;
    if (!response) {
        auto reply = read_reply(response.error());
        write(entitlement, "activation_info", reply, nullptr, took);
        co_return reply;
    }
    const auto answer = codec_.read_answer(*response, clock_.now());
    auto reply = codec_.activation_reply(entitlement, answer);
    write(entitlement, "activation_info", reply, &answer, took);
    co_return reply;
}

base::Task<flow::RecoveryReply> BangoPartner::recovery(flow::ReadCall call) {
    const auto& entitlement = call.entitlement;
    auto outgoing = prepare(entitlement, codec_.recovery(entitlement), call.deadline);
    const auto begun = clock_.monotonic();
    auto response = co_await client_.send(std::move(outgoing));
    CallLog line{.tenant = entitlement.tenant,
                 .merchant = entitlement.merchant,
                 .entitlement = entitlement.id.text(),
                 .action = "recovery_info",
                 .correlation_id = entitlement.asker.correlation.text(),
                 .took = clock_.monotonic() - begun};
    std::string result;
    flow::RecoveryReply reply;
    if (response) {
        const auto answer = codec_.read_answer(*response, clock_.now());
        line.http_status = answer.http_status;
        result = answer.words();
        reply = codec_.recovery_reply(entitlement, answer);
        if (!reply.url) line.error = describe_error(answer);
    } else {
        const auto none = read_reply(response.error());
        result = http::to_text(response.error().failure);
        reply.problem = none.problem;
        reply.problem_code = none.problem_code;
    }
    line.went_well = reply.url.has_value();
    line.result = result;
    line.problem = reply.problem;
    line.outcome = line.went_well ? "found" : reply.rejection ? "refused" : "trouble";
    write(line);
    co_return reply;
}

base::Task<flow::EchoReply> BangoPartner::echo(domain::TenantId tenant, domain::MerchantId merchant,
                                               base::Monotonic deadline) {
    const auto begun = clock_.monotonic();
    auto response =
        co_await client_.send(prepare(tenant, merchant, codec_.echo("usher"), deadline));
    const auto took = clock_.monotonic() - begun;
    CallLog line{.tenant = tenant, .merchant = merchant, .action = "echo", .took = took};
    std::string result;
    flow::EchoReply reply;
    if (response) {
        const auto answer = codec_.read_answer(*response, clock_.now());
        line.http_status = answer.http_status;
        result = answer.words();
        if (answer.kind != AnswerKind::success) reply.problem_code = problem_of(answer);
    } else {
        result = http::to_text(response.error().failure);
        reply.problem_code = problem_of(response.error());
    }
    if (!reply.answers()) reply.problem = fmt::format("the partner's echo failed ({})", result);
    line.went_well = reply.answers();
    line.result = result;
    line.problem = reply.problem;
    line.outcome = line.went_well ? "answered" : "trouble";
    write(line);
    co_return reply;
}

std::string BangoPartner::digest(const domain::Entitlement& entitlement,
                                 domain::PartnerAction action) const {
    const auto request = codec_.act(entitlement, action);
    return base::sha256_hex(fmt::format("{}\n{}\n{}", request.method, request.path, request.body));
}

domain::CustomerId BangoPartner::customer_of(const domain::TenantId& tenant,
                                             const domain::AccountId& account,
                                             const domain::MerchantId& merchant) const {
    // Ids hold no braces (interface §4), so that a value cannot bring a new place with it.
    auto name = route_for(options_, tenant, merchant).customer_id;
    const bool is_apart = !base::planted(base::Planted::customer_without_tenant);
    replace_all(name, "{tenant}", is_apart ? tenant.text() : "any");
    replace_all(name, "{account}", account.text());
    return domain::CustomerId{std::move(name)};
}

std::optional<domain::AccountId> BangoPartner::account_of(
    const domain::TenantId& tenant, const domain::CustomerId& customer,
    const domain::MerchantId& merchant) const {
    constexpr std::string_view kAccount = "{account}";
    auto name = route_for(options_, tenant, merchant).customer_id;
    replace_all(name, "{tenant}", tenant.text());
    const std::string_view form = name;
    const auto place = form.find(kAccount);
    const std::string_view given = customer.text();
    if (place == std::string_view::npos || !given.starts_with(form.substr(0, place))) {
        return std::nullopt;
    }
    const auto tail = form.substr(place + kAccount.size());
    const auto rest = given.substr(place);
    if (rest.size() <= tail.size() || !rest.ends_with(tail)) return std::nullopt;
    domain::AccountId account{std::string{rest.substr(0, rest.size() - tail.size())}};
    // A form with several places is settled by naming the account anew.
    if (customer_of(tenant, account, merchant) != customer) return std::nullopt;
    return account;
}

flow::ReportNote BangoPartner::understand_report(std::string_view body) const {
    return parse_report(body, options_.values).value_or(flow::ReportNote{});
}

}  // namespace usher::partner::bango
