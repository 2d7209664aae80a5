// Answers that are kept under idempotency keys.
#include <gmock/gmock.h>

#include "store/contract_test.h"

namespace usher::store {

using flow::IdempotencyKey;
using flow::KeptAnswer;
using flow::Rows;
using flow::Writes;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

IdempotencyKey key_of(const char* tenant, const char* key) {
    return {.tenant = domain::TenantId{tenant}, .subject = "portal", .key = key};
}

KeptAnswer answer_of(const char* tenant, const char* key, base::Time begun) {
    return {.key = key_of(tenant, key),
            .request = "digest",
            .owner = "request",
            .answer = {.text = "with", .without_link = {}, .link_until = {}},
            .begun = begun,
            .open_until = begun + std::chrono::seconds{4}};
}

Committed keep(Lab& lab, const KeptAnswer& kept) {
    return lab.commit({.tenant = kept.key.tenant, .idempotency = kept.key},
                      [kept](const Rows&) { return Writes{.kept = kept}; });
}

std::optional<KeptAnswer> found(Lab& lab, const IdempotencyKey& key) {
    return lab.ask(lab.store().find_answer(key)).value();
}

Committed forget(Lab& lab, const char* tenant, base::Time until) {
    return lab.commit({.tenant = domain::TenantId{tenant}},
                      [until](const Rows&) { return Writes{.answers_until = until}; });
}

}  // namespace

TEST_P(Contract, AnAnswerIsFoundByItsWholeKeyAndReplaced) {
    auto& lab = open();
    auto kept = answer_of("t", "k", clock_.now());
    ASSERT_TRUE(keep(lab, kept).has_value());
    EXPECT_EQ(found(lab, kept.key), kept);
    EXPECT_EQ(found(lab, key_of("u", "k")), std::nullopt);
    EXPECT_EQ(found(lab, key_of("t", "other")), std::nullopt);
    auto another = kept.key;
    another.subject = "another";
    EXPECT_EQ(found(lab, another), std::nullopt);

    kept.answer = {.text = "new", .without_link = "less", .link_until = clock_.now()};
    kept.open_until.reset();
    ASSERT_TRUE(keep(lab, kept).has_value());
    EXPECT_EQ(found(lab, kept.key), kept);

    std::optional<KeptAnswer> seen;
    lab.commit({.tenant = kept.key.tenant, .idempotency = kept.key}, [&](const Rows& rows) {
        seen = rows.kept;
        return Writes{};
    });
    EXPECT_EQ(seen, kept);
}

TEST_P(Contract, OldAnswersAndExpiredLinksGoInTheirTenantAlone) {
    auto& lab = open();
    const auto now = clock_.now();
    const auto day_ago = now - flow::kAnswersKept;
    const auto old = answer_of("t", "old", day_ago);
    auto linked = answer_of("t", "linked", now);
    linked.answer = {.text = "with", .without_link = "without", .link_until = now};
    auto young = answer_of("t", "young", now);
    young.answer = {.text = "with",
                    .without_link = "without",
                    .link_until = now + std::chrono::microseconds{1}};
    const auto others = answer_of("u", "old", day_ago);
    for (const auto& kept : {old, linked, young, others}) {
        ASSERT_TRUE(keep(lab, kept).has_value());
    }
    const auto due = [&](base::Time until, std::size_t limit) {
        std::vector<std::string> tenants;
        for (const auto& tenant : lab.ask(lab.store().answers_due(until, limit)).value()) {
            tenants.push_back(tenant.text());
        }
        return tenants;
    };
    EXPECT_THAT(due(now, 10), ElementsAre("t", "u"));
    EXPECT_THAT(due(now, 1), ElementsAre("t"));
    EXPECT_THAT(due(day_ago - std::chrono::microseconds{1}, 10), IsEmpty());

    ASSERT_TRUE(forget(lab, "t", now).has_value());
    EXPECT_EQ(found(lab, old.key), std::nullopt);
    linked.answer = {.text = "without", .without_link = {}, .link_until = {}};
    EXPECT_EQ(found(lab, linked.key), linked);
    EXPECT_EQ(found(lab, young.key), young);
    EXPECT_EQ(found(lab, others.key), others);
    EXPECT_THAT(due(now, 10), ElementsAre("u"));
    EXPECT_THAT(due(now + flow::kAnswersKept, 10), ElementsAre("t", "u"));
}

}  // namespace usher::store
