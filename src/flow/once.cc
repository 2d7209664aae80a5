#include "flow/once.h"

#include <utility>

#include "base/planted.h"

namespace usher::flow {

namespace {

constexpr std::size_t kTenantsAtOnce = 100;

using Found = std::expected<std::optional<std::string>, Failure>;

bool is_open(const KeptAnswer& kept, base::Time now) {
    return kept.open_until && now < *kept.open_until;
}

Found answer_in(const KeptAnswer& kept, const AskedBefore& asked, base::Time now) {
    if (now >= kept.begun + kAnswersKept) return std::nullopt;
    if (kept.request != asked.request) return std::unexpected{fail(FailureKind::key_of_another)};
    if (is_open(kept, now)) {
        auto failure = fail(FailureKind::key_under_way);
        failure.again_after = *kept.open_until - now;
        return std::unexpected{std::move(failure)};
    }
    const auto& answer = kept.answer;
    if (answer.text.empty()) return std::nullopt;
    const bool has_expired = answer.link_until && now >= *answer.link_until;
    return has_expired ? answer.without_link : answer.text;
}

// Judged by the store's clock, as what its owner may still do is.
std::pair<Writes, Found> decide_answer(const AskedBefore& asked, const Rows& rows) {
    if (!rows.kept) return {Writes{}, std::nullopt};
    auto found = answer_in(*rows.kept, asked, rows.now);
    if (!found || !*found || !rows.kept->open_until) return {Writes{}, std::move(found)};
    auto closed = *rows.kept;
    closed.open_until.reset();
    return {Writes{.kept = std::move(closed)}, std::move(found)};
}

}  // namespace

base::Task<std::expected<void, Failure>> take_key(Ports& ports, KeptAnswer begun,
                                                  base::Duration wait) {
    const Wanted wanted{.tenant = begun.key.tenant, .idempotency = begun.key};
    const auto taken = co_await decide_in<bool>(
        ports.store, wanted,
        [begun = std::move(begun), wait](const Rows& rows) -> std::pair<Writes, bool> {
            if (rows.kept && stands(*rows.kept, rows.now)) return {Writes{}, false};
            auto kept = begun;
            kept.begun = rows.now;
            kept.open_until = rows.now + wait + kTimeToReplace;
            return {Writes{.kept = std::move(kept)}, true};
        });
    if (!taken) co_return std::unexpected{fail(taken.error())};
    if (!*taken) co_return std::unexpected{fail(FailureKind::key_under_way)};
    co_return std::expected<void, Failure>{};
}

base::Task<Found> find_answer(Ports& ports, AskedBefore asked) {
    const auto known = co_await ports.store.find_answer(asked.key);
    if (!known) co_return std::unexpected{fail(known.error())};
    if (!*known) co_return std::nullopt;
    const Wanted wanted{.tenant = asked.key.tenant, .idempotency = asked.key};
    auto decided = co_await decide_in<Found>(
        ports.store, wanted,
        [asked = std::move(asked)](const Rows& rows) { return decide_answer(asked, rows); });
    if (!decided) co_return std::unexpected{fail(decided.error())};
    co_return std::move(*decided);
}

base::Task<StoreResult<std::string>> replace_answer(Ports& ports, Replace replace) {
    const Wanted wanted{.tenant = replace.key.tenant, .idempotency = replace.key};
    co_return co_await decide_in<std::string>(
        ports.store, wanted,
        [replace = std::move(replace)](const Rows& rows) -> std::pair<Writes, std::string> {
            const bool is_ours = rows.kept && rows.kept->owner == replace.owner;
            if (!is_ours) return {Writes{}, std::string{}};
            // Somebody who repeated it may have been given that one already.
            const bool is_late = !is_open(*rows.kept, rows.now);
            const bool has_one = !rows.kept->answer.text.empty();
            if (is_late && has_one && !base::planted(base::Planted::answer_replaced_late)) {
                return {Writes{}, rows.kept->answer.text};
            }
            auto kept = *rows.kept;
            kept.answer = replace.answer;
            kept.open_until.reset();
            return {Writes{.kept = std::move(kept)}, replace.answer.text};
        });
}

base::Task<> drop_old_answers(Ports& ports, base::Monotonic deadline) {
    do {
        // By one clock alone: what is due by one and not by the other would be tried without end.
        const auto until = ports.clock.now();
        const auto tenants = co_await ports.store.answers_due(until, kTenantsAtOnce);
        if (!tenants || tenants->empty()) co_return;
        for (const auto& tenant : *tenants) {
            const auto dropped = co_await decide_in<bool>(
                ports.store, {.tenant = tenant},
                [until](const Rows&) { return std::pair{Writes{.answers_until = until}, true}; });
            if (!dropped) co_return;
        }
    } while (ports.clock.monotonic() < deadline);
}

}  // namespace usher::flow
