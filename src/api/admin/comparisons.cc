// The partner's daily file against what is held, a page at a time (flow/compare.h). The caller
// reads the file and keeps what was found; here nothing is kept but the line at the end.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "api/admin/body.h"
#include "api/admin/calls.h"
#include "api/admin/manners.h"
#include "api/fields.h"
#include "api/text.h"
#include "base/json.h"
#include "base/log.h"

namespace usher::api::admin {

namespace {

namespace json = boost::json;

flow::FileRow read_row(const json::object& entry, Fields& fields) {
    flow::FileRow row{
        .id = read_name<domain::PartnerEntitlementId>("partnerEntitlementId", fields),
        .customer = read_name<domain::CustomerId>("customerId", fields),
        .product_key = read_name<domain::ProductKey>("productKey", fields),
        .last_updated = fields.date("lastUpdated", Presence::mandatory).value_or(base::Time{}),
        .ends_at = fields.date("endsAt", Presence::optional),
        .repeated = read_flag(entry, "repeated", fields)};
    if (const auto word = fields.text("status", Presence::mandatory)) {
        const auto status = domain::parse_partner_status(*word);
        if (status && *status != domain::PartnerStatus::none) {
            row.status = *status;
        } else {
            fields.add(ErrorCode::status_unknown, "status",
                       "must be one of PENDING, ACTIVE, SUSPENDED, ACTIVE-ENDING, CANCELLED, "
                       "REVOKED and, for FAILED, UNKNOWN.");
        }
    }
    return row;
}

json::object finding_json(const flow::RowFinding& found) {
    json::object object{{"finding", flow::to_text(found.judgement.finding)},
                        {"read", found.judgement.read}};
    if (!found.ours) return object;
    const auto& ours = *found.ours;
    object["entitlementId"] = ours.id.text();
    object["version"] = ours.version;
    object["accountId"] = ours.account.text();
    object["productId"] = ours.product.text();
    object["status"] = domain::to_text(ours.convergence.status);
    object["partnerStatus"] = domain::to_text(ours.convergence.partner_status);
    object["productKey"] = ours.product_key.text();
    if (!ours.partner_id.empty()) object["partnerEntitlementId"] = ours.partner_id.text();
    if (ours.ends_at) object["endsAt"] = base::format_time(*ours.ends_at);
    return object;
}

flow::FindingCounts read_counts(const json::object& body, Fields& fields) {
    flow::FindingCounts counts{};
    const auto* member = base::find_member(body, "counts");
    if (member == nullptr) {
        fields.add(ErrorCode::argument_missing, "counts", "is mandatory.");
        return counts;
    }
    if (!member->is_object()) {
        fields.add(ErrorCode::argument_of_wrong_type, "counts", "must be an object.");
        return counts;
    }
    for (const auto& [name, value] : member->get_object()) {
        const auto finding = flow::parse_finding(name);
        if (!finding) {
            fields.add(ErrorCode::argument_invalid, "counts",
                       "must be by findings, as the answers of this comparison name them.");
            break;
        }
        Fields own{member->get_object()};
        counts.at(flow::index_of(*finding)) = read_count(member->get_object(), name, own);
        if (own.ok()) continue;
        fields.add(ErrorCode::argument_of_wrong_type,
                   fmt::format("counts.{}", flow::to_text(*finding)), std::string{kCountForm});
        break;
    }
    return counts;
}

// Each row is one finding, and what the file lacks is beside them.
std::uint64_t rows_in(const flow::FindingCounts& counts) {
    std::uint64_t rows = 0;
    for (const auto finding : flow::kFindings) {
        if (finding != flow::Finding::unknown_there) rows += counts.at(flow::index_of(finding));
    }
    return rows;
}

std::expected<flow::Comparison, Problem> read_line(const Exchange& exchange) {
    Fields fields{exchange.body};
    flow::Comparison line{.tenant = exchange.tenant->id,
                          .merchant = read_name<domain::MerchantId>("merchant", fields),
                          .by = who(exchange),
                          .subject = exchange.principal->subject};
    line.file = fields.text("file", Presence::mandatory, kLongestName).value_or("");
    line.digest = read_digest("sha256", fields);
    line.as_of = fields.date("asOf", Presence::mandatory).value_or(base::Time{});
    line.reads = read_count(exchange.body, "reads", fields);
    line.counts = read_counts(exchange.body, fields);
    line.rows = rows_in(line.counts);
    if (!fields.ok()) return std::unexpected{fields.take_problem()};
    return line;
}

std::expected<flow::ListHeld, Problem> read_list_request(const Exchange& exchange) {
    Fields fields{exchange.body};
    const auto& target = exchange.target;
    flow::ListHeld request{.tenant = exchange.tenant->id};
    const auto merchant = target.find_query("merchant").value_or("");
    if (merchant.empty() || merchant.size() > kLongestName) {
        fields.add(ErrorCode::query_invalid, "merchant", "must be 1 to 256 characters.");
    }
    request.merchant = domain::MerchantId{std::string{merchant}};
    if (const auto as_of = base::parse_time(target.find_query("asOf").value_or(""))) {
        request.as_of = *as_of;
    } else {
        fields.add(ErrorCode::query_invalid, "asOf",
                   "must be an ISO 8601 date-time such as 2025-09-01T13:47:59.228Z, with a plus "
                   "sign percent-encoded.");
    }
    const auto all = target.find_query("allStatuses").value_or("false");
    request.all_statuses = all == "true";
    if (all != "true" && all != "false") {
        fields.add(ErrorCode::query_invalid, "allStatuses", "must be true or false.");
    }
    if (const auto after = target.find_query("after")) {
        if (!is_id(*after)) fields.add(ErrorCode::query_invalid, "after", "must be an id.");
        request.after = domain::EntitlementId{std::string{*after}};
    }
    if (const auto text = target.find_query("limit")) {
        const auto [stop, error] =
            std::from_chars(text->data(), text->data() + text->size(), request.limit);
        const bool whole = error == std::errc{} && stop == text->data() + text->size();
        const bool fits = whole && request.limit > 0 && request.limit <= flow::kComparePage;
        if (!fits) fields.add(ErrorCode::query_invalid, "limit", "must be from 1 to 500.");
    }
    if (!fields.ok()) return std::unexpected{fields.take_problem()};
    return request;
}

}  // namespace

base::Task<Answer> compare_rows(Exchange& exchange, const Surroundings& around) {
    Fields fields{exchange.body};
    flow::CompareRows request{
        .tenant = exchange.tenant->id,
        .merchant = read_name<domain::MerchantId>("merchant", fields),
        .as_of = fields.date("asOf", Presence::mandatory).value_or(base::Time{})};
    auto read = for_each(exchange.body, "rows", fields, [&](const auto& entry, Fields& own) {
        request.rows.push_back(read_row(entry, own));
    });
    if (!read) co_return std::unexpected{std::move(read.error())};
    const auto found = co_await around.operations.compare_rows(std::move(request));
    if (!found) co_return std::unexpected{problem(found.error())};
    json::array findings;
    for (std::size_t i = 0; i < found->size(); ++i) {
        if ((*found)[i].judgement.finding == flow::Finding::equal) continue;
        auto object = finding_json((*found)[i]);
        object["row"] = i;
        findings.emplace_back(std::move(object));
    }
    const auto equal = found->size() - findings.size();
    co_return answer(200, {{"equal", equal}, {"findings", std::move(findings)}});
}

base::Task<Answer> list_held(Exchange& exchange, const Surroundings& around) {
    auto request = read_list_request(exchange);
    if (!request) co_return std::unexpected{std::move(request.error())};
    const auto page = co_await around.operations.list_held(std::move(*request));
    if (!page) co_return std::unexpected{problem(page.error())};
    json::array held;
    for (const auto& one : page->held) held.emplace_back(finding_json(one));
    json::object body{{"held", std::move(held)}};
    if (page->next) body["next"] = page->next->text();
    co_return answer(200, body);
}

base::Task<Answer> ask_reads(Exchange& exchange, const Surroundings& around) {
    Fields fields{exchange.body};
    std::vector<flow::ReadAsked> asked;
    auto read =
        for_each(exchange.body, "entitlements", fields, [&](const auto& entry, Fields& own) {
            const auto id = own.id("entitlementId", Presence::mandatory);
            asked.push_back({.entitlement = domain::EntitlementId{id.value_or("")},
                             .version = read_count(entry, "version", own)});
        });
    if (!read) co_return std::unexpected{std::move(read.error())};
    const auto due = co_await around.operations.ask_reads(exchange.tenant->id, std::move(asked));
    if (!due) co_return std::unexpected{problem(due.error())};
    base::log(base::LogLevel::info, "reads_asked",
              {{"tenant", exchange.tenant->id.text()},
               {"count", std::to_string(*due)},
               {"subject", exchange.principal->subject},
               {"requestId", exchange.request_id}});
    co_return answer(200, {{"due", *due}});
}

base::Task<Answer> sign_comparison(Exchange& exchange, const Surroundings& around) {
    auto line = read_line(exchange);
    if (!line) co_return std::unexpected{std::move(line.error())};
    const auto signed_line = co_await around.operations.sign_comparison(std::move(*line));
    if (!signed_line) co_return std::unexpected{problem(signed_line.error())};
    base::log(base::LogLevel::info, "compared",
              {{"tenant", signed_line->tenant.text()},
               {"merchant", signed_line->merchant.text()},
               {"sha256", signed_line->digest},
               {"counts", flow::to_text(signed_line->counts)},
               {"subject", signed_line->subject},
               {"requestId", exchange.request_id}});
    co_return answer(201, comparison_json(*signed_line));
}

base::Task<Answer> latest_comparisons(Exchange& exchange, const Surroundings& around) {
    const auto lines = co_await around.operations.latest_comparisons(exchange.tenant->id);
    if (!lines) co_return std::unexpected{problem(lines.error())};
    json::array merchants;
    std::string last;
    for (const auto& line : *lines) {
        if (merchants.empty() || last != line.merchant.text()) {
            last = line.merchant.text();
            merchants.emplace_back(json::object{{"merchant", last}});
        }
        const bool agreed = flow::differences_in(line.counts) == 0;
        merchants.back().as_object()[agreed ? "agreed" : "differed"] = comparison_json(line);
    }
    co_return answer(200, {{"comparisons", std::move(merchants)}});
}

}  // namespace usher::api::admin
