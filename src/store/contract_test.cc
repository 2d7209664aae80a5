// Rows, conflicts, the feed: what a command reads and writes.
#include "store/contract_test.h"

#include <map>
#include <string>
#include <utility>

#include <gmock/gmock.h>

namespace usher::store {

using flow::Rows;
using flow::StoreError;
using flow::Wanted;
using flow::Writes;
using testing::ElementsAre;
using testing::IsEmpty;

INSTANTIATE_TEST_SUITE_P(Engines, Contract,
                         testing::Values(EngineKind::memory, EngineKind::shared,
                                         EngineKind::sqlite),
                         testing::PrintToStringParamName{});

std::unique_ptr<SteppedStore> make_store(EngineKind kind, const Folder& folder, base::Clock& clock,
                                         StoreOptions options) {
    if (kind == EngineKind::memory) return make_memory_store(clock, std::move(options));
    if (kind == EngineKind::shared) {
        return make_shared_store(make_shared_database(clock), clock, options);
    }
    auto store = open_store("sqlite:" + (folder / "usher.db").string(), clock, std::move(options));
    EXPECT_TRUE(store.has_value()) << store.error().sentence;
    return std::move(store.value());
}

TEST_P(Contract, AnEntitlementComesBackAsItWasWritten) {
    auto& lab = open();
    const auto full = full_entitlement("t", "1");
    const auto bare = bare_entitlement("t", "2");
    EXPECT_EQ(lab.insert(full), Committed{clock_.now()});
    EXPECT_TRUE(lab.insert(bare).has_value());
    EXPECT_EQ(lab.stored(full), full);
    EXPECT_EQ(lab.stored(bare), bare);
    EXPECT_EQ(lab.stored(full_entitlement("other", "1")), std::nullopt);
}

TEST_P(Contract, ACommandReadsWhatItNamesAndNothingElse) {
    auto& lab = open();
    const auto row = full_entitlement("t", "1");
    const flow::PartnerKey key{row.merchant, row.partner_id};
    ASSERT_TRUE(lab.commit({.tenant = row.tenant},
                           [&](const Rows& rows) {
                               EXPECT_FALSE(rows.entitlement || rows.account || rows.product);
                               return Writes{.entitlement = row,
                                             .account = account_of("t", row.account.text()),
                                             .product = product_of("t", "MUSIC")};
                           })
                    .has_value());
    const Wanted all{.tenant = row.tenant,
                     .entitlement = row.id,
                     .account = row.account,
                     .product = row.product,
                     .occupant = true,
                     .partner_keys = {key, {row.merchant, domain::PartnerEntitlementId{"none"}}}};
    int runs = 0;
    const auto look = [&](const Rows& rows) {
        ++runs;
        EXPECT_EQ(rows.entitlement, row);
        EXPECT_EQ(rows.occupant, row);
        EXPECT_EQ(rows.account, account_of("t", row.account.text()));
        EXPECT_EQ(rows.product, product_of("t", "MUSIC"));
        EXPECT_EQ(rows.holders.size(), 1U);
        EXPECT_EQ(rows.holders.at(key), std::pair(row.tenant, row.id));
        EXPECT_EQ(rows.now, clock_.now());
        return Writes{};
    };
    EXPECT_TRUE(lab.commit(all, look).has_value());
    EXPECT_EQ(runs, 1);

    auto elsewhere = all;
    elsewhere.tenant = domain::TenantId{"other"};
    EXPECT_TRUE(lab.commit(elsewhere,
                           [&](const Rows& rows) {
                               EXPECT_FALSE(rows.entitlement || rows.account || rows.product);
                               EXPECT_FALSE(rows.occupant.has_value());
                               EXPECT_EQ(rows.holders.size(),
                                         1U);  // a partner's id is known everywhere
                               return Writes{};
                           })
                    .has_value());
}

TEST_P(Contract, AnAccountsLiveOnesAndAPartnersIdAreFoundInTheirTenantAlone) {
    auto& lab = open();
    const auto put = [&](const std::string& tenant, const std::string& id,
                         const std::string& merchant, const std::string& product, bool occupies) {
        auto row = full_entitlement(tenant, id);
        row.account = domain::AccountId{"a"};
        row.product = domain::ProductId{product};
        row.merchant = domain::MerchantId{merchant};
        row.partner_id = domain::PartnerEntitlementId{"p-" + id};
        row.occupies = occupies;
        EXPECT_TRUE(lab.insert(row).has_value());
        return row;
    };
    const auto music = put("t", "1", "M2", "MUSIC", true);
    const auto films = put("t", "2", "M1", "FILMS", true);
    const auto ended = put("t", "3", "M1", "MUSIC", false);
    const auto other = put("u", "1", "M1", "MUSIC", true);
    auto& store = lab.store();
    const auto live = [&](const std::string& tenant, const std::string& account,
                          std::size_t limit) {
        return lab.ask(
            store.live_of_account(domain::TenantId{tenant}, domain::AccountId{account}, limit));
    };
    EXPECT_THAT(live("t", "a", 10).value(), ElementsAre(films, music));
    EXPECT_THAT(live("t", "a", 1).value(), ElementsAre(films));
    EXPECT_THAT(live("u", "a", 10).value(), ElementsAre(other));
    EXPECT_THAT(live("t", "b", 10).value(), IsEmpty());
    const auto named = [&](const std::string& tenant, const std::string& id) {
        return lab.ask(
            store.find_by_partner_id(domain::TenantId{tenant}, domain::PartnerEntitlementId{id}));
    };
    EXPECT_THAT(named("t", "p-1").value(), ElementsAre(music)) << "not the other tenant's";
    EXPECT_THAT(named("t", "p-3").value(), ElementsAre(ended));
    EXPECT_THAT(named("u", "p-2").value(), IsEmpty());
    EXPECT_THAT(named("t", "p-9").value(), IsEmpty());
}

TEST_P(Contract, EveryFieldCanChange) {
    auto& lab = open();
    const auto full = full_entitlement("t", "1");
    auto bare = bare_entitlement("t", "1");
    bare.account = full.account;
    ASSERT_TRUE(lab.insert(bare).has_value());
    const auto write = [&](const domain::Entitlement& to, std::vector<domain::Call> answered) {
        return lab.commit({.tenant = to.tenant, .entitlement = to.id}, [&](const Rows& rows) {
            EXPECT_TRUE(rows.entitlement.has_value());
            return Writes{.entitlement = to, .answered = answered};
        });
    };
    ASSERT_TRUE(write(full, {}).has_value());
    EXPECT_EQ(lab.stored(full), full);

    auto answered = full.convergence.calls;
    for (auto& call : answered) call.phase = domain::CallPhase::answered;
    ASSERT_TRUE(write(bare, answered).has_value());
    EXPECT_EQ(lab.stored(full), bare);
    EXPECT_EQ(lab.ask(lab.store().calls_of(full.tenant, full.id)).value().calls, answered);
}

TEST_P(Contract, AccountsAndProductsAreReplaced) {
    auto& lab = open();
    auto account = account_of("t", "a");
    auto product = product_of("t", "p");
    const auto write = [&](const Rows&) { return Writes{.account = account, .product = product}; };
    ASSERT_TRUE(lab.commit({.tenant = account.tenant}, write).has_value());
    account.status = domain::AccountStatus::cancelled;
    product.name = "Other";
    product.merchant = domain::MerchantId{"M2"};
    ASSERT_TRUE(lab.commit({.tenant = account.tenant}, write).has_value());
    auto& store = lab.store();
    EXPECT_EQ(lab.ask(store.find_account(account.tenant, account.id)).value(), account);
    EXPECT_EQ(lab.ask(store.find_product(product.tenant, product.id)).value(), product);
    const domain::TenantId other{"other"};
    EXPECT_EQ(lab.ask(store.find_account(other, account.id)).value(), std::nullopt);
    EXPECT_EQ(lab.ask(store.find_product(other, product.id)).value(), std::nullopt);
}

TEST_P(Contract, CascadesThatAreDueAreFoundInEveryTenant) {
    auto& lab = open();
    const auto put = [&](const char* tenant, const char* id, std::optional<base::Time> due) {
        auto account = account_of(tenant, id);
        account.cascade->due_at = due;
        const auto write = [&](const Rows&) { return Writes{.account = account}; };
        ASSERT_TRUE(lab.commit({.tenant = account.tenant}, write).has_value());
    };
    const auto at = [](int seconds) { return base::from_micros(1'000'000LL * seconds); };
    put("t", "late", at(30));
    put("t", "first", at(10));
    put("u", "second", at(20));
    put("u", "over", {});
    const auto due = [&](int until, std::size_t limit) {
        std::vector<std::string> ids;
        for (const auto& one : lab.ask(lab.store().cascades_due(at(until), limit)).value()) {
            ids.push_back(one.tenant.text() + "/" + one.id.text());
        }
        return ids;
    };
    EXPECT_EQ(due(20, 10), (std::vector<std::string>{"t/first", "u/second"}));
    EXPECT_EQ(due(30, 1), (std::vector<std::string>{"t/first"}));
    EXPECT_EQ(due(9, 10), std::vector<std::string>{});
    put("t", "first", {});
    EXPECT_EQ(due(30, 10), (std::vector<std::string>{"u/second", "t/late"}));
}

TEST_P(Contract, ProductsAreListedByTheirIds) {
    auto& lab = open();
    for (const auto* id : {"b", "a", "c"}) {
        const auto product = product_of("t", id);
        const auto write = [&](const Rows&) { return Writes{.product = product}; };
        ASSERT_TRUE(lab.commit({.tenant = product.tenant}, write).has_value());
    }
    const auto list = [&](const char* tenant, const char* after, std::size_t limit) {
        std::string ids;
        const auto found = lab.ask(
            lab.store().products_after(domain::TenantId{tenant}, domain::ProductId{after}, limit));
        for (const auto& product : found.value()) ids += product.id.text();
        return ids;
    };
    EXPECT_EQ(list("t", "", 10), "abc");
    EXPECT_EQ(list("t", "a", 1), "b");
    EXPECT_EQ(list("t", "c", 10), "");
    EXPECT_EQ(list("u", "", 10), "");
}

TEST_P(Contract, UnsettledCallsComeWithTheirEntitlementAndAnsweredOnesStayAsEvidence) {
    auto& lab = open();
    const auto row = full_entitlement("t", "1");
    ASSERT_TRUE(lab.insert(row).has_value());
    auto first = row.convergence.calls.at(0);
    auto second = row.convergence.calls.at(1);
    first.phase = domain::CallPhase::answered;
    second.phase = domain::CallPhase::awaited;
    ASSERT_TRUE(lab.commit({.tenant = row.tenant, .entitlement = row.id},
                           [&](const Rows& rows) {
                               Writes writes{.entitlement = rows.entitlement, .answered = {first}};
                               writes.entitlement->convergence.calls = {second};
                               return writes;
                           })
                    .has_value());
    EXPECT_THAT(lab.stored(row)->convergence.calls, ElementsAre(second));
    EXPECT_THAT(lab.ask(lab.store().calls_of(row.tenant, row.id)).value().calls,
                ElementsAre(first, second));
    EXPECT_THAT(lab.ask(lab.store().calls_of(domain::TenantId{"other"}, row.id)).value().calls,
                IsEmpty());
}

TEST_P(Contract, PositionsAreDenseAndEachEventLinksToTheOneBefore) {
    auto& lab = open();
    const auto a = full_entitlement("t", "a");
    const auto b = bare_entitlement("t", "b");
    const auto c = bare_entitlement("u", "c");
    for (const auto& row : {a, b, c}) ASSERT_TRUE(lab.insert(row).has_value());
    const auto touch = [](domain::Entitlement& row) { ++row.version; };
    for (const auto& row : {a, b, a, c}) ASSERT_TRUE(lab.update(row, touch).has_value());
    ASSERT_TRUE(lab.commit({.tenant = a.tenant, .entitlement = a.id},
                           [&](const Rows& rows) {
                               return Writes{.entitlement = rows.entitlement,
                                             .events = {event_of(a, "x"), event_of(a, "y")}};
                           })
                    .has_value());

    auto told = event_of(a, "y");
    told.position = 5;
    told.previous = 4;
    const auto feed = lab.feed("t");
    ASSERT_EQ(feed.size(), 5U);
    EXPECT_EQ(feed.back(), told);
    std::vector<std::int64_t> previous;
    for (std::size_t i = 0; i < feed.size(); ++i) {
        EXPECT_EQ(feed[i].position, static_cast<std::int64_t>(i) + 1);
        previous.push_back(feed[i].previous);
    }
    EXPECT_THAT(previous, ElementsAre(0, 0, 1, 3, 4));
    EXPECT_EQ(lab.feed("u").size(), 1U);
    EXPECT_EQ(lab.stored(a)->last_position, 5);
    EXPECT_EQ(lab.stored(b)->last_position, 2);

    const auto positions = [&](const domain::Entitlement& row, std::size_t limit) {
        std::vector<std::int64_t> found;
        for (const auto& event :
             lab.ask(lab.store().history_of(row.tenant, row.id, limit)).value()) {
            found.push_back(event.position);
        }
        return found;
    };
    EXPECT_THAT(positions(a, 100), ElementsAre(1, 3, 4, 5));
    EXPECT_THAT(positions(a, 2), ElementsAre(4, 5));
    EXPECT_THAT(positions(b, 100), ElementsAre(2));
    EXPECT_THAT(lab.ask(lab.store().feed(a.tenant, 3, 1)).value(), ElementsAre(feed[3]));
}

TEST_P(Contract, AnEventWithFewFieldsComesBackAsItWas) {
    auto& lab = open();
    const auto row = bare_entitlement("t", "1");
    domain::Event event{.tenant = row.tenant, .entitlement = row.id};
    ASSERT_TRUE(
        lab.commit({.tenant = row.tenant},
                   [&](const Rows&) { return Writes{.entitlement = row, .events = {event}}; })
            .has_value());
    event.position = 1;
    EXPECT_THAT(lab.feed("t"), ElementsAre(event));
}

TEST_P(Contract, TwoPurchasesForOnePlaceGiveOneRecord) {
    auto& lab = open();
    std::vector<std::shared_ptr<std::optional<Committed>>> answers;
    std::map<std::string, std::string> outcomes;  // of the last run of each decide
    for (const std::string id : {"1", "2"}) {
        auto row = full_entitlement("t", id);
        row.account = domain::AccountId{"same"};
        answers.push_back(lab.queue({{.tenant = row.tenant,
                                      .account = row.account,
                                      .product = row.product,
                                      .occupant = true},
                                     [row, &outcomes](const Rows& rows) {
                                         auto& outcome = outcomes[row.id.text()];
                                         outcome = rows.occupant ? rows.occupant->id.text() : "new";
                                         if (rows.occupant) return Writes{};
                                         return Writes{.entitlement = row};
                                     }}));
    }
    lab.turn();
    for (const auto& answer : answers) EXPECT_TRUE(answer->value().has_value());
    EXPECT_THAT(outcomes, ElementsAre(std::pair("1", "new"), std::pair("2", "1")));
}

TEST_P(Contract, ATakenPlaceIdOrPartnerIdIsContendedAndWritesNothing) {
    auto& lab = open({.decide_runs = 3});
    const auto row = full_entitlement("t", "1");
    ASSERT_TRUE(lab.insert(row).has_value());
    int runs = 0;
    const auto insert_blindly = [&](const domain::Entitlement& other) {
        runs = 0;
        return lab.commit({.tenant = other.tenant}, [&](const Rows&) {
            ++runs;
            return Writes{.entitlement = other,
                          .events = {event_of(other, "")},
                          .account = account_of(other.tenant.text(), "made")};
        });
    };
    const Committed contended = std::unexpected{StoreError::contended};
    auto same_place = bare_entitlement("t", "2");
    same_place.account = row.account;
    auto same_name = bare_entitlement("u", "3");
    same_name.partner_id = row.partner_id;
    for (const auto& other : {same_place, same_name, bare_entitlement("t", "1")}) {
        EXPECT_EQ(insert_blindly(other), contended);
        EXPECT_EQ(runs, 3);
    }
    EXPECT_THAT(lab.feed("t"), IsEmpty());
    EXPECT_THAT(lab.feed("u"), IsEmpty());
    EXPECT_EQ(lab.stored(row), row);
    EXPECT_EQ(lab.stored(same_place), std::nullopt);
    const domain::AccountId made{"made"};
    EXPECT_EQ(lab.ask(lab.store().find_account(row.tenant, made)).value(), std::nullopt);

    same_name.merchant = domain::MerchantId{"OTHER"};
    EXPECT_TRUE(insert_blindly(same_name).has_value());
    auto elsewhere = same_place;
    elsewhere.product = domain::ProductId{"FILMS"};
    EXPECT_TRUE(insert_blindly(elsewhere).has_value());
}

TEST_P(Contract, APlaceGivenUpIsFree) {
    auto& lab = open();
    const auto row = full_entitlement("t", "1");
    ASSERT_TRUE(lab.insert(row).has_value());
    ASSERT_TRUE(lab.update(row, [](auto& changed) { changed.occupies = false; }).has_value());
    auto next = full_entitlement("t", "2");
    next.account = row.account;
    EXPECT_TRUE(lab.insert(next).has_value());
    EXPECT_TRUE(lab.commit({.tenant = row.tenant,
                            .account = row.account,
                            .product = row.product,
                            .occupant = true},
                           [&](const Rows& rows) {
                               EXPECT_EQ(rows.occupant, next);
                               return Writes{};
                           })
                    .has_value());
}

TEST_P(Contract, ARowThatDoesNotChangeIsNotWritten) {
    auto& lab = open({.faults = {.before_commit = [] {
                          return CommitFault::fail;  // asked only when something was written
                      }}});
    EXPECT_TRUE(lab.commit({.tenant = domain::TenantId{"t"}}, [](const Rows&) { return Writes{}; })
                    .has_value());
    EXPECT_EQ(lab.insert(bare_entitlement("t", "1")), std::unexpected{StoreError::not_writable});
}

}  // namespace usher::store
