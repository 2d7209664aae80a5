// `usher bulk`: a file of changes, through a running Usher's admin listener: a look at every row
// first, and, when that is asked for, the rows themselves, a part at a time.
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

#include "base/clock.h"
#include "base/json.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/line_marks.h"
#include "cli/object_file.h"
#include "cli/row_results.h"

namespace usher::cli {

namespace {

namespace json = boost::json;

constexpr std::string_view kBulkRoot = "/admin/v1/bulk";
constexpr std::size_t kPageRows = 200;
constexpr int kGuarded = 40902;
// The partner is away or behind: what is recorded meanwhile waits for it, and should not be much.
constexpr base::Duration kPartnerPause = std::chrono::seconds{2};

// Rows are carried out side by side, so no two may be about the same thing.
class Subjects {
  public:
    void add(const ObjectRow& row) {
        const auto word = [&](std::string_view name) { return text(row.members, name); };
        const auto action = word("action");
        const auto account = word("accountId");
        if (!word("entitlementId").empty()) {
            own_.add("entitlement\n" + word("entitlementId"), row.line);
        } else if (action == "purchase") {
            own_.add("purchase\n" + account + "\n" + word("productId"), row.line);
        } else if (!account.empty()) {
            own_.add("account\n" + account, row.line);
            accounts_.add(account, row.line);
        }
        if (action == "purchase") used_.add(account, row.line);
    }

    // A sentence, when two are.
    std::optional<std::string> find_clash() {
        auto clash = own_.find_twice();
        if (!clash) clash = accounts_.find_in(used_);
        if (!clash) return std::nullopt;
        return fmt::format(
            "its lines {} and {} are about the same entitlement or account, and rows are carried "
            "out in no order: put them into two files",
            clash->first, clash->second);
    }

  private:
    LineMarks own_;
    LineMarks accounts_;
    LineMarks used_;
};

std::expected<ObjectFile, std::string> survey_changes(const std::string& path) {
    Subjects subjects;
    auto file = survey_objects(path, kPageRows, [&](const ObjectRow& row) { subjects.add(row); });
    if (!file) return file;
    if (file->bad_rows > 0 || file->rows == 0) return std::unexpected{why_unreadable(*file)};
    if (const auto clash = subjects.find_clash()) {
        return std::unexpected{fmt::format("{}: {}", path, *clash)};
    }
    return file;
}

class Bulk {
  public:
    Bulk(const BulkCommand& command, const ObjectFile& file) : command_{command}, file_{file} {}

    using Done = std::expected<void, AdminTrouble>;

    Done begin();
    Done look();
    Done start();
    Done run();

    bool needs_look() const { return state() != "running" && command_.token.empty(); }
    bool is_guarded() const { return flag(part(bulk_, "look"), "guarded"); }
    const json::object& told() const { return bulk_; }
    const std::string& token() const { return token_; }
    const RefusedRows& refusals() const { return refusals_; }
    std::expected<void, std::string> open_results(const std::string& path) {
        return results_.open(path);
    }

  private:
    std::string state() const { return text(bulk_, "state"); }
    std::string place() const { return fmt::format("{}/{}", kBulkRoot, text(bulk_, "bulkId")); }
    Done send_all(std::string_view what);
    Done send_page(const ObjectPage& page, std::string_view what);
    std::size_t take_results(const ObjectPage& page, std::size_t from, const json::object& answer);
    void pace(std::uint64_t row);
    void tell_progress(std::uint64_t rows, std::string_view what);

    const BulkCommand& command_;
    const ObjectFile& file_;
    json::object bulk_;
    std::string token_;
    RefusedRows refusals_;
    ResultFile results_{{"action", "entitlementId", "accountId", "productId"},
                        {"outcome", "httpStatus", "errorCode", "message", "propagation"}};
    std::unique_ptr<base::Clock> clock_ = base::make_system_clock();
    base::Monotonic begun_ = clock_->monotonic();
    base::Monotonic told_at_ = begun_;
    std::size_t pending_ = 0;       // of the last page, what the partner has not confirmed
    std::uint64_t fresh_from_ = 0;  // rows before that had their turn in an earlier run
};

Bulk::Done Bulk::begin() {
    json::object body{{"file", std::filesystem::path{command_.file}.filename().string()},
                      {"sha256", file_.digest},
                      {"rows", file_.rows}};
    if (!command_.token.empty()) body["token"] = command_.token;
    auto answer = ask_admin(command_.access, "POST", std::string{kBulkRoot}, json::serialize(body));
    if (!answer) return std::unexpected{answer.error()};
    bulk_ = as_object(*answer);
    return {};
}

Bulk::Done Bulk::look() {
    return send_all("look");
}

Bulk::Done Bulk::start() {
    json::object body{{"reason", command_.reason}};
    if (!command_.token.empty()) body["token"] = command_.token;
    auto answer = ask_patiently(command_.access, "POST", place() + "/start", json::serialize(body));
    if (!answer) return std::unexpected{answer.error()};
    bulk_ = as_object(*answer);
    fresh_from_ = count_in(part(bulk_, "run"), "rows");
    refusals_.clear();
    return {};
}

Bulk::Done Bulk::run() {
    begun_ = clock_->monotonic();
    return send_all("rows");
}

Bulk::Done Bulk::send_all(std::string_view what) {
    Done done;
    const auto gone = for_each_page(file_, [&](const ObjectPage& page) {
        if (what == "rows") pace(page.from);
        done = send_page(page, what);
        const bool is_fresh = page.from >= fresh_from_;
        if (done && is_fresh && pending_ * 2 > page.rows.size()) rest(kPartnerPause);
        return done.has_value();
    });
    if (!done) return done;
    if (!gone) return std::unexpected{AdminTrouble{1, gone.error()}};
    if (results_.is_sound()) return {};
    return std::unexpected{AdminTrouble{1, "cannot write the results: is the disk full?"}};
}

Bulk::Done Bulk::send_page(const ObjectPage& page, std::string_view what) {
    std::size_t from = 0;
    pending_ = 0;
    while (from < page.rows.size()) {
        json::array rows;
        for (auto i = from; i < page.rows.size(); ++i) rows.emplace_back(page.rows[i].members);
        const json::object body{{"from", page.from + from}, {"rows", std::move(rows)}};
        const auto answer = ask_patiently(
            command_.access, "POST", fmt::format("{}/{}", place(), what), json::serialize(body));
        if (!answer) return std::unexpected{answer.error()};
        const auto taken = take_results(page, from, as_object(*answer));
        if (taken == 0) return std::unexpected{other_version()};
        from += taken;
        tell_progress(page.from + from, what);
    }
    return {};
}

std::size_t Bulk::take_results(const ObjectPage& page, std::size_t from,
                               const json::object& answer) {
    bulk_ = part(answer, "bulk");
    const auto token = text(answer, "token");
    if (!token.empty()) token_ = token;
    std::size_t taken = 0;
    for_each(answer, "results", [&](const json::object& result) {
        if (from + taken >= page.rows.size()) return;
        const auto& row = page.rows[from + taken++];
        results_.add(row, result);
        note_refusal(refusals_, row, result);
        pending_ += text(result, "propagation") == "pending" ? 1 : 0;
    });
    return taken;
}

// No faster than the rate, from where this run began.
void Bulk::pace(std::uint64_t row) {
    if (row <= fresh_from_) return;
    const auto due = begun_ + std::chrono::microseconds{std::uint64_t{1'000'000} *
                                                        (row - fresh_from_) / command_.rate};
    const auto now = clock_->monotonic();
    if (due > now) rest(due - now);
}

// On standard error, for who waits.
void Bulk::tell_progress(std::uint64_t rows, std::string_view what) {
    constexpr base::Duration kEvery = std::chrono::seconds{5};
    const auto now = clock_->monotonic();
    if (now < told_at_ + kEvery) return;
    told_at_ = now;
    std::cerr << fmt::format("{} of {} rows {}\n", rows, file_.rows,
                             what == "look" ? "looked at" : "carried out");
}

void print_tally(const json::object& tally, std::string_view changed) {
    std::cout << fmt::format("{:<18} {}\n{:<18} {}\n{:<18} {}\n", changed,
                             count_in(tally, "changed"), "unchanged", count_in(tally, "unchanged"),
                             "refused", count_in(tally, "refused"));
}

void print_look(const Bulk& bulk) {
    const auto& look = part(bulk.told(), "look");
    std::cout << fmt::format("{}: {} rows\n\n", text(bulk.told(), "file"),
                             count_in(bulk.told(), "rows"));
    print_tally(look, "would change");
    print_refusals(bulk.refusals());
    std::cout << fmt::format("\n{} of {} live entitlements would be ended or suspended.\n",
                             count_in(look, "ends"), count_in(look, "live"));
}

std::string guard_sentence(const Bulk& bulk) {
    return fmt::format(
        "That is more than {} % of them, so it needs this token, which is good for one run of this "
        "file within an hour:\n\n  --token {}\n",
        count_in(bulk.told(), "guardPercent"), bulk.token());
}

void print_run(const Bulk& bulk) {
    const auto& run = part(bulk.told(), "run");
    std::cout << fmt::format("{}: {} rows, bulk {}\n\n", text(bulk.told(), "file"),
                             count_in(bulk.told(), "rows"), text(bulk.told(), "bulkId"));
    print_tally(run, "changed");
    print_refusals(bulk.refusals());
}

void print_json(const Bulk& bulk) {
    auto told = bulk.told();
    if (!bulk.token().empty() && !told.contains("run")) told["token"] = bulk.token();
    told["refusals"] = refusals_json(bulk.refusals());
    std::cout << json::serialize(told) << '\n';
}

int end_of_look(const Bulk& bulk, const BulkCommand& command) {
    if (command.format == "json") {
        print_json(bulk);
    } else {
        print_look(bulk);
        if (bulk.is_guarded()) std::cout << guard_sentence(bulk);
        std::cout << (bulk.is_guarded()
                          ? "\nNothing was changed.\n"
                          : "\nNothing was changed; carry it out with --apply --reason.\n");
    }
    return bulk.is_guarded() || !bulk.refusals().empty() ? 1 : 0;
}

// Of one that an earlier command began and did not end.
int tell_run(const Bulk& bulk, const BulkCommand& command) {
    if (command.format == "json") {
        print_json(bulk);
    } else {
        print_run(bulk);
        std::cout << fmt::format(
            "\n{} of {} rows were carried out since {}; --apply --reason goes on with the rest.\n",
            count_in(part(bulk.told(), "run"), "rows"), count_in(bulk.told(), "rows"),
            text(part(bulk.told(), "run"), "started"));
    }
    return 1;
}

int report_stop(const AdminTrouble& trouble, const BulkCommand& command) {
    report(trouble);
    if (trouble.exit_code == 1 && trouble.error_code != kGuarded) {
        std::cerr << fmt::format(
            "usher: what was carried out stays so; the same command goes on with the rest, and no "
            "row is carried out twice ({})\n",
            command.file);
    }
    return trouble.exit_code;
}

int carry_out(Bulk& bulk, const BulkCommand& command) {
    const auto started = bulk.start();
    if (!started && started.error().error_code == kGuarded) return end_of_look(bulk, command);
    if (!started) return report(started.error());
    const auto path = command.results.empty() ? command.file + ".results.csv" : command.results;
    if (const auto opened = bulk.open_results(path); !opened) return report({2, opened.error()});
    if (const auto done = bulk.run(); !done) return report_stop(done.error(), command);
    if (command.format == "json") {
        print_json(bulk);
    } else {
        print_run(bulk);
        std::cout << fmt::format("\nWhat came of each row is in {}.\n", path);
    }
    return bulk.refusals().empty() ? 0 : 1;
}

}  // namespace

int bulk(const BulkCommand& command) {
    const auto file = survey_changes(command.file);
    if (!file) return report({2, file.error()});
    Bulk bulk{command, *file};
    if (const auto begun = bulk.begin(); !begun) return report(begun.error());
    if (bulk.needs_look()) {
        const auto path = command.apply ? std::string{} : command.results;
        if (const auto opened = bulk.open_results(path); !opened) {
            return report({2, opened.error()});
        }
        if (const auto looked = bulk.look(); !looked) return report(looked.error());
    }
    if (command.apply) return carry_out(bulk, command);
    return bulk.told().contains("run") ? tell_run(bulk, command) : end_of_look(bulk, command);
}

}  // namespace usher::cli
