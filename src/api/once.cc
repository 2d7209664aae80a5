#include "api/once.h"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

#include "base/digest.h"
#include "base/planted.h"

namespace usher::api {

namespace {

namespace json = boost::json;

constexpr std::string_view kHeader = "Idempotency-Key";
constexpr std::size_t kLongestKey = 255;

// As the draft has it, a quoted string; most callers leave the quotes out.
std::string_view without_quotes(std::string_view given) {
    const bool is_quoted = given.size() >= 2 && given.front() == '"' && given.back() == '"';
    return is_quoted ? given.substr(1, given.size() - 2) : given;
}

std::string digest_of(const Exchange& exchange) {
    const auto& request = exchange.request;
    const auto body = exchange.route->body == BodyRule::none ? std::string_view{}
                                                             : std::string_view{request.body};
    base::Sha256 digest;
    for (const std::string_view part :
         {std::string_view{request.method}, std::string_view{request.target}, body}) {
        digest.add(part);
        digest.add("\n");
    }
    return digest.finish_hex();
}

}  // namespace

std::expected<std::optional<flow::AskedBefore>, Problem> read_idempotency_key(
    const Exchange& exchange) {
    const auto& headers = exchange.request.headers;
    const auto given = headers.find(kHeader);
    if (!given) return std::nullopt;
    const auto key = without_quotes(*given);
    const auto is_visible = [](char c) { return c > ' ' && c < 0x7F; };
    const bool fits = headers.count(kHeader) == 1 && !key.empty() && key.size() <= kLongestKey &&
                      std::ranges::all_of(key, is_visible);
    if (!fits) {
        return std::unexpected{
            problem(ErrorCode::idempotency_key_malformed, std::string{kHeader},
                    "must be sent once and be 1 to 255 visible ASCII characters.")};
    }
    return flow::AskedBefore{.key = {.tenant = exchange.tenant->id,
                                     .subject = exchange.principal->subject,
                                     .key = std::string{key}},
                             .request = digest_of(exchange)};
}

std::string write_kept(const Answer& answer, const std::string& request_id) {
    const auto response = answer ? *answer : write_error(answer.error(), request_id);
    json::array headers;
    for (const auto& [name, value] : response.headers) headers.push_back({name, value});
    return json::serialize(json::object{
        {"status", response.status}, {"headers", std::move(headers)}, {"body", response.body}});
}

http::Response read_kept(const std::string& text) {
    const auto kept = json::parse(text);
    http::Response response{.status = kept.at("status").to_number<int>(),
                            .headers = {},
                            .body = json::value_to<std::string>(kept.at("body"))};
    for (const auto& field : kept.at("headers").as_array()) {
        response.headers.add(json::value_to<std::string>(field.at(0)),
                             json::value_to<std::string>(field.at(1)));
    }
    return response;
}

http::Response replay(Exchange& exchange, const std::string& text) {
    exchange.replayed = true;
    auto response = read_kept(text);
    response.headers.set("Idempotent-Replayed", "true");
    return response;
}

base::Task<Answer> keep_answer(Exchange& exchange, const Surroundings& around, Kept kept,
                               Answer answer, flow::AnswerText text) {
    const auto& shown = *kept.shown;
    if (kept.waited_it_out && shown == text.text) co_return answer;
    if (base::planted(base::Planted::answer_not_replaced)) co_return answer;
    const auto wanted = text.text;
    const auto replaced = co_await around.operations.replace_answer(
        {.key = std::move(kept.key), .owner = exchange.request_id, .answer = std::move(text)});
    if (replaced && *replaced == wanted) co_return answer;
    if (replaced && !replaced->empty()) co_return read_kept(*replaced);
    if (replaced) co_return std::unexpected{problem(ErrorCode::key_under_way)};
    // Whether it was replaced is not known, so neither is what a repeat gets.
    const bool in_doubt = replaced.error() == flow::StoreError::unconfirmed;
    if (in_doubt || !shown) co_return std::unexpected{problem(replaced.error())};
    co_return read_kept(*shown);
}

}  // namespace usher::api
