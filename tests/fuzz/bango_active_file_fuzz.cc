// Any bytes as Bango's daily file: however they are cut, the same rows come out, in the order of
// their lines; what is taken of a row is whole and printable, and each row begins on a line that is
// there. Input: the first byte says how to cut, the rest is the file.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "partner/bango/active_file.h"

namespace {

using namespace usher;

void require(bool kept) {
    if (!kept) std::abort();
}

struct Outcome {
    std::vector<std::pair<std::uint64_t, partner::bango::ReadRow>> rows;
    bool refused = false;
    bool operator==(const Outcome&) const = default;
};

Outcome read(std::string_view bytes, std::size_t piece) {
    Outcome outcome;
    partner::bango::ActiveFileReader reader{[&](std::uint64_t line, partner::bango::ReadRow row) {
        outcome.rows.emplace_back(line, std::move(row));
    }};
    while (!bytes.empty() && !outcome.refused) {
        const auto part = bytes.substr(0, piece);
        outcome.refused = !reader.read(part).has_value();
        bytes.remove_prefix(part.size());
    }
    if (!outcome.refused) outcome.refused = !reader.finish().has_value();
    return outcome;
}

bool is_sound(std::string_view text) {
    return !text.empty() && text.size() <= 256 &&
           std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view file{reinterpret_cast<const char*>(data) + 1, size - 1};
    const auto whole = read(file, std::string_view::npos);
    require(whole == read(file, 1 + data[0]));
    if (whole.refused) require(whole.rows.empty());
    const auto lines = static_cast<std::uint64_t>(
        std::ranges::count_if(file, [](char c) { return c == '\n' || c == '\r'; }));
    std::uint64_t last = 1;
    for (const auto& [line, row] : whole.rows) {
        require(line > last && line <= lines + 1);
        last = line;
        if (!row) {
            require(!row.error().problem.empty());
            continue;
        }
        require(is_sound(row->merchant.text()) && is_sound(row->row.id.text()));
        require(is_sound(row->row.customer.text()) && is_sound(row->row.product_key.text()));
        require(row->row.status != domain::PartnerStatus::none && !row->row.repeated);
    }
    return 0;
}
