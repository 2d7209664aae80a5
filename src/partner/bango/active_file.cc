#include "partner/bango/active_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <csv.h>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "partner/bango/record.h"

namespace usher::partner::bango {

namespace {

enum class Column : std::uint8_t { customer, id, status, merchant, product, updated, end };

constexpr std::array<std::string_view, 7> kColumns{
    "ResellerCustomerId", "BangoEntitlementId", "Status",  "MerchantAccountKey",
    "ProductKey",         "LastUpdated",        "EndDate",
};
constexpr std::size_t kLongestText = 256;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string in_upper_case(std::string_view text) {
    std::string upper{text};
    for (auto& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return upper;
}

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// No field is trimmed: blanks belong to it (RFC 4180 §2).
int is_space(unsigned char /*c*/) {
    return 0;
}

using Fields = std::vector<std::string>;

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
    explicit Parser(Take taker) : take{std::move(taker)} { begin_csv(); }
    ~Parser() { csv_free(&csv); }
    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;

    void begin_csv() {
        constexpr unsigned char kOptions = CSV_STRICT | CSV_STRICT_FINI;
        if (csv_init(&csv, kOptions) != 0) std::abort();
        csv_set_space_func(&csv, is_space);
    }

    static void on_field(void* text, std::size_t size, void* self) {
        static_cast<Parser*>(self)->fields.emplace_back(static_cast<const char*>(text), size);
    }
    static void on_row(int /*terminator*/, void* self) { static_cast<Parser*>(self)->end_row(); }

    void end_row() {
        if (!places) {
            auto found = find_columns(fields);
            if (found) {
                places = *found;
                width = fields.size();
            } else {
                refusal = std::move(found.error());
            }
        } else if (fields.size() != width) {
            tell(fmt::format("it has {} columns, and the first line {}", fields.size(), width));
        } else {
            take(row_line, RowReader{*places, fields}.read());
        }
        fields.clear();
        row_bytes = 0;
        row_line = 0;
    }

    void tell(std::string problem) {
        take(row_line, std::unexpected{BrokenRow{std::move(problem)}});
    }

    // The rest of the line is passed over: nothing in it can be told apart any more.
    void give_up_row(std::string problem) {
        if (places) {
            tell(std::move(problem));
        } else {
            refusal = "its first line: " + std::move(problem);
        }
        csv_free(&csv);
        begin_csv();
        fields.clear();
        row_bytes = 0;
        row_line = 0;
        skips = true;
    }

    // `run` holds no line end but at its end.
    void feed(std::string_view run) {
        const bool ends = run.ends_with('\n') || run.ends_with('\r');
        if (skips) {
            skips = !ends;
            return;
        }
        if (row_line == 0) row_line = line;
        row_bytes += run.size();
        if (row_bytes > kMaxRowBytes) {
            give_up_row(fmt::format("it is longer than {} bytes: perhaps a quote is not closed",
                                    kMaxRowBytes));
            skips = !ends;
            return;
        }
        const auto used = csv_parse(&csv, run.data(), run.size(), on_field, on_row, this);
        if (used != run.size()) {
            give_up_row("a quote is where none may be");
            skips = !ends;
        } else if (ends && fields.empty() && is_blank(run)) {
            row_line = 0;
            row_bytes = 0;
        }
    }

    // Between rows, not within a quoted field.
    bool is_blank(std::string_view run) const {
        return row_bytes == run.size() && (run == "\n" || run == "\r");
    }

    void read(std::string_view bytes) {
        while (!bytes.empty() && refusal.empty()) {
            const auto place = bytes.find_first_of("\r\n");
            const auto run = bytes.substr(0, place == bytes.npos ? bytes.npos : place + 1);
            feed(run);
            bytes.remove_prefix(run.size());
            const bool pair = run.back() == '\n' && last == '\r' && run.size() == 1;
            if ((run.back() == '\r' || run.back() == '\n') && !pair) ++line;
            last = run.back();
        }
    }

    // The first bytes are held back until they can be told from a byte order mark.
    void read_start(std::string_view bytes) {
        if (started) return read(bytes);
        start += bytes;
        if (start.size() < kByteOrderMark.size() && kByteOrderMark.starts_with(start)) return;
        begin();
    }

    void begin() {
        started = true;
        const std::string_view held{start};
        read(held.starts_with(kByteOrderMark) ? held.substr(kByteOrderMark.size()) : held);
        start.clear();
    }

    Take take;
    csv_parser csv{};
    std::optional<Places> places;
    std::size_t width = 0;
    Fields fields;
    std::uint64_t line = 1;
    std::uint64_t row_line = 0;  // where the present row began; 0: none has
    std::size_t row_bytes = 0;
    char last = '\0';
    bool skips = false;
    bool started = false;
    std::string start;
    std::string refusal;
};

ActiveFileReader::ActiveFileReader(Take take)
    : parser_{std::make_unique<Parser>(std::move(take))} {}

ActiveFileReader::~ActiveFileReader() = default;

std::expected<void, std::string> ActiveFileReader::read(std::string_view bytes) {
    if (parser_->refusal.empty()) parser_->read_start(bytes);
    if (!parser_->refusal.empty()) return std::unexpected{parser_->refusal};
    return {};
}

std::expected<void, std::string> ActiveFileReader::finish() {
    auto& parser = *parser_;
    if (parser.refusal.empty() && !parser.started) parser.begin();
    if (!parser.refusal.empty()) return std::unexpected{parser.refusal};
    const bool sound =
        csv_fini(&parser.csv, Parser::on_field, Parser::on_row, &parser) == CSV_SUCCESS;
    if (!sound) parser.give_up_row("a quote is not closed");
    if (parser.refusal.empty() && !parser.places) parser.refusal = "it is empty";
    if (!parser.refusal.empty()) return std::unexpected{parser.refusal};
    return {};
}

}  // namespace usher::partner::bango
