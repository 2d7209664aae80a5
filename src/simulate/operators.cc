#include "simulate/operators.h"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "api/errors.h"
#include "base/json.h"

namespace usher::simulate {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::string_view kEntitlements = "/crm-gateway/v2/rmg/v1/entitlements";

constexpr std::string_view kTpes = "/tpes/v1/operator/entitlements";

// As often as they stand here.
constexpr std::array<std::string_view, 20> kStatuses{
    "SUSPENDED",     "SUSPENDED", "SUSPENDED",  "SUSPENDED",    "ACTIVE",
    "ACTIVE",        "ACTIVE",    "ACTIVE",     "ACTIVE",       "CANCELLED",
    "CANCELLED",     "CANCELLED", "CANCELLED",  "REVOKED",      "ACTIVE-ENDING",
    "ACTIVE-ENDING", "PENDING",   "SUBSCRIBED", "UNSUBSCRIBED", "SUSPENDED"};

constexpr std::array<std::string_view, 6> kPreferences{"",       "",        "",
                                                       "wait=0", "wait=20", "respond-async"};

std::int64_t number_in(const boost::json::object& body, std::string_view key) {
    const auto* value = base::find_member(body, key);
    return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

void keep_told(Asked& asked, const http::Response& response, boost::json::object body) {
    asked.replayed = response.headers.find("Idempotent-Replayed").has_value();
    if (const auto* link = base::find_member(body, "parameters")) {
        asked.link = boost::json::serialize(*link);
        for (const auto* name : {"parameters", "responseCode", "responseMessage"}) body.erase(name);
    }
    asked.told = fmt::format("{} {} {}", response.status,
                             response.headers.find("usher-propagation").value_or(""),
                             boost::json::serialize(body));
}

std::string purchase_of(const Offer& offer) {
    return fmt::format(R"({{"productType":"THIRDPARTY","productId":"BANGO_US_{}",)"
                       R"("accountId":"{}","status":"PENDING"}})",
                       offer.product, offer.account);
}

}  // namespace

void Operators::take(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) rights_.push_back({stage_.offers().at(i), {}});
}

void Operators::ask_something(bool leaves) {
    auto& right = rights_.at(dice_.below(rights_.size()));
    if (right.entitlement.empty() || dice_.chance(0.06)) return buy(right, leaves);
    if (dice_.chance(0.1)) return read(right, leaves);
    if (dice_.chance(0.02)) return pry(right, leaves);
    update(right, leaves);
}

void Operators::ask_otherwise(Dice& dice) {
    const auto& right = rights_.at(dice.below(rights_.size()));
    const auto what = dice.fraction();
    if (right.entitlement.empty()) return;
    if (what < 0.7) return want_other_product(right, dice);
    if (what < 0.9) return remove(right, dice);
    list(right, dice);
}

// Not one that the customer would have to act for: who does, is the other draws' matter.
void Operators::want_other_product(const Right& right, Dice& dice) {
    constexpr std::array<std::string_view, 2> kProducts{"MUSIC_PREMIUM", "MUSIC_MONTHLY"};
    auto asked = asking(AskedKind::product, right, "ACTIVE");
    asked.product_key = dice.pick(kProducts);
    other_products_.insert(domain::EntitlementId{right.entitlement});
    http::Request request{
        .method = "POST",
        .target = fmt::format("{}/{}/actions/changeProduct", kTpes, right.entitlement),
        .headers = headers(asked, dice.pick(kPreferences)),
        .body = fmt::format(R"({{"productId":"BANGO_US_{}"}})", asked.product_key)};
    send(nullptr, std::move(asked), std::move(request), false);
}

void Operators::remove(const Right& right, Dice& dice) {
    auto asked = asking(AskedKind::deletion, right, "CANCELLED");
    http::Request request{.method = "DELETE",
                          .target = fmt::format("{}/{}", kEntitlements, right.entitlement),
                          .headers = headers(asked, dice.pick(kPreferences))};
    send(nullptr, std::move(asked), std::move(request), false);
}

void Operators::list(const Right& right, Dice& dice) {
    auto asked = asking(AskedKind::other, right, {});
    http::Request request{
        .method = "GET",
        .target =
            fmt::format("/crm-gateway/v1/rmg/v1/entitlements?filter=%7B%22accountId%22:%22{}%22%7D",
                        right.offer.account),
        .headers = headers(asked, dice.pick(kPreferences))};
    send(nullptr, std::move(asked), std::move(request), false);
}

void Operators::ask_about_account(Dice& dice) {
    const auto& right = rights_.at(dice.below(rights_.size()));
    const auto what = dice.fraction();
    const bool suspends = dice.chance(0.5);
    if (right.entitlement.empty()) return;
    auto asked = asking(AskedKind::account, right, "CANCELLED");
    asked.entitlement.clear();
    asked.account = right.offer.account;
    http::Request request{.method = "DELETE",
                          .target = fmt::format("/adm/v1/accounts/{}", asked.account)};
    if (what < 0.15) {
        asked.account_wish = AccountWish::deletion;
    } else if (what < 0.35) {
        asked.account_wish = AccountWish::deletion_of_all_it_has;
        request.target = fmt::format("{}/account/{}", kEntitlements, asked.account);
    } else {
        asked.account_wish = what < 0.6 ? AccountWish::end : AccountWish::status;
        if (asked.account_wish == AccountWish::status) {
            asked.status = suspends ? "SUSPENDED" : "ACTIVE";
        }
        request.method = "PUT";
        request.body = fmt::format(R"({{"status":"{}"}})", asked.status);
    }
    request.headers = headers(asked, dice.pick(kPreferences));
    send(nullptr, std::move(asked), std::move(request), dice.chance(0.1));
}

void Operators::ask_with_key(Dice& dice) {
    auto& right = rights_.at(dice.below(rights_.size()));
    auto asked = asking(AskedKind::update, right, std::string{dice.pick(kStatuses)});
    http::Request request{.method = "PUT",
                          .target = fmt::format("{}/{}", kEntitlements, right.entitlement)};
    if (right.entitlement.empty()) {
        asked.kind = AskedKind::purchase;
        asked.status = "PENDING";
        asked.account = right.offer.account;
        asked.product_key = right.offer.product;
        request.method = "POST";
        request.target = kEntitlements;
        request.body = purchase_of(right.offer);
    } else if (dice.chance(0.1)) {
        asked.kind = AskedKind::deletion;
        asked.status = "CANCELLED";
        request.method = "DELETE";
    } else {
        request.body = fmt::format(R"({{"status":"{}"}})", asked.status);
    }
    asked.key = fmt::format("key-{}", ++keys_);
    ask_again(asked.kind == AskedKind::purchase ? &right : nullptr, asked, request, dice);
}

// Whether the first was answered or not: who repeats it may have lost the answer.
void Operators::ask_again(Right* bought, const Asked& asked, const http::Request& request,
                          Dice& dice) {
    auto one = asked;
    one.correlation = fmt::format("asked-{}", asked_.size());
    auto sent = request;
    sent.headers = headers(one, dice.pick(kPreferences));
    sent.headers.add("Idempotency-Key", one.key);
    send(bought, std::move(one), std::move(sent), dice.chance(0.2));
    if (!dice.chance(0.7)) return;
    timeline_.after(
        dice.log_between(milliseconds{1}, minutes{20}), kWorld,
        [this, bought, asked, request, &dice](bool) { ask_again(bought, asked, request, dice); });
}

http::Headers Operators::headers(const Asked& asked) {
    return headers(asked, dice_.pick(kPreferences));
}

http::Headers Operators::headers(const Asked& asked, std::string_view preference) const {
    const auto by = std::ranges::find(stage_.operators(), asked.tenant, &Operator::tenant);
    http::Headers made{{"Authorization", "Bearer " + by->token},
                       {"Content-Type", "application/json"},
                       {"x-correlation-id", asked.correlation}};
    if (!preference.empty()) made.add("Prefer", std::string{preference});
    return made;
}

Asked Operators::asking(AskedKind kind, const Right& right, std::string status) const {
    return {.correlation = fmt::format("asked-{}", asked_.size()),
            .kind = kind,
            .tenant = stage_.operators().at(right.offer.by).tenant,
            .entitlement = right.entitlement,
            .status = std::move(status)};
}

void Operators::buy(Right& right, bool leaves) {
    auto asked = asking(AskedKind::purchase, right, "PENDING");
    asked.entitlement.clear();
    asked.account = right.offer.account;
    asked.product_key = right.offer.product;
    http::Request request{.method = "POST",
                          .target = std::string{kEntitlements},
                          .headers = headers(asked),
                          .body = purchase_of(right.offer)};
    send(&right, std::move(asked), std::move(request), leaves);
}

void Operators::update(const Right& right, bool leaves) {
    if (right.entitlement.empty()) return;  // deleted since
    auto asked = asking(AskedKind::update, right, std::string{dice_.pick(kStatuses)});
    http::Request request{.method = "PUT",
                          .target = fmt::format("{}/{}", kEntitlements, right.entitlement),
                          .headers = headers(asked),
                          .body = fmt::format(R"({{"status":"{}"}})", asked.status)};
    send(nullptr, std::move(asked), std::move(request), leaves);
    // He often changes his mind while what he asked for is still under way.
    if (!dice_.chance(0.3)) return;
    timeline_.after(dice_.log_between(milliseconds{5}, minutes{2}), kWorld,
                    [this, &right](bool) { update(right, false); });
}

void Operators::read(const Right& right, bool leaves) {
    auto asked = asking(AskedKind::other, right, {});
    http::Request request{.method = "GET",
                          .target = fmt::format("{}/{}", kEntitlements, right.entitlement),
                          .headers = headers(asked)};
    send(nullptr, std::move(asked), std::move(request), leaves);
}

// Another operator asks for what is not his, or wants to change it.
void Operators::pry(const Right& right, bool leaves) {
    const bool reads = dice_.chance(0.5);
    auto asked = asking(reads ? AskedKind::other : AskedKind::update, right,
                        reads ? std::string{} : std::string{dice_.pick(kStatuses)});
    const auto other = (right.offer.by + 1) % stage_.operators().size();
    asked.tenant = stage_.operators().at(other).tenant;
    asked.foreign = true;
    http::Request request{.method = reads ? "GET" : "PUT",
                          .target = fmt::format("{}/{}", kEntitlements, right.entitlement),
                          .headers = headers(asked)};
    if (!reads) request.body = fmt::format(R"({{"status":"{}"}})", asked.status);
    send(nullptr, std::move(asked), std::move(request), leaves);
}

// In a world that began with an empty store: what a purchase refers to must be there first.
void Operators::make_known(const Right& right, int error_code) {
    auto asked = asking(AskedKind::other, right, {});
    http::Request request{.headers = headers(asked)};
    if (error_code == api::number_of(api::ErrorCode::account_unknown)) {
        request.method = "POST";
        request.target = "/adm/v1/accounts";
        request.body = fmt::format(R"({{"_id":"{}"}})", right.offer.account);
    } else {
        request.method = "PUT";
        request.target = "/cpm/commercial/v1/products";
        request.body =
            fmt::format(R"({{"type":"thirdParty","name":"Music","providerId":"BANGO_US",)"
                        R"("providerResourceId":"{}"}})",
                        right.offer.product);
    }
    send(nullptr, std::move(asked), std::move(request), false);
}

void Operators::send(Right* bought, Asked asked, http::Request request, bool leaves) {
    const auto number = asked_.size();
    asked.cut_off = leaves;
    asked.at = timeline_.now();
    trace_.say(timeline_.now(), "{} {} {} {} {}", asked.correlation, asked.tenant.text(),
               request.method, request.target, asked.status);
    asked_.push_back(std::move(asked));
    const auto answered = [this, number, bought, leaves](const http::Response& response) {
        if (!leaves) hear(number, bought, response);
    };
    asked_of_.push_back(serve_(std::move(request), answered));
    if (asked_of_.back() == kWorld) asked_.at(number).cut_off = true;
}

void Operators::hear(std::size_t number, Right* bought, const http::Response& response) {
    auto& asked = asked_.at(number);
    asked.answer = response.status;
    asked.answered_at = timeline_.now();
    trace_.say(timeline_.now(), "{} is told {} {}", asked.correlation, response.status,
               response.body);
    const auto parsed = base::parse_json(response.body);
    if (!parsed || !parsed->is_object()) return;
    const auto& body = parsed->get_object();
    if (!asked.key.empty()) keep_told(asked, response, body);
    asked.error_code = static_cast<int>(number_in(body, "errorCode"));
    asked.modified = number_in(body, "modifiedCount") == 1;
    asked.deleted = static_cast<std::uint64_t>(number_in(body, "deletedCount"));
    if (asked.kind == AskedKind::deletion && response.status < 300) forget(asked.entitlement);
    const bool unknown = asked.error_code == api::number_of(api::ErrorCode::account_unknown) ||
                         asked.error_code == api::number_of(api::ErrorCode::product_unknown);
    if (bought != nullptr && unknown) return make_known(*bought, asked.error_code);
    if (bought == nullptr || response.status >= 300) return;
    asked.entitlement = base::find_string(body, "_id").value_or("");
    bought->entitlement = asked.entitlement;
}

// What is bought next is another one.
void Operators::forget(const std::string& entitlement) {
    for (auto& right : rights_) {
        if (right.entitlement == entitlement) right.entitlement.clear();
    }
}

void Operators::excuse(Life node, base::Duration span) {
    for (std::size_t i = 0; i < asked_.size(); ++i) {
        if (!asked_[i].answer && asked_of_[i] == node) asked_[i].at += span;
    }
}

void Operators::cut_off(Life node) {
    for (std::size_t i = 0; i < asked_.size(); ++i) {
        if (!asked_[i].answer && asked_of_[i] == node) asked_[i].cut_off = true;
    }
}

}  // namespace usher::simulate
