// Idempotency-Key: a change that brings one is carried out once, and its repeats get its answer for
// a day, byte for byte. What counts as the same request is method, path, query and body. Requests
// that are refused as invalid keep nothing.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/exchange.h"
#include "flow/change_product.h"
#include "flow/once.h"
#include "flow/purchase.h"

namespace usher::api {

// Nothing without the header.
std::expected<std::optional<flow::AskedBefore>, Problem> read_idempotency_key(
    const Exchange& exchange);

// The answer as it is kept, and again the answer of what is kept.
std::string write_kept(const Answer& answer, const std::string& request_id);
http::Response read_kept(const std::string& text);

// A repeat's.
http::Response replay(Exchange& exchange, const std::string& text);

// What the transaction has kept, as far as it is known here.
using Shown = std::shared_ptr<std::optional<std::string>>;

struct Kept {
    flow::IdempotencyKey key;
    Shown shown;
    bool waited_it_out = false;
};

// Makes `answer` the one that is kept, unless it is that already, and gives what to answer.
base::Task<Answer> keep_answer(Exchange& exchange, const Surroundings& around, Kept kept,
                               Answer answer, flow::AnswerText text);

inline std::optional<domain::Activation>* link_in(flow::Purchased& purchased) {
    return &purchased.activation;
}
inline std::optional<domain::Activation>* link_in(flow::ProductChanged& changed) {
    return &changed.activation;
}
template <class T>
std::optional<domain::Activation>* link_in(T&) {
    return nullptr;
}

template <class T, class Render>
flow::AnswerText text_of(const Render& render, std::expected<T, flow::Failure> outcome,
                         const std::string& request_id) {
    flow::AnswerText text{
        .text = write_kept(render(outcome), request_id), .without_link = {}, .link_until = {}};
    auto* link = outcome ? link_in(*outcome) : nullptr;
    if (link == nullptr || !*link || !(*link)->expiry) return text;
    text.link_until = (*link)->expiry;
    link->reset();
    text.without_link = write_kept(render(outcome), request_id);
    return text;
}

// Nothing is recorded; `exchange.tried` is what would be.
template <class T, class Render, class Call>
base::Task<Answer> try_once(Exchange& exchange, Render render, Call call) {
    const auto id = exchange.request_id;
    const std::expected<T, flow::Failure> outcome = co_await call(std::optional<flow::Once<T>>{
        flow::Once<T>{.key = {.tenant = exchange.tenant->id},
                      .owner = id,
                      .render =
                          [render, id](const std::expected<T, flow::Failure>& provisional) {
                              return text_of(render, provisional, id);
                          },
                      .tries = true}});
    const bool is_tried = !outcome && outcome.error().kind == flow::FailureKind::only_tried;
    if (!is_tried) co_return render(outcome);
    exchange.tried = outcome.error().tried;
    co_return read_kept(exchange.tried->answer);
}

// Carries out `call(once)` and answers `render(outcome)`, once for each key. `render` is pure: it
// runs in the store's transaction too. `wait`: for how long the call waits at most.
template <class T, class Render, class Call>
base::Task<Answer> answer_once(Exchange& exchange, const Surroundings& around, base::Duration wait,
                               Render render, Call call) {
    if (exchange.tries)
        co_return co_await try_once<T>(exchange, std::move(render), std::move(call));
    const auto asked = read_idempotency_key(exchange);
    if (!asked) co_return std::unexpected{asked.error()};
    if (!*asked) co_return render(co_await call(std::optional<flow::Once<T>>{}));
    const auto before = co_await around.operations.find_answer(**asked);
    if (!before) co_return std::unexpected{problem(before.error())};
    if (*before) co_return replay(exchange, **before);

    const auto shown = std::make_shared<std::optional<std::string>>();
    const auto until = around.clock.monotonic() + wait;
    const auto id = exchange.request_id;
    const std::expected<T, flow::Failure> outcome =
        co_await call(std::optional<flow::Once<T>>{flow::Once<T>{
            .key = (*asked)->key,
            .request = (*asked)->request,
            .owner = id,
            .wait = wait,
            .render = [render, shown, id](const std::expected<T, flow::Failure>& provisional) {
                auto text = text_of(render, provisional, id);
                *shown = text.text;
                return text;
            }}});
    auto answer = render(outcome);
    // Nothing was recorded, or it is not known.
    const bool has_ended =
        outcome || (*shown && outcome.error().kind == flow::FailureKind::rejected);
    if (!has_ended) co_return answer;
    co_return co_await keep_answer(exchange, around,
                                   {(*asked)->key, shown, around.clock.monotonic() >= until},
                                   std::move(answer), text_of(render, outcome, id));
}

}  // namespace usher::api
