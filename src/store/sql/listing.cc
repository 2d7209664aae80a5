#include "store/sql/listing.h"

#include <cstdlib>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "store/sql/statements.h"

namespace usher::store::sql {

namespace {

using flow::Condition;
using flow::ListField;
using flow::ListOperator;

std::string_view column_of(ListField field) {
    switch (field) {
        case ListField::id:
            return "entitlement_id";
        case ListField::account:
            return "account_id";
        case ListField::product:
            return "product_id";
        case ListField::status:
            return "status";
        case ListField::partner_status:
            return "partner_status";
        case ListField::partner_id:
            return "partner_entitlement_id";
        case ListField::valid_from:
            return "valid_from";
        case ListField::expiry_date:
            return "expiry_date";
        case ListField::ends_at:
            return "ends_at";
        case ListField::created:
            return "created_at";
        case ListField::modified:
            return "modified_at";
        case ListField::version:
            return "version";
        case ListField::reason_code:
            return "reason_code";
        case ListField::reason_category:
            return "reason_category";
        case ListField::cancel_reason_code:
            return "cancel_reason_code";
        case ListField::cancel_reason_category:
            return "cancel_reason_category";
    }
    std::abort();
}

// The one that finds what `field` is; the key finds by id, and whatever has no index.
std::string_view index_of(ListField field) {
    if (field == ListField::account) return " INDEXED BY entitlement_account";
    if (field == ListField::product) return " INDEXED BY entitlement_product";
    if (field == ListField::status) return " INDEXED BY entitlement_status";
    return "";
}

class Builder {
  public:
    explicit Builder(const domain::TenantId& tenant) { bind(tenant.text()); }

    void text(std::string_view more) { made_.text += more; }
    void bind_here(flow::ListValue value) { text(bind(std::move(value))); }

    // Everything, by the smallest index that has it.
    void from_all() {
        text(" FROM entitlement");
        text(index_of(ListField::account));
        text(" WHERE tenant_id = $1 AND deleted_at IS NULL");
    }
    void from(const Condition& where) {
        text(" FROM entitlement");
        if (const auto* term = flow::narrowing_term(where)) text(index_of(term->field));
        text(" WHERE tenant_id = $1 AND deleted_at IS NULL");
    }
    void add(const Condition& condition) {
        switch (condition.kind) {
            case Condition::Kind::all:
                return join(condition.parts, " AND ", "1 = 1");
            case Condition::Kind::any:
                return join(condition.parts, " OR ", "1 = 0");
            case Condition::Kind::term:
                return add(condition.term);
        }
    }
    void add(const flow::ListTerm& term) {
        const auto column = column_of(term.field);
        const auto with_one = [&](std::string_view sign) {
            text(fmt::format("{} {} ", column, sign));
            bind_here(term.values.front());
        };
        switch (term.op) {
            case ListOperator::equal:
                return with_one("=");
            case ListOperator::greater:
                return with_one(">");
            case ListOperator::at_least:
                return with_one(">=");
            case ListOperator::less:
                return with_one("<");
            case ListOperator::at_most:
                return with_one("<=");
            case ListOperator::not_equal:
                text(fmt::format("({} IS NULL OR ", column));
                with_one("<>");
                return text(")");
            // SQLite finds no way to an index by an empty list.
            case ListOperator::in:
                if (term.values.empty()) return text("1 = 0");
                return list(column, "IN", term.values);
            case ListOperator::not_in:
                if (term.values.empty()) return text("1 = 1");
                text(fmt::format("({} IS NULL OR ", column));
                list(column, "NOT IN", term.values);
                return text(")");
            case ListOperator::exists:
                return text(fmt::format("{} IS NOT NULL", column));
            case ListOperator::missing:
                return text(fmt::format("{} IS NULL", column));
        }
    }
    void order(const std::vector<flow::ListOrder>& order) {
        text(" ORDER BY ");
        for (const auto& [field, descending] : order) {
            // What is missing comes first going up, in every engine.
            text(fmt::format("{0} {1} NULLS {2}, ", column_of(field), descending ? "DESC" : "ASC",
                             descending ? "LAST" : "FIRST"));
        }
        text("entitlement_id");
    }

    Compiled take() { return std::move(made_); }

  private:
    std::string bind(flow::ListValue value) {
        made_.values.push_back(std::move(value));
        return fmt::format("${}", made_.values.size());
    }
    void join(const std::vector<Condition>& parts, std::string_view between,
              std::string_view of_nothing) {
        if (parts.empty()) return text(of_nothing);
        text("(");
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (i > 0) text(between);
            add(parts[i]);
        }
        text(")");
    }
    void list(std::string_view column, std::string_view word,
              const std::vector<flow::ListValue>& values) {
        text(fmt::format("{} {} (", column, word));
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (i > 0) text(", ");
            bind_here(values[i]);
        }
        text(")");
    }

    Compiled made_;
};

flow::ListValue number(std::size_t value) {
    return static_cast<std::int64_t>(value);
}

}  // namespace

Compiled list_page(const flow::ListQuery& query) {
    Builder builder{query.tenant};
    builder.text("SELECT " USHER_ENTITLEMENT_COLUMNS);
    builder.from(query.where);
    builder.text(" AND ");
    builder.add(query.where);
    if (query.behind) {
        builder.text(" AND ");
        builder.add(*query.behind);
    }
    builder.order(query.order);
    builder.text(" LIMIT ");
    builder.bind_here(number(query.limit));
    builder.text(" OFFSET ");
    builder.bind_here(number(query.skip));
    return builder.take();
}

Compiled list_total(const flow::ListQuery& query) {
    Builder builder{query.tenant};
    builder.text("SELECT COUNT(*)");
    if (flow::holds_always(query.where)) {
        builder.from_all();
        return builder.take();
    }
    builder.from(query.where);
    builder.text(" AND ");
    builder.add(query.where);
    return builder.take();
}

Compiled list_cost(const flow::ListQuery& query) {
    Builder builder{query.tenant};
    builder.text("SELECT COUNT(*) FROM (SELECT 1");
    if (const auto* term = flow::narrowing_term(query.where)) {
        builder.from(query.where);
        builder.text(" AND ");
        builder.add(*term);
    } else {
        builder.from_all();
    }
    builder.text(" LIMIT ");
    builder.bind_here(number(query.scan_limit + 1));
    builder.text(") AS looked_at");
    return builder.take();
}

}  // namespace usher::store::sql
