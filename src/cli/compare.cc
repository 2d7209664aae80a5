// `usher compare`: the partner's daily file against what a running Usher holds, through its admin
// listener: the rows in pages, then what the file should have, and a line at the end.
#include "flow/compare.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/time.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/compare_file.h"
#include "http/target.h"

namespace usher::cli {

namespace {

namespace json = boost::json;
using flow::Finding;

constexpr std::string_view kRoot = "/admin/v1/comparisons";
constexpr std::size_t kPageBytes = std::size_t{150} * 1024;  // a request may have 256 KiB
constexpr std::size_t kReadsAtOnce = 100;                    // each is a change of its own

json::object row_json(const flow::FileRow& row) {
    json::object object{{"partnerEntitlementId", row.id.text()},
                        {"customerId", row.customer.text()},
                        {"status", domain::to_text(row.status)},
                        {"productKey", row.product_key.text()},
                        {"lastUpdated", base::format_time(row.last_updated)}};
    if (row.ends_at) object["endsAt"] = base::format_time(*row.ends_at);
    if (row.repeated) object["repeated"] = true;
    return object;
}

struct Scope {
    domain::MerchantId merchant;
    base::Time as_of;
};

// Which merchant is compared and when the file was made; a sentence when that must be said.
std::expected<Scope, std::string> scope_of(const CompareCommand& command, const FileSurvey& file) {
    Scope scope{.merchant = domain::MerchantId{command.merchant}};
    if (command.merchant.empty()) {
        if (file.merchants.size() != 1) {
            std::vector<std::string> names;
            for (const auto& merchant : file.merchants) names.push_back(merchant.text());
            return std::unexpected{
                names.empty() ? std::string{"the file has no row that could be read, so it names "
                                            "no merchant: say which one with --merchant"}
                              : fmt::format("the file is of several merchants: say which one with "
                                            "--merchant ({})",
                                            fmt::join(names, ", "))};
        }
        scope.merchant = *file.merchants.begin();
    }
    if (command.as_of.empty()) {
        if (file.newest) {
            scope.as_of = *file.newest;
            return scope;
        }
        return std::unexpected{
            "the file has no row that could be read, so it does not say when it "
            "was made: say it with --as-of"};
    }
    const auto as_of = base::parse_time(command.as_of);
    if (!as_of || *as_of > base::make_system_clock()->now()) {
        return std::unexpected{
            "--as-of must be an ISO 8601 date-time that is over, such as "
            "2026-09-01T00:00:00Z"};
    }
    if (file.newest && *as_of < *file.newest) {
        return std::unexpected{fmt::format(
            "--as-of is before {}, the latest LastUpdated in the file: it was made later",
            base::format_time(*file.newest))};
    }
    scope.as_of = *as_of;
    return scope;
}

// What is known of one difference, for people and programs.
struct Found {
    Finding finding{};
    std::uint64_t line = 0;               // 0: of no row
    std::optional<flow::FileRow> theirs;  // none: not in the file, or not understood
    json::object ours;                    // the server's words
    std::string problem;                  // of not_understood
};

class Comparing {
  public:
    Comparing(const CompareCommand& command, const FileSurvey& file, Scope scope)
        : command_{command}, file_{file}, scope_{std::move(scope)} {}

    using Done = std::expected<void, AdminTrouble>;

    Done compare();
    Done apply();
    std::expected<json::object, AdminTrouble> sign();

    const flow::FindingCounts& counts() const { return counts_; }
    const std::vector<Found>& found() const { return found_; }
    const Scope& scope() const { return scope_; }
    std::uint64_t due() const { return due_; }

  private:
    struct Pending {
        std::uint64_t line;
        flow::FileRow row;
    };

    void take(std::uint64_t line, partner::bango::ReadRow row);
    void send_rows();
    void note(Found found);
    void note_read(const json::object& ours);
    Done compare_held();

    const CompareCommand& command_;
    const FileSurvey& file_;
    const Scope scope_;
    flow::FindingCounts counts_{};
    std::vector<Found> found_;                                  // the first ones, up to the limit
    std::vector<std::pair<std::string, std::uint64_t>> reads_;  // id and version
    std::vector<Pending> page_;
    std::size_t page_bytes_ = 0;
    std::optional<AdminTrouble> trouble_;
    std::uint64_t due_ = 0;
};

void Comparing::note(Found found) {
    ++counts_.at(flow::index_of(found.finding));
    if (!flow::is_difference(found.finding)) return;
    if (found_.size() < command_.limit) found_.push_back(std::move(found));
}

void Comparing::note_read(const json::object& ours) {
    const auto* read = base::find_member(ours, "read");
    if (read == nullptr || *read != true) return;
    reads_.emplace_back(text(ours, "entitlementId"), count_in(ours, "version"));
}

void Comparing::take(std::uint64_t line, partner::bango::ReadRow row) {
    if (trouble_) return;
    if (!row) {
        note({.finding = Finding::not_understood, .line = line, .problem = row.error().problem});
        return;
    }
    if (row->merchant != scope_.merchant) {
        note({.finding = Finding::other_merchant, .line = line});
        return;
    }
    row->row.repeated = file_.ids.count(row->merchant, row->row.id) > 1;
    page_bytes_ += 200 + row->row.id.text().size() + row->row.customer.text().size() +
                   row->row.product_key.text().size();
    page_.push_back({line, std::move(row->row)});
    if (page_.size() == flow::kComparePage || page_bytes_ > kPageBytes) send_rows();
}

void Comparing::send_rows() {
    if (page_.empty() || trouble_) return;
    json::array rows;
    for (const auto& pending : page_) rows.emplace_back(row_json(pending.row));
    const json::object body{{"merchant", scope_.merchant.text()},
                            {"asOf", base::format_time(scope_.as_of)},
                            {"rows", std::move(rows)}};
    const auto answer =
        ask_admin(command_.access, "POST", fmt::format("{}/rows", kRoot), json::serialize(body));
    if (!answer) {
        trouble_ = answer.error();
        return;
    }
    std::size_t told = 0;
    for_each(as_object(*answer), "findings", [&](const json::object& ours) {
        const auto finding = flow::parse_finding(text(ours, "finding"));
        const auto row = count_in(ours, "row");
        if (!finding || row >= page_.size()) return;
        ++told;
        note_read(ours);
        note(
            {.finding = *finding, .line = page_[row].line, .theirs = page_[row].row, .ours = ours});
    });
    const auto equal = count_in(as_object(*answer), "equal");
    if (told + equal != page_.size()) {
        trouble_ = other_version();
    }
    counts_.at(flow::index_of(Finding::equal)) += equal;
    page_.clear();
    page_bytes_ = 0;
}

Comparing::Done Comparing::compare_held() {
    auto query =
        fmt::format("{}/held?merchant={}&asOf={}&allStatuses={}", kRoot,
                    http::encode_component(scope_.merchant.text()),
                    http::encode_component(base::format_time(scope_.as_of)), command_.all_statuses);
    std::string after;
    while (true) {
        const auto page =
            ask_admin(command_.access, "GET",
                      after.empty() ? query : query + "&after=" + http::encode_component(after));
        if (!page) return std::unexpected{page.error()};
        for_each(as_object(*page), "held", [&](const json::object& ours) {
            const domain::PartnerEntitlementId id{text(ours, "partnerEntitlementId")};
            if (file_.ids.count(scope_.merchant, id) > 0) return;
            note_read(ours);
            note({.finding = Finding::unknown_there, .ours = ours});
        });
        after = text(as_object(*page), "next");
        if (after.empty()) return {};
    }
}

Comparing::Done Comparing::compare() {
    const auto digest =
        read_rows(command_.file, [&](std::uint64_t line, auto row) { take(line, std::move(row)); });
    send_rows();
    if (trouble_) return std::unexpected{*trouble_};
    if (!digest || *digest != file_.digest) {
        return std::unexpected{
            AdminTrouble{1, fmt::format("{} changed while it was read: run again once it is whole",
                                        command_.file)}};
    }
    return compare_held();
}

Comparing::Done Comparing::apply() {
    for (std::size_t from = 0; from < reads_.size(); from += kReadsAtOnce) {
        json::array list;
        for (std::size_t i = from; i < std::min(from + kReadsAtOnce, reads_.size()); ++i) {
            const auto& [id, version] = reads_[i];
            list.push_back(json::object{{"entitlementId", id}, {"version", version}});
        }
        const auto answer =
            ask_admin(command_.access, "POST", fmt::format("{}/reads", kRoot),
                      json::serialize(json::object{{"entitlements", std::move(list)}}));
        if (!answer) return std::unexpected{answer.error()};
        due_ += count_in(as_object(*answer), "due");
    }
    return {};
}

std::expected<json::object, AdminTrouble> Comparing::sign() {
    json::object counts;
    for (const auto finding : flow::kFindings) {
        const auto count = counts_.at(flow::index_of(finding));
        if (count > 0) counts[flow::to_text(finding)] = count;
    }
    const json::object body{{"merchant", scope_.merchant.text()},
                            {"file", std::filesystem::path{command_.file}.filename().string()},
                            {"sha256", file_.digest},
                            {"asOf", base::format_time(scope_.as_of)},
                            {"reads", due_},
                            {"counts", std::move(counts)}};
    auto answer = ask_admin(command_.access, "POST", std::string{kRoot}, json::serialize(body));
    if (!answer) return std::unexpected{std::move(answer.error())};
    if (!answer->is_object()) {
        return std::unexpected{AdminTrouble{1, "the answer is not a comparison"}};
    }
    return std::move(answer->get_object());
}

std::string with_end(const std::string& words, const std::string& ends_at) {
    return ends_at.empty() ? words : words + " until " + ends_at;
}

std::string line_of(const Found& found) {
    auto line = fmt::format("{:<17}", flow::to_text(found.finding));
    if (found.line > 0) line += fmt::format(" line {}", found.line);
    if (!found.problem.empty()) return line + ": " + found.problem;
    const auto& ours = found.ours;
    if (found.theirs) {
        const auto& theirs = *found.theirs;
        line += fmt::format(", {} of {}: there {}", theirs.id.text(), theirs.customer.text(),
                            with_end(fmt::format("{} {}", domain::to_text(theirs.status),
                                                 theirs.product_key.text()),
                                     theirs.ends_at ? base::format_time(*theirs.ends_at) : ""));
    } else {
        line += fmt::format(" {}: not there", text(ours, "partnerEntitlementId"));
    }
    const auto id = text(ours, "entitlementId");
    if (id.empty()) return line + ", not here";
    return line + fmt::format(", here {}, {} of {}",
                              with_end(fmt::format("{} {}", text(ours, "partnerStatus"),
                                                   text(ours, "productKey")),
                                       text(ours, "endsAt")),
                              id, text(ours, "accountId"));
}

json::object found_json(const Found& found) {
    json::object object{{"finding", flow::to_text(found.finding)}};
    if (found.line > 0) object["line"] = found.line;
    if (!found.problem.empty()) object["problem"] = found.problem;
    if (found.theirs) object["theirs"] = row_json(*found.theirs);
    if (found.ours.contains("entitlementId")) {
        auto ours = found.ours;
        for (const auto* name : {"finding", "row"}) ours.erase(name);
        object["ours"] = std::move(ours);
    }
    return object;
}

void print_advice(const flow::FindingCounts& counts, bool applied) {
    for (const auto& entry : flow::finding_catalogue()) {
        if (counts.at(flow::index_of(entry.finding)) == 0 || entry.what_to_do.empty()) continue;
        const bool done = applied && entry.kind == flow::FindingKind::read &&
                          entry.finding != Finding::being_read;
        std::cout << fmt::format("{}: {}{}\n", entry.name, entry.meaning,
                                 done ? "" : fmt::format(" {}", entry.what_to_do));
    }
}

void print_text(const Comparing& comparing, const CompareCommand& command,
                const json::object& line) {
    const auto& counts = comparing.counts();
    const auto differences = flow::differences_in(counts);
    std::cout << fmt::format("{}: {} rows against {}, as of {}\n\n", text(line, "file"),
                             count_in(line, "rows"), text(line, "merchant"), text(line, "asOf"));
    for (const auto finding : flow::kFindings) {
        const auto count = counts.at(flow::index_of(finding));
        if (count > 0) std::cout << fmt::format("{:<17} {}\n", flow::to_text(finding), count);
    }
    if (differences == 0) {
        std::cout << fmt::format("\nNo difference. Signed off by {} at {}; SHA-256 {}\n",
                                 text(line, "by"), text(line, "at"), text(line, "sha256"));
        return;
    }
    std::cout << '\n';
    for (const auto& found : comparing.found()) std::cout << line_of(found) << '\n';
    const auto shown = comparing.found().size();
    if (differences > shown) {
        std::cout << fmt::format("… and {} more; --limit shows more\n", differences - shown);
    }
    std::cout << '\n';
    print_advice(counts, command.apply);
    std::cout << fmt::format("\nDifferences: {}.", differences);
    if (command.apply) {
        std::cout << fmt::format(" Read again now: {}; compare again when that is done.",
                                 comparing.due());
    }
    std::cout << '\n';
}

void print_json(const Comparing& comparing, json::object line) {
    json::array findings;
    for (const auto& found : comparing.found()) findings.emplace_back(found_json(found));
    line["omitted"] = flow::differences_in(comparing.counts()) - findings.size();
    line["findings"] = std::move(findings);
    std::cout << json::serialize(line) << '\n';
}

}  // namespace

int compare(const CompareCommand& command) {
    const auto file = survey(command.file);
    if (!file) return report({2, file.error()});
    const auto scope = scope_of(command, *file);
    if (!scope) return report({2, scope.error()});
    Comparing comparing{command, *file, *scope};
    auto done = comparing.compare();
    if (done && command.apply) done = comparing.apply();
    if (!done) return report(done.error());
    auto line = comparing.sign();
    if (!line) return report(line.error());
    if (command.format == "json") {
        print_json(comparing, std::move(*line));
    } else {
        print_text(comparing, command, *line);
    }
    return flow::differences_in(comparing.counts()) == 0 ? 0 : 1;
}

int findings(const std::string& format) {
    if (format == "markdown") {
        std::cout << flow::findings_as_markdown();
        return 0;
    }
    json::array rows;
    for (const auto& entry : flow::finding_catalogue()) {
        rows.push_back({{"finding", entry.name},
                        {"isDifference", flow::is_difference(entry.finding)},
                        {"meaning", entry.meaning},
                        {"whatToDo", entry.what_to_do}});
        if (format != "text") continue;
        std::cout << fmt::format("{}\n    {}\n", entry.name, entry.meaning);
        if (!entry.what_to_do.empty()) std::cout << fmt::format("    {}\n", entry.what_to_do);
    }
    if (format == "json") std::cout << json::serialize(rows) << '\n';
    return 0;
}

}  // namespace usher::cli
