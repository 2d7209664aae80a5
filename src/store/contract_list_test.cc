// Lists: every engine gives what the definition in flow/listing.h says.
#include <algorithm>

#include <gmock/gmock.h>

#include "store/contract_test.h"

namespace usher::store {

using flow::all_of;
using flow::any_of;
using flow::Condition;
using flow::is;
using flow::ListField;
using flow::ListOperator;
using flow::ListOrder;
using flow::ListQuery;
using flow::ListValue;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

constexpr auto kFields = std::to_array(
    {ListField::id, ListField::account, ListField::product, ListField::status,
     ListField::partner_status, ListField::partner_id, ListField::valid_from,
     ListField::expiry_date, ListField::ends_at, ListField::created, ListField::modified,
     ListField::version, ListField::reason_code, ListField::reason_category,
     ListField::cancel_reason_code, ListField::cancel_reason_category});
constexpr auto kOperators = std::to_array(
    {ListOperator::equal, ListOperator::not_equal, ListOperator::in, ListOperator::not_in,
     ListOperator::greater, ListOperator::at_least, ListOperator::less, ListOperator::at_most,
     ListOperator::exists, ListOperator::missing});

domain::Entitlement row_of(const std::string& id, const std::string& account,
                           domain::EntitlementStatus status) {
    auto row = bare_entitlement("t", id);
    row.account = domain::AccountId{account};
    row.product = domain::ProductId{"p-" + id};
    row.convergence.status = status;
    return row;
}

std::vector<std::string> ids(const flow::StoreResult<flow::ListPage>& page) {
    std::vector<std::string> all;
    for (const auto& row : page.value().rows) all.push_back(row.id.text());
    return all;
}

ListQuery query(Condition where = {}) {
    return {.tenant = domain::TenantId{"t"},
            .where = std::move(where),
            .order = {},
            .behind = {},
            .limit = 100,
            .scan_limit = 1000};
}

// Rows and questions from a seed.
class Asker {
  public:
    explicit Asker(std::uint64_t seed) : maker_{seed} {}

    domain::Entitlement make_row(int number, base::Time now) {
        auto row = bare_entitlement(maker_.below(8) == 0 ? "other" : "t", std::to_string(number));
        maker_.stir(row, now);
        row.account = domain::AccountId{"a" + std::to_string(maker_.below(4))};
        row.product = domain::ProductId{"p" + std::to_string(maker_.below(3))};
        row.occupies = false;
        row.partner_id = {};
        if (maker_.flip()) row.reason.code = std::to_string(maker_.below(3));
        if (maker_.flip()) row.reason.cancel_code = maker_.flip() ? "FRAUD" : "ERROR";
        if (maker_.flip()) row.valid_from = now + std::chrono::hours{maker_.below(3)};
        rows_.push_back(row);
        return row;
    }

    ListQuery make_query() {
        auto made = query(make_condition(3));
        for (auto i = maker_.below(3); i > 0; --i) {
            made.order.push_back({pick(kFields), maker_.flip()});
        }
        made.limit = maker_.below(12);
        made.skip = maker_.flip() ? 0 : maker_.below(10);
        if (maker_.below(3) == 0) {
            const auto& row = rows_.at(maker_.below(rows_.size()));
            std::vector<std::optional<ListValue>> values;
            for (const auto& order : made.order) values.push_back(value_of(row, order.field));
            made.behind = flow::behind(made.order, values, row.id);
        }
        return made;
    }

    flow::ListPage answer(const ListQuery& asked, const std::vector<domain::Entitlement>& stored) {
        flow::ListPage page;
        auto found = stored;
        std::erase_if(found, [&](const auto& row) {
            return row.tenant != asked.tenant || row.deleted_at || !flow::matches(asked.where, row);
        });
        page.total = found.size();
        std::erase_if(found, [&](const auto& row) {
            return asked.behind && !flow::matches(*asked.behind, row);
        });
        std::ranges::sort(found, [&](const auto& a, const auto& b) {
            return flow::compare(a, b, asked.order) < 0;
        });
        for (auto i = asked.skip; i < found.size() && page.rows.size() < asked.limit; ++i) {
            page.rows.push_back(found[i]);
        }
        return page;
    }

  private:
    template <class T, std::size_t N>
    T pick(const std::array<T, N>& table) {
        return table.at(maker_.below(N));
    }

    // Of some row, so that terms hold now and then.
    std::optional<ListValue> some_value(ListField field) {
        for (int i = 0; i < 20; ++i) {
            if (auto value = value_of(rows_.at(maker_.below(rows_.size())), field)) return value;
        }
        return std::nullopt;
    }

    Condition make_condition(int depth) {
        if (depth > 0 && maker_.flip()) {
            std::vector<Condition> parts;
            for (auto i = maker_.below(4); i > 0; --i) parts.push_back(make_condition(depth - 1));
            return maker_.below(3) == 0 ? any_of(std::move(parts)) : all_of(std::move(parts));
        }
        const auto field = pick(kFields);
        const auto op = pick(kOperators);
        std::vector<ListValue> values;
        if (op == ListOperator::in || op == ListOperator::not_in) {
            for (auto i = maker_.below(4); i > 0; --i) {
                if (auto value = some_value(field)) values.push_back(*value);
            }
        } else if (op != ListOperator::exists && op != ListOperator::missing) {
            auto value = some_value(field);
            if (!value) return is(field, ListOperator::missing);
            values.push_back(*value);
        }
        return is(field, op, std::move(values));
    }

    Maker maker_;
    std::vector<domain::Entitlement> rows_;
};

}  // namespace

TEST_P(Contract, AListIsOfOneTenantInTheOrderOfIds) {
    auto& lab = open();
    using enum domain::EntitlementStatus;
    for (const auto* id : {"c", "a", "b"}) {
        ASSERT_TRUE(lab.insert(row_of(id, "x", active)).has_value());
    }
    ASSERT_TRUE(lab.insert(bare_entitlement("other", "a")).has_value());
    const auto page = lab.ask(lab.store().list(query()));
    EXPECT_EQ(page->total, 3U);
    EXPECT_THAT(ids(page), ElementsAre("a", "b", "c"));
    auto second = query();
    second.limit = 1;
    second.skip = 1;
    EXPECT_THAT(ids(lab.ask(lab.store().list(second))), ElementsAre("b"));
    second.limit = 0;
    EXPECT_EQ(lab.ask(lab.store().list(second))->total, 3U);
    EXPECT_THAT(ids(lab.ask(lab.store().list(second))), IsEmpty());
}

TEST_P(Contract, AListHasTheWholeRows) {
    auto& lab = open();
    auto row = full_entitlement("t", "1");
    row.deleted_at.reset();
    ASSERT_TRUE(lab.insert(row).has_value());
    const auto page = lab.ask(lab.store().list(query()));
    ASSERT_EQ(page->rows.size(), 1U);
    EXPECT_EQ(page->rows.front(), *lab.stored(row));
}

TEST_P(Contract, AListLeavesOutWhatWasDeleted) {
    auto& lab = open();
    using enum domain::EntitlementStatus;
    const auto row = row_of("1", "x", active);
    ASSERT_TRUE(lab.insert(row).has_value());
    ASSERT_TRUE(lab.insert(row_of("2", "x", active)).has_value());
    ASSERT_TRUE(
        lab.update(row, [&](auto& changed) { changed.deleted_at = clock_.now(); }).has_value());
    const auto of_account = query(is(ListField::account, ListOperator::equal, {std::string{"x"}}));
    for (const auto& asked : {query(), of_account}) {
        EXPECT_EQ(lab.ask(lab.store().list(asked))->total, 1U);
        EXPECT_THAT(ids(lab.ask(lab.store().list(asked))), ElementsAre("2"));
    }
    ASSERT_TRUE(lab.update(row, [](auto& changed) { changed.deleted_at.reset(); }).has_value());
    EXPECT_EQ(lab.ask(lab.store().list(of_account))->total, 2U);
}

TEST_P(Contract, AListFollowsWhatChanges) {
    auto& lab = open();
    using enum domain::EntitlementStatus;
    const auto row = row_of("1", "x", active);
    ASSERT_TRUE(lab.insert(row).has_value());
    const auto with_status = [&](std::string word) {
        return ids(lab.ask(lab.store().list(
            query(is(ListField::status, ListOperator::equal, {std::move(word)})))));
    };
    ASSERT_TRUE(lab.update(row, [](auto& changed) { changed.attempts = 1; }).has_value());
    EXPECT_THAT(with_status("ACTIVE"), ElementsAre("1"));
    ASSERT_TRUE(
        lab.update(row, [](auto& changed) { changed.convergence.status = suspended; }).has_value());
    EXPECT_THAT(with_status("ACTIVE"), IsEmpty());
    EXPECT_THAT(with_status("SUSPENDED"), ElementsAre("1"));
}

TEST_P(Contract, AListThatIsTooBroadIsRefused) {
    auto& lab = open();
    using enum domain::EntitlementStatus;
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(lab.insert(row_of(std::to_string(i), i < 7 ? "big" : "small",
                                      i < 7 ? active : suspended))
                        .has_value());
    }
    const auto refused = [&](Condition where, std::vector<ListOrder> order = {}) {
        auto asked = query(std::move(where));
        asked.order = std::move(order);
        asked.scan_limit = 5;
        return lab.ask(lab.store().list(std::move(asked)))->too_broad;
    };
    const auto of_account = [](const std::string& account) {
        return is(ListField::account, ListOperator::equal, {account});
    };
    const auto reason = is(ListField::reason_code, ListOperator::exists);
    EXPECT_FALSE(refused({})) << "all of it, as it lies";
    EXPECT_TRUE(refused({}, {{ListField::modified}})) << "all of it must be sorted";
    EXPECT_TRUE(refused(reason));
    EXPECT_TRUE(refused(of_account("big")));
    EXPECT_FALSE(refused(of_account("small")));
    EXPECT_FALSE(refused(all_of({reason, of_account("small")})));
    EXPECT_TRUE(refused(any_of({reason, of_account("small")})));
    EXPECT_FALSE(refused(is(ListField::status, ListOperator::equal, {std::string{"SUSPENDED"}})));
    EXPECT_FALSE(refused(is(ListField::id, ListOperator::in, {std::string{"1"}})));
}

TEST_P(Contract, AListIsWhatItsDefinitionSays) {
    const auto seed = base::make_system_random()->next();
    SCOPED_TRACE("seed " + std::to_string(seed));
    auto& lab = open();
    Asker asker{seed};
    std::vector<domain::Entitlement> stored;
    for (int i = 0; i < 60; ++i) {
        const auto row = asker.make_row(i, clock_.now());
        ASSERT_TRUE(lab.insert(row).has_value());
        stored.push_back(*lab.stored(row));
    }
    for (int i = 0; i < 300; ++i) {
        const auto asked = asker.make_query();
        const auto wanted = asker.answer(asked, stored);
        const auto page = lab.ask(lab.store().list(asked));
        ASSERT_TRUE(page.has_value());
        EXPECT_EQ(page->total, wanted.total);
        EXPECT_EQ(page->rows, wanted.rows);
        if (HasFailure()) return;
    }
}

}  // namespace usher::store
