#include "partner/bango/active_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/csv.h"
#include "partner/bango/record.h"

namespace usher::partner::bango {

namespace {

enum class Column : std::uint8_t { customer, id, status, merchant, product, updated, end };

constexpr std::array<std::string_view, 7> kColumns{
    "ResellerCustomerId", "BangoEntitlementId", "Status",  "MerchantAccountKey",
    "ProductKey",         "LastUpdated",        "EndDate",
};
constexpr std::size_t kLongestText = 256;

std::string in_upper_case(std::string_view text) {
    std::string upper{text};
    for (auto& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return upper;
}

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

using Fields = base::CsvTable::Fields;

// Where the needed columns are, in the order of kColumns.
using Places = std::array<std::size_t, kColumns.size()>;

std::expected<Places, std::string> find_columns(const Fields& header) {
    Places places{};
    for (std::size_t i = 0; i < kColumns.size(); ++i) {
        const auto wanted = in_upper_case(kColumns.at(i));
        const auto is_it = [&](const std::string& name) { return in_upper_case(name) == wanted; };
        const auto count = std::ranges::count_if(header, is_it);
        if (count == 0) {
            return std::unexpected{fmt::format(
                "its first line has no column {}: a file of active entitlements names {}",
                kColumns.at(i), fmt::join(kColumns, ", "))};
        }
        if (count > 1) {
            return std::unexpected{
                fmt::format("its first line has the column {} {} times", kColumns.at(i), count)};
        }
        places.at(i) =
            static_cast<std::size_t>(std::ranges::find_if(header, is_it) - header.begin());
    }
    return places;
}

class RowReader {
  public:
    RowReader(const Places& places, const Fields& fields) : places_{places}, fields_{fields} {}

    ReadRow read() {
        ActiveRow row{.merchant = domain::MerchantId{text(Column::merchant)},
                      .row = {.id = domain::PartnerEntitlementId{text(Column::id)},
                              .customer = domain::CustomerId{text(Column::customer)},
                              .product_key = domain::ProductKey{text(Column::product)}}};
        if (const auto parsed = parse_file_status(field(Column::status))) {
            row.row.status = *parsed;
        } else {
            blame(Column::status,
                  "is none of Pending, Active, Suspended, Active-Ending, Cancelled, "
                  "Revoked, Failed");
        }
        if (const auto parsed = time(Column::updated)) row.row.last_updated = *parsed;
        if (!field(Column::end).empty()) row.row.ends_at = time(Column::end);
        if (!problem_.empty()) return std::unexpected{BrokenRow{problem_}};
        return row;
    }

  private:
    const std::string& field(Column column) const {
        return fields_.at(places_.at(static_cast<std::size_t>(column)));
    }

    void blame(Column column, std::string_view what) {
        if (problem_.empty())
            problem_ = fmt::format("{} {}", kColumns.at(static_cast<std::size_t>(column)), what);
    }

    std::string text(Column column) {
        const auto& value = field(column);
        if (value.empty()) {
            blame(column, "is empty");
        } else if (value.size() > kLongestText || !is_printable(value)) {
            blame(column, "must be at most 256 printable ASCII characters");
        }
        return value;
    }

    std::optional<base::Time> time(Column column) {
        auto parsed = parse_file_time(field(column));
        if (!parsed) blame(column, "is no date like 23/11/2026 10:00:00");
        return parsed;
    }

    const Places& places_;
    const Fields& fields_;
    std::string problem_;
};

}  // namespace

std::optional<base::Time> parse_file_time(std::string_view text) {
    if (text.size() != std::string_view{"23/11/2026 10:00:00"}.size()) return std::nullopt;
    if (text[2] != '/' || text[5] != '/' || text[10] != ' ') return std::nullopt;
    return base::parse_time(fmt::format("{}-{}-{}T{}Z", text.substr(6, 4), text.substr(3, 2),
                                        text.substr(0, 2), text.substr(11)));
}

std::optional<domain::PartnerStatus> parse_file_status(std::string_view word) {
    return parse_status(in_upper_case(word));
}

struct ActiveFileReader::Parser {
    explicit Parser(Take taker)
        : take{std::move(taker)},
          table{[this](const Fields& header) { return take_header(header); },
                [this](std::uint64_t line, std::expected<Fields, std::string> row) {
                    take_row(line, std::move(row));
                }} {}

    std::expected<void, std::string> take_header(const Fields& header) {
        auto found = find_columns(header);
        if (!found) return std::unexpected{std::move(found.error())};
        places = *found;
        return {};
    }

    void take_row(std::uint64_t line, std::expected<Fields, std::string> row) {
        if (row) {
            take(line, RowReader{places, *row}.read());
        } else {
            take(line, std::unexpected{BrokenRow{std::move(row.error())}});
        }
    }

    Take take;
    Places places{};
    base::CsvTable table;
};

ActiveFileReader::ActiveFileReader(Take take)
    : parser_{std::make_unique<Parser>(std::move(take))} {}

ActiveFileReader::~ActiveFileReader() = default;

std::expected<void, std::string> ActiveFileReader::read(std::string_view bytes) {
    return parser_->table.read(bytes);
}

std::expected<void, std::string> ActiveFileReader::finish() {
    return parser_->table.finish();
}

}  // namespace usher::partner::bango
