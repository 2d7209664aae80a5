#include "sandbox/partner_model.h"

#include <algorithm>
#include <charconv>

#include <boost/json/serialize.hpp>

#include "base/base64.h"
#include "base/json.h"
#include "sandbox/active_file.h"

namespace usher::sandbox {

namespace {

namespace json = boost::json;

constexpr std::string_view kFaultsKey = "rules";

json::object with_effects(const Record& record) {
    auto object = to_json(record);
    json::object effects;
    for (const auto& [action, count] : record.effects) effects[action] = count;
    object["effects"] = std::move(effects);
    return object;
}

bool has_effect(const PartnerCall& call, FaultEffect effect) {
    return call.fault && call.fault->effect == effect;
}

std::string code_for_status(int http) {
    switch (http) {
        case 401:
            return "UNAUTHORIZED";
        case 404:
            return "NOT_FOUND";
        case 409:
            return "CONFLICT";
        case 429:
            return "TOO_MANY_REQUESTS";
        case 503:
            return "SERVICE_UNAVAILABLE";
        default:
            break;
    }
    if (http >= 500) return "INTERNAL_ERROR";
    return http >= 300 ? "BAD_REQUEST" : "OK";
}

// The answer that a rule gives instead of the partner's; nothing when the rule is not of that kind.
std::optional<http::Response> instead_of_acting(const FaultRule& rule) {
    const auto code_or = [&rule](std::string_view code) {
        return rule.response_code.empty() ? std::string{code} : rule.response_code;
    };
    switch (rule.effect) {
        case FaultEffect::answer: {
            const int http = rule.http.value_or(503);
            return partner_answer(http, code_or(code_for_status(http)), "Made to answer this");
        }
        case FaultEffect::refuse:
            return partner_answer(rule.http.value_or(400), code_or("NOT_AVAILABLE"),
                                  "The merchant does not support this action");
        case FaultEffect::forget:
            return partner_answer(404, code_or("NOT_FOUND"), "The entitlement was not found");
        case FaultEffect::lose_request:
        case FaultEffect::lose_answer:
        case FaultEffect::delay:
        case FaultEffect::queue:
        case FaultEffect::queue_never:
        case FaultEffect::garbage:
        case FaultEffect::drop:
        case FaultEffect::duplicate:
            break;
    }
    return std::nullopt;
}

}  // namespace

PartnerModel::PartnerModel(PartnerOptions options, base::Random& random, Journal* journal)
    : options_{std::move(options)},
      random_{random},
      journal_{journal},
      outbox_{options_, [this] { return draw(Action::report); }, journal},
      book_{options_, random, outbox_, journal},
      api_{options_, book_},
      replays_{options_.replay_retention, journal},
      calls_{options_.max_calls, journal} {}

bool PartnerModel::restore(Table table, std::string_view key, std::string_view value) {
    switch (table) {
        case Table::records:
            return book_.restore(value);
        case Table::replays:
            return replays_.restore(key, value);
        case Table::calls:
            return calls_.restore(key, value);
        case Table::notifications:
            return outbox_.restore(key, value);
        case Table::queued:
            return restore_queued(key, value);
        case Table::faults: {
            auto faults = Faults::from_row(value);
            if (!faults) return false;
            faults_ = *std::move(faults);
            return true;
        }
        case Table::received:
        case Table::keys:
            return true;
    }
    return true;
}

std::optional<FaultRule> PartnerModel::draw(Action action) {
    auto rule = faults_.draw(action, random_);
    if (rule) keep_faults();
    return rule;
}

void PartnerModel::keep_faults() {
    if (journal_ == nullptr) return;
    journal_->put(Table::faults, std::string{kFaultsKey}, json::serialize(faults_.to_json()));
}

void PartnerModel::set_faults(Faults faults) {
    faults_ = std::move(faults);
    keep_faults();
}

PartnerCall PartnerModel::admit(http::Request request, base::Time now) {
    run_due(now);
    PartnerCall call{.request = std::move(request)};
    const auto action = api_.classify(call.request);
    if (action) call.fault = draw(*action);
    if (has_effect(call, FaultEffect::delay)) call.delay = call.fault->delay;
    call.number = calls_.add(
        {.at = now,
         .method = call.request.method,
         .path = call.request.target,
         .request_id = std::string{call.request.headers.find("X-RequestIdentifier").value_or("")},
         .action = std::string{action ? to_text(*action) : ""},
         .fault = std::string{call.fault ? to_text(call.fault->effect) : ""}});
    return call;
}

PartnerReply PartnerModel::serve(const PartnerCall& call, base::Time now) {
    run_due(now);
    PartnerReply reply;
    bool replayed = false;
    const bool holds_up = call.fault && !has_effect(call, FaultEffect::delay) &&
                          !has_effect(call, FaultEffect::queue);
    if (holds_up) reply.delay = call.fault->delay;

    if (has_effect(call, FaultEffect::lose_request)) {
        reply.response.abort = true;
    } else if (!authorized(call.request)) {
        reply.response = partner_answer(401, "UNAUTHORIZED", "The credentials are wrong");
        reply.response.headers.add("WWW-Authenticate", "Basic realm=\"bango\"");
    } else {
        reply.response = act(call, now, replayed);
        if (has_effect(call, FaultEffect::lose_answer)) reply.response.abort = true;
        if (has_effect(call, FaultEffect::garbage)) {
            reply.response.body = "{\"responseCode\":\"OK\",\"entitle";
        }
    }
    calls_.answered(call.number, reply.response, replayed);
    return reply;
}

http::Response PartnerModel::act(const PartnerCall& call, base::Time now, bool& replayed) {
    const auto action = api_.classify(call.request);
    // What changes nothing needs no memory, and an old answer to a read would be a wrong one.
    const bool remembers = action && is_change(*action);
    if (call.fault) {
        if (auto response = instead_of_acting(*call.fault)) {
            if (remembers) replays_.remember(call.request, *response, now);
            return *std::move(response);
        }
    }
    if (remembers) {
        auto known = replays_.find(call.request, now);
        if (known.found == Replays::Found::other_request) {
            return partner_answer(409, "CONFLICT",
                                  "X-RequestIdentifier was used for another request");
        }
        replayed = known.found == Replays::Found::same_request;
        if (replayed) return std::move(known.first);
    }
    const bool queues =
        has_effect(call, FaultEffect::queue) || has_effect(call, FaultEffect::queue_never);
    auto response =
        queues ? enqueue(call, now) : api_.perform(call.request, PartnerApi::Mode::act, {}, now);
    if (remembers) replays_.remember(call.request, response, now);
    return response;
}

http::Response PartnerModel::enqueue(const PartnerCall& call, base::Time now) {
    const auto& rule = *call.fault;
    const auto& code = rule.response_code.empty() ? options_.queued_code : rule.response_code;
    auto response = api_.perform(call.request, PartnerApi::Mode::accept, code, now);
    if (response.status == 202 && rule.effect == FaultEffect::queue) {
        add_queued({now + rule.delay, call.request, created_by(call.request, response)});
    }
    return response;
}

// The record that a queued create has answered with, which has no effect yet.
std::string PartnerModel::created_by(const http::Request& request, const http::Response& response) {
    if (api_.classify(request) != Action::create) return {};
    const auto body = base::parse_json(response.body);
    if (!body || !body->is_object()) return {};
    return base::find_string(body->get_object(), "entitlementId").value_or("");
}

void PartnerModel::add_queued(QueuedCall queued) {
    const auto number = ++last_queued_;
    if (journal_ != nullptr) {
        const json::object row{{"due", base::to_micros(queued.due)},
                               {"method", queued.request.method},
                               {"target", queued.request.target},
                               {"body", queued.request.body},
                               {"creates", queued.creates}};
        journal_->put(Table::queued, number_key(number), json::serialize(row));
    }
    queue_due_.emplace(queued.due, number);
    queued_.emplace(number, std::move(queued));
}

bool PartnerModel::restore_queued(std::string_view key, std::string_view row) {
    std::uint64_t number = 0;
    std::from_chars(key.data(), key.data() + key.size(), number);
    const auto parsed = base::parse_json(row);
    if (number == 0 || !parsed || !parsed->is_object()) return false;
    const auto& object = parsed->get_object();
    const auto* due = base::find_member(object, "due");
    if (due == nullptr || !due->is_int64()) return false;
    QueuedCall queued{.due = base::from_micros(due->get_int64())};
    queued.request.method = base::find_string(object, "method").value_or("");
    queued.request.target = base::find_string(object, "target").value_or("");
    queued.request.body = base::find_string(object, "body").value_or("");
    queued.creates = base::find_string(object, "creates").value_or("");
    last_queued_ = std::max(last_queued_, number);
    queue_due_.emplace(queued.due, number);
    queued_.emplace(number, std::move(queued));
    return true;
}

void PartnerModel::run_due(base::Time now) {
    while (!queue_due_.empty() && queue_due_.begin()->first <= now) {
        const auto number = queue_due_.begin()->second;
        const auto queued = std::move(queued_.at(number));
        queue_due_.erase(queue_due_.begin());
        queued_.erase(number);
        if (journal_ != nullptr) journal_->erase(Table::queued, number_key(number));
        // A create whose record was ended meanwhile makes no other one.
        const auto* created = book_.find(queued.creates);
        if (created != nullptr && is_ended(created->status)) continue;
        // What has become impossible meanwhile fails in silence, as at the partner (Bango §5).
        (void)api_.perform(queued.request, PartnerApi::Mode::act, {}, now);
    }
    book_.advance(now);
}

bool PartnerModel::authorized(const http::Request& request) const {
    const auto header = request.headers.find("Authorization");
    if (!header) return false;
    return *header ==
           "Basic " + base::encode_base64(options_.username + ":" + options_.password.reveal());
}

LinkOutcome PartnerModel::open_link(std::string_view token, base::Time now) {
    run_due(now);
    return book_.open_link(token, now);
}

std::expected<json::object, MoveRefusal> PartnerModel::make_move(std::string_view id, Move move,
                                                                 std::string_view product,
                                                                 base::Time now) {
    run_due(now);
    const auto record = book_.make_move(id, move, product, now);
    if (!record) return std::unexpected{record.error()};
    return with_effects(**record);
}

std::optional<base::Time> PartnerModel::next_event() const {
    std::optional<base::Time> next;
    if (!queue_due_.empty()) next = queue_due_.begin()->first;
    for (const auto& event : {book_.next_event(), outbox_.next_event()}) {
        if (event) next = next ? std::min(*next, *event) : event;
    }
    return next;
}

std::vector<PartnerNotification> PartnerModel::advance(base::Time now) {
    run_due(now);
    return outbox_.take_due(now);
}

void PartnerModel::settle_notification(std::uint64_t number, bool delivered, base::Time now) {
    outbox_.settle(number, delivered, now);
}

std::string PartnerModel::active_file() const {
    return sandbox::active_file(book_.all());
}

json::array PartnerModel::entitlements(std::optional<std::string_view> customer) const {
    json::array list;
    for (const auto& record : book_.all()) {
        if (!customer || record.customer == *customer) list.push_back(with_effects(record));
    }
    return list;
}

}  // namespace usher::sandbox
