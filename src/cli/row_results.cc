#include "cli/row_results.h"

#include <iostream>

#include <fmt/format.h>

#include "base/csv.h"
#include "cli/answer.h"

namespace usher::cli {

namespace {

namespace json = boost::json;

// Of whatever type: numbers and flags as they stand.
std::string cell_of(const json::object& object, std::string_view name) {
    const auto* found = base::find_member(object, name);
    if (found == nullptr) return {};
    if (found->is_string()) return std::string{found->get_string()};
    return json::serialize(*found);
}

}  // namespace

std::expected<void, std::string> ResultFile::open(const std::string& path) {
    if (path.empty()) return {};
    path_ = path;
    file_.open(path, std::ios::binary | std::ios::app);
    if (file_) return {};
    return std::unexpected{
        fmt::format("cannot write {}: name a place for --results that can be written to", path)};
}

void ResultFile::begin() {
    has_begun_ = true;
    file_.close();
    file_.open(path_, std::ios::binary | std::ios::trunc);
    file_ << "line";
    for (const auto* names : {&of_row_, &of_result_}) {
        for (const auto& name : *names) file_ << ',' << name;
    }
    file_ << '\n';
}

void ResultFile::add(const ObjectRow& row, const json::object& result) {
    if (path_.empty()) return;
    if (!has_begun_) begin();
    file_ << row.line;
    for (const auto& name : of_row_) {
        const auto& from = result.contains(name) ? result : row.members;
        file_ << ',' << base::csv_field(cell_of(from, name));
    }
    for (const auto& name : of_result_) file_ << ',' << base::csv_field(cell_of(result, name));
    file_ << '\n';
}

void note_refusal(RefusedRows& refused, const ObjectRow& row, const json::object& result) {
    if (text(result, "outcome") != "refused") return;
    auto& same = refused[count_in(result, "errorCode")];
    if (++same.count > 1) return;
    same.line = row.line;
    same.message = text(result, "message");
}

void print_refusals(const RefusedRows& refused) {
    for (const auto& [code, same] : refused) {
        std::cout << fmt::format("  {} of them {}, the first in line {}: {}\n", same.count, code,
                                 same.line, same.message);
    }
}

json::array refusals_json(const RefusedRows& refused) {
    json::array all;
    for (const auto& [code, same] : refused) {
        all.push_back({{"errorCode", code},
                       {"count", same.count},
                       {"firstLine", same.line},
                       {"message", same.message}});
    }
    return all;
}

}  // namespace usher::cli
