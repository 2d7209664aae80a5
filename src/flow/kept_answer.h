// The answer to a request that brought a key of its own (Idempotency-Key), kept for whoever repeats
// it. Plain values.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/time.h"
#include "domain/ids.h"

namespace usher::flow {

// For so long an answer is kept.
inline constexpr base::Duration kAnswersKept = std::chrono::hours{24};

// The same words of another subject are another key.
struct IdempotencyKey {
    domain::TenantId tenant;
    std::string subject;
    std::string key;

    auto operator<=>(const IdempotencyKey&) const = default;
};

// As it was rendered; flow does not look inside. A link in it is not kept for longer than it is
// good: from `link_until` on, `without_link` is the answer.
struct AnswerText {
    std::string text;
    std::string without_link;
    std::optional<base::Time> link_until;

    bool operator==(const AnswerText&) const = default;
};

struct KeptAnswer {
    IdempotencyKey key;
    std::string request;  // digest of what was asked
    std::string owner;    // who carries it out: no other request may replace the answer
    AnswerText answer;    // an empty text: begun, and nothing is known about how far it came
    base::Time begun;
    // Until then its owner may still replace the answer, and nobody else is given it. Empty: this
    // is the answer.
    std::optional<base::Time> open_until;

    bool operator==(const KeptAnswer&) const = default;
};

// When something of it must go: the link or the whole.
inline base::Time due_to_go(const KeptAnswer& kept) {
    const auto end = kept.begun + kAnswersKept;
    return kept.answer.link_until && *kept.answer.link_until < end ? *kept.answer.link_until : end;
}

// A link that is not good any more at `now` goes.
inline void drop_link(KeptAnswer& kept, base::Time now) {
    auto& answer = kept.answer;
    if (!answer.link_until || *answer.link_until > now) return;
    answer = {.text = std::move(answer.without_link), .without_link = {}, .link_until = {}};
}

}  // namespace usher::flow
