// Takes over entitlements that operator and partner have already (flow/import.h), so many at a
// time. Sent again, the rows show what has become of them: whether the partner was asked, and what
// it has.
#include <expected>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>

#include "api/admin/body.h"
#include "api/admin/calls.h"
#include "api/admin/manners.h"
#include "api/fields.h"
#include "base/json.h"
#include "base/log.h"
#include "base/side_by_side.h"

namespace usher::api::admin {

namespace {

namespace json = boost::json;

constexpr std::size_t kImportedAtOnce = 16;

flow::Import read_import(const Exchange& exchange, Fields& fields, base::Time now) {
    flow::Import row{
        .tenant = exchange.tenant->id,
        .entitlement =
            domain::EntitlementId{fields.id("entitlementId", Presence::mandatory).value_or("")},
        .account = domain::AccountId{fields.id("accountId", Presence::mandatory).value_or("")},
        .product = domain::ProductId{fields.id("productId", Presence::mandatory).value_or("")},
        .partner_id = read_name<domain::PartnerEntitlementId>("partnerEntitlementId", fields),
        .status = fields.status("status", Presence::mandatory)
                      .value_or(domain::EntitlementStatus::active),
        .created = fields.date("created", Presence::optional),
        .valid_from = fields.date("validFrom", Presence::optional),
        .expiry_date = fields.date("expiryDate", Presence::optional),
        .asker = {.subject = exchange.principal->subject,
                  .client = exchange.principal->client,
                  .correlation = domain::CorrelationId{exchange.correlation},
                  .comment = exchange.comment}};
    auto customer = fields.text("customerId", Presence::optional, kLongestName);
    if (customer && !customer->empty()) row.customer = domain::CustomerId{std::move(*customer)};
    if (row.valid_from && row.expiry_date && *row.expiry_date <= *row.valid_from) {
        fields.add(ErrorCode::dates_contradict, "expiryDate", "must be after validFrom.");
    }
    if (row.created && *row.created > now) {
        fields.add(ErrorCode::argument_invalid, "created", "must not be in the future.");
    }
    if (!domain::is_live(domain::meaning(row.status))) {
        fields.add(ErrorCode::argument_invalid, "status",
                   "must be that of a live entitlement: what has ended is not taken over.");
    }
    return row;
}

json::object imported_json(const flow::Imported& imported, bool only_looks) {
    json::object told{{"outcome", imported.is_new ? "imported" : "unchanged"}};
    if (imported.account_is_new) told["accountIsNew"] = true;
    // What would be says nothing about the partner.
    if (imported.is_new && only_looks) return told;
    const auto& row = imported.entitlement;
    told["status"] = domain::to_text(row.convergence.status);
    told["partnerStatus"] = domain::to_text(row.convergence.partner_status);
    told["agreed"] = domain::is_settled(row);
    if (!row.last_problem.empty()) told["problem"] = row.last_problem;
    return told;
}

json::object refusal_json(const Exchange& exchange, const Problem& problem) {
    json::object told{{"outcome", "refused"}};
    tell_refusal(write_error(problem, exchange.request_id), told);
    return told;
}

class ImportRows {
  public:
    ImportRows(const Exchange& exchange, const Surroundings& around, bool only_looks,
               std::vector<json::object> rows)
        : exchange_{exchange},
          around_{around},
          only_looks_{only_looks},
          rows_{std::move(rows)},
          results_(rows_.size()) {}

    // The results, or the trouble that every row may meet: the rows are to be sent again.
    base::Task<std::expected<json::array, Problem>> go() {
        co_await base::side_by_side(kImportedAtOnce, [this] { return take_more(); });
        if (trouble_) co_return std::unexpected{std::move(*trouble_)};
        json::array all;
        for (auto& result : results_) all.emplace_back(std::move(result));
        co_return all;
    }

    std::size_t taken() const { return taken_; }

  private:
    base::Task<> take_more() {
        while (next_ < rows_.size() && !trouble_) {
            const auto row = next_++;
            results_[row] = co_await take_row(rows_[row]);
        }
    }

    base::Task<json::object> take_row(const json::object& row) {
        Fields fields{row};
        auto request = read_import(exchange_, fields, around_.clock.now());
        // One would correct the other.
        if (fields.ok() && !ids_.insert(request.entitlement).second) {
            fields.add(ErrorCode::argument_invalid, "entitlementId", "is that of a row before.");
        }
        if (!fields.ok()) co_return refusal_json(exchange_, fields.take_problem());
        request.only_looks = only_looks_;
        const auto imported = co_await around_.operations.import_entitlement(std::move(request));
        if (imported) {
            if (imported->is_new) ++taken_;
            co_return imported_json(*imported, only_looks_);
        }
        auto found = problem(imported.error());
        if (http_status(found.code) < 500) co_return refusal_json(exchange_, found);
        trouble_ = std::move(found);
        co_return json::object{};
    }

    const Exchange& exchange_;
    const Surroundings& around_;
    const bool only_looks_;
    const std::vector<json::object> rows_;
    std::vector<json::object> results_;
    std::set<domain::EntitlementId> ids_;
    std::size_t next_ = 0;
    std::size_t taken_ = 0;
    std::optional<Problem> trouble_;
};

}  // namespace

base::Task<Answer> import_rows(Exchange& exchange, const Surroundings& around) {
    Fields fields{exchange.body};
    const bool only_looks = read_flag(exchange.body, "dryRun", fields);
    const auto presence = only_looks ? Presence::optional : Presence::mandatory;
    exchange.comment = fields.text("reason", presence, kLongestReason).value_or("");
    std::vector<json::object> rows;
    auto read = for_each(exchange.body, "rows", fields,
                         [&](const json::object& row, Fields& /*own*/) { rows.push_back(row); });
    if (!read) co_return std::unexpected{std::move(read.error())};
    ImportRows importing{exchange, around, only_looks, std::move(rows)};
    auto results = co_await importing.go();
    if (!only_looks && importing.taken() > 0) {
        base::log(base::LogLevel::info, "imported",
                  {{"tenant", exchange.tenant->id.text()},
                   {"count", std::to_string(importing.taken())},
                   {"subject", exchange.principal->subject},
                   {"requestId", exchange.request_id}});
    }
    if (!results) co_return std::unexpected{std::move(results.error())};
    co_return answer(200, {{"results", std::move(*results)}});
}

}  // namespace usher::api::admin
