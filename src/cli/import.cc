// `usher import`: entitlements that operator and partner have already, through a running Usher's
// admin listener: a part of the file at a time, and no further than the partner has been asked
// about.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <iostream>
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
#include "domain/words.h"

namespace usher::cli {

namespace {

namespace json = boost::json;

constexpr const char* kImports = "/admin/v1/imports";
constexpr std::size_t kImportPage = 200;
// So many may wait for the partner: a file must not stand in the way of what people ask for.
constexpr std::size_t kMostOpen = 200;
constexpr base::Duration kPause = std::chrono::milliseconds{200};
// Without one more that agrees; and where the partner was asked about all, and its answers do not
// fit.
constexpr base::Duration kPatience = std::chrono::seconds{30};
constexpr base::Duration kAnsweredPatience = std::chrono::seconds{4};

// One that is not as the file says, or not known to be.
struct Doubtful {
    std::uint64_t line = 0;
    std::string entitlement;
    std::string sentence;
};

struct ImportTally {
    std::uint64_t imported = 0;
    std::uint64_t unchanged = 0;
    std::uint64_t refused = 0;
    std::uint64_t agreed = 0;   // the partner has it as the file says
    std::uint64_t differs = 0;  // it has it otherwise
    std::uint64_t open = 0;     // it was not asked, or its answer does not fit
};

class Importing {
  public:
    Importing(const ImportCommand& command, const ObjectFile& file)
        : command_{command}, file_{file} {}

    using Done = std::expected<void, AdminTrouble>;

    Done go();
    std::expected<void, std::string> open_results(const std::string& path) {
        return results_.open(path);
    }

    const ImportTally& tally() const { return tally_; }
    const RefusedRows& refusals() const { return refusals_; }
    const std::vector<Doubtful>& doubtful() const { return doubtful_; }

  private:
    using Pending = std::vector<std::pair<ObjectRow, json::object>>;

    std::expected<std::vector<json::object>, AdminTrouble> send(json::array rows);
    Done send_page(const ObjectPage& page);
    Done ask_again();
    // Until no more than so many are open, or nothing happens any more.
    Done wait_for_partner(std::size_t most);
    void take(const ObjectRow& row, json::object result);
    void settle(const ObjectRow& row, const json::object& result);
    void doubt(const ObjectRow& row, std::string sentence);

    const ImportCommand& command_;
    const ObjectFile& file_;
    ImportTally tally_;
    RefusedRows refusals_;
    std::vector<Doubtful> doubtful_;
    Pending pending_;
    ResultFile results_{
        {"entitlementId", "accountId", "productId", "partnerEntitlementId"},
        {"outcome", "errorCode", "message", "status", "partnerStatus", "agreed", "problem"}};
    std::unique_ptr<base::Clock> clock_ = base::make_system_clock();
};

std::expected<std::vector<json::object>, AdminTrouble> Importing::send(json::array rows) {
    const auto count = rows.size();
    json::object body{{"rows", std::move(rows)}, {"dryRun", !command_.apply}};
    if (command_.apply) body["reason"] = command_.reason;
    const auto answer = ask_patiently(command_.access, "POST", kImports, json::serialize(body));
    if (!answer) return std::unexpected{answer.error()};
    auto results = list(as_object(*answer), "results");
    if (results.size() == count) return results;
    return std::unexpected{other_version()};
}

Importing::Done Importing::go() {
    Done done;
    const auto gone = for_each_page(file_, [&](const ObjectPage& page) {
        done = send_page(page);
        if (done) done = wait_for_partner(kMostOpen);
        return done.has_value();
    });
    if (!done) return done;
    if (!gone) return std::unexpected{AdminTrouble{1, gone.error()}};
    if (done = wait_for_partner(0); !done) return done;
    for (const auto& [row, result] : pending_) settle(row, result);
    pending_.clear();
    if (results_.is_sound()) return {};
    return std::unexpected{AdminTrouble{1, "cannot write the results: is the disk full?"}};
}

Importing::Done Importing::send_page(const ObjectPage& page) {
    json::array rows;
    for (const auto& row : page.rows) rows.emplace_back(row.members);
    auto results = send(std::move(rows));
    if (!results) return std::unexpected{results.error()};
    for (std::size_t i = 0; i < page.rows.size(); ++i) {
        const auto outcome = text((*results)[i], "outcome");
        tally_.imported += outcome == "imported" ? 1 : 0;
        tally_.unchanged += outcome == "unchanged" ? 1 : 0;
        tally_.refused += outcome == "refused" ? 1 : 0;
        note_refusal(refusals_, page.rows[i], (*results)[i]);
        take(page.rows[i], std::move((*results)[i]));
    }
    return {};
}

void Importing::take(const ObjectRow& row, json::object result) {
    const bool waits = command_.apply && text(result, "outcome") != "refused";
    if (waits && !flag(result, "agreed")) {
        pending_.emplace_back(row, std::move(result));
    } else {
        settle(row, result);
    }
}

Importing::Done Importing::ask_again() {
    auto waiting = std::exchange(pending_, {});
    for (std::size_t from = 0; from < waiting.size(); from += kImportPage) {
        const auto end = std::min(from + kImportPage, waiting.size());
        json::array rows;
        for (auto i = from; i < end; ++i) rows.emplace_back(waiting[i].first.members);
        auto results = send(std::move(rows));
        if (!results) return std::unexpected{results.error()};
        for (auto i = from; i < end; ++i) {
            // What it was when it was sent first is what the file made of it.
            auto result = std::move((*results)[i - from]);
            result["outcome"] = waiting[i].second.at("outcome");
            take(waiting[i].first, std::move(result));
        }
    }
    return {};
}

Importing::Done Importing::wait_for_partner(std::size_t most) {
    auto heard_at = clock_->monotonic();
    const auto patience = [this] {
        const bool is_answered = std::ranges::all_of(
            pending_, [](const auto& one) { return !text(one.second, "problem").empty(); });
        return is_answered ? kAnsweredPatience : kPatience;
    };
    while (pending_.size() > most && clock_->monotonic() < heard_at + patience()) {
        rest(kPause);
        const auto before = pending_.size();
        if (auto done = ask_again(); !done) return done;
        if (pending_.size() < before) heard_at = clock_->monotonic();
    }
    if (pending_.size() <= most || most == 0) return {};
    return std::unexpected{AdminTrouble{
        1, fmt::format("the partner could not be asked about {} of those that were taken over: see "
                       "`usher status`; the same command goes on",
                       pending_.size())}};
}

void Importing::doubt(const ObjectRow& row, std::string sentence) {
    if (doubtful_.size() >= command_.limit) return;
    doubtful_.push_back({row.line, text(row.members, "entitlementId"), std::move(sentence)});
}

void Importing::settle(const ObjectRow& row, const json::object& result) {
    results_.add(row, result);
    if (!command_.apply || text(result, "outcome") == "refused") return;
    const auto theirs = text(result, "status");
    if (!flag(result, "agreed")) {
        ++tally_.open;
        const auto problem = text(result, "problem");
        doubt(row, problem.empty() ? "the partner has not been asked yet" : problem);
        return;
    }
    const auto wanted = domain::parse_entitlement_status(text(row.members, "status"));
    const auto found = domain::parse_entitlement_status(theirs);
    const bool same = wanted && found && domain::meaning(*wanted) == domain::meaning(*found);
    if (same) {
        ++tally_.agreed;
        return;
    }
    ++tally_.differs;
    doubt(row, fmt::format("the file has {}, the partner {}", text(row.members, "status"),
                           text(result, "partnerStatus")));
}

void print_counts(const ImportCommand& command, const ObjectFile& file, const ImportTally& tally,
                  const RefusedRows& refusals) {
    std::cout << fmt::format("{}: {} rows\n\n{:<18} {}\n{:<18} {}\n{:<18} {}\n", command.file,
                             file.rows, command.apply ? "imported" : "would be imported",
                             tally.imported, "there already", tally.unchanged, "refused",
                             tally.refused);
    print_refusals(refusals);
}

void print_verification(const Importing& importing) {
    const auto& tally = importing.tally();
    std::cout << fmt::format("\n{:<18} {}\n{:<18} {}\n{:<18} {}\n", "as the file says",
                             tally.agreed, "otherwise", tally.differs, "not known", tally.open);
    for (const auto& one : importing.doubtful()) {
        std::cout << fmt::format("  line {}, {}: {}\n", one.line, one.entitlement, one.sentence);
    }
    const auto all = tally.differs + tally.open;
    if (all > importing.doubtful().size()) {
        std::cout << fmt::format("  … and {} more; --limit shows more\n",
                                 all - importing.doubtful().size());
    }
}

void print_import_json(const ImportCommand& command, const ObjectFile& file,
                       const Importing& importing) {
    const auto& tally = importing.tally();
    json::array doubtful;
    for (const auto& one : importing.doubtful()) {
        doubtful.push_back(
            {{"line", one.line}, {"entitlementId", one.entitlement}, {"problem", one.sentence}});
    }
    std::cout << json::serialize(json::object{{"file", command.file},
                                              {"rows", file.rows},
                                              {"applied", command.apply},
                                              {"imported", tally.imported},
                                              {"unchanged", tally.unchanged},
                                              {"refused", tally.refused},
                                              {"agreed", tally.agreed},
                                              {"differs", tally.differs},
                                              {"open", tally.open},
                                              {"doubtful", std::move(doubtful)},
                                              {"refusals", refusals_json(importing.refusals())}})
              << '\n';
}

int report_import(const ImportCommand& command, const ObjectFile& file, const Importing& importing,
                  const std::string& results) {
    const auto& tally = importing.tally();
    if (command.format == "json") {
        print_import_json(command, file, importing);
    } else {
        print_counts(command, file, tally, importing.refusals());
        if (command.apply) print_verification(importing);
        std::cout << (command.apply ? fmt::format("\nWhat came of each row is in {}.\n", results)
                                    : "\nNothing was taken over; do it with --apply --reason.\n");
    }
    return tally.refused + tally.differs + tally.open == 0 ? 0 : 1;
}

}  // namespace

int import_file(const ImportCommand& command) {
    LineMarks ids;
    const auto file = survey_objects(command.file, kImportPage, [&](const ObjectRow& row) {
        ids.add(text(row.members, "entitlementId"), row.line);
    });
    if (!file) return report({2, file.error()});
    if (file->bad_rows > 0 || file->rows == 0) return report({2, why_unreadable(*file)});
    if (const auto twice = ids.find_twice()) {
        return report({2, fmt::format("{}: its lines {} and {} have the same entitlementId",
                                      command.file, twice->first, twice->second)});
    }
    Importing importing{command, *file};
    auto results = command.results;
    if (results.empty() && command.apply) results = command.file + ".results.csv";
    if (const auto opened = importing.open_results(results); !opened) {
        return report({2, opened.error()});
    }
    if (const auto done = importing.go(); !done) return report(done.error());
    return report_import(command, *file, importing, results);
}

}  // namespace usher::cli
