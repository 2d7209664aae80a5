// A request that brings a key of its own is carried out once (design §1: never twice with effect).
// The transaction that records it also keeps the answer that would be given if the wait ran out
// now; so a repeat gets that one even after a crash. Who carries the request out and will answer
// otherwise replaces it first, then answers.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/planted.h"
#include "base/task.h"
#include "flow/failure.h"
#include "flow/kept_answer.h"
#include "flow/ports.h"

namespace usher::flow {

// `render` is pure and may run on any thread, more than once.
template <class T>
struct Once {
    IdempotencyKey key;
    std::string request;  // digest of what is asked
    std::string owner;    // unique for each time that it is asked
    base::Duration wait{};
    std::function<AnswerText(const std::expected<T, Failure>&)> render;
    // Nothing is recorded: what would be is told as `only_tried`. The key does not matter then.
    bool tries = false;
};

// Longer than a request that waits until its very end needs to replace its answer.
inline constexpr base::Duration kTimeToReplace = std::chrono::seconds{2};

// Who does not wait answers what the transaction kept.
inline std::optional<base::Time> open_for(base::Duration wait, base::Time now) {
    if (wait <= base::Duration::zero()) return std::nullopt;
    return now + wait + kTimeToReplace;
}

// Whether a repeat at `now` is another one's: it is still under way, or has its answer.
inline bool stands(const KeptAnswer& kept, base::Time now) {
    if (now >= kept.begun + kAnswersKept) return false;
    const bool is_open = kept.open_until && now < *kept.open_until;
    return is_open || !kept.answer.text.empty();
}

template <class T>
std::optional<IdempotencyKey> key_of(const std::optional<Once<T>>& once) {
    if (!once) return std::nullopt;
    return once->key;
}

template <class Recorded, class T, class Tell>
Failure try_out(const Once<T>& once, const Rows& rows,
                std::pair<Writes, std::variant<Recorded, Failure>> decided, Tell tell) {
    const auto* recorded = std::get_if<Recorded>(&decided.second);
    if (recorded == nullptr) return std::get<Failure>(std::move(decided.second));
    const std::expected<T, Failure> told = tell(*recorded);
    auto& writes = decided.first;
    Tried tried{.answer = once.render(told).text,
                .changes = !writes.empty(),
                .account = std::move(writes.account)};
    if (writes.entitlement) {
        const auto* before = rows.entitlement ? &*rows.entitlement : nullptr;
        tried.losses = is_loss(before, *writes.entitlement) ? 1 : 0;
        tried.rows.push_back(std::move(*writes.entitlement));
    }
    auto failure = fail(FailureKind::only_tried);
    failure.tried = std::make_shared<const Tried>(std::move(tried));
    return failure;
}

// The decision of such a request: `decide()` as without a key, and what tell(recorded) answers kept
// with it. Where another request has the key, nothing but a failure.
template <class T, class Recorded, class Decide, class Tell>
std::pair<Writes, std::variant<Recorded, Failure>> decide_once(const std::optional<Once<T>>& once,
                                                               const Rows& rows, Decide decide,
                                                               Tell tell) {
    if (!once) return decide();
    if (once->tries) return {Writes{}, try_out<Recorded>(*once, rows, decide(), tell)};
    if (rows.kept && stands(*rows.kept, rows.now)) {
        return {Writes{}, fail(FailureKind::key_under_way)};
    }
    std::pair<Writes, std::variant<Recorded, Failure>> decided = decide();
    const auto* recorded = std::get_if<Recorded>(&decided.second);
    if (recorded != nullptr && !base::planted(base::Planted::answer_kept_apart)) {
        const std::expected<T, Failure> told = tell(*recorded);
        decided.first.kept = KeptAnswer{.key = once->key,
                                        .request = once->request,
                                        .owner = once->owner,
                                        .answer = once->render(told),
                                        .begun = rows.now,
                                        .open_until = open_for(once->wait, rows.now)};
    }
    return decided;
}

base::Task<std::expected<void, Failure>> take_key(Ports& ports, KeptAnswer begun,
                                                  base::Duration wait);

// Takes the key for a request of many transactions, without an answer yet: who repeats it after
// `wait` goes on where it came to.
template <class T>
base::Task<std::expected<void, Failure>> take_key(Ports& ports, const Once<T>& once) {
    return take_key(ports, {.key = once.key, .request = once.request, .owner = once.owner},
                    once.wait);
}

struct AskedBefore {
    IdempotencyKey key;
    std::string request;
};

// The answer that a repeat gets, if there is one: none when this is the first, or the first came to
// nothing. Once it was given, nobody replaces it.
base::Task<std::expected<std::optional<std::string>, Failure>> find_answer(Ports& ports,
                                                                           AskedBefore asked);

struct Replace {
    IdempotencyKey key;
    std::string owner;
    AnswerText answer;
};

// The text to answer: the new one, or the one that is kept where the time to replace it is over.
// Empty: another request has the key by now, or nothing was kept.
base::Task<StoreResult<std::string>> replace_answer(Ports& ports, Replace replace);

// Lets go of answers that are too old and of links that have expired, of every tenant, until there
// is none or `deadline`.
base::Task<> drop_old_answers(Ports& ports, base::Monotonic deadline);

}  // namespace usher::flow
