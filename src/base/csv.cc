#include "base/csv.h"

#include <cstdlib>
#include <csv.h>
#include <utility>

#include <fmt/format.h>

namespace usher::base {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Blanks belong to a field (RFC 4180 §2).
int is_space(unsigned char /*c*/) {
    return 0;
}

}  // namespace

struct CsvTable::Parser {
    Parser(TakeHeader header, TakeRow row)
        : take_header{std::move(header)}, take_row{std::move(row)} {
        begin_csv();
    }
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
        if (width == 0) {
            auto taken = take_header(fields);
            if (taken) {
                width = fields.size();
            } else {
                refusal = std::move(taken.error());
            }
        } else if (fields.size() != width) {
            tell(fmt::format("it has {} columns, and the first line {}", fields.size(), width));
        } else {
            take_row(row_line, std::move(fields));
        }
        end_line();
    }

    void end_line() {
        fields.clear();
        row_bytes = 0;
        row_line = 0;
    }

    void tell(std::string problem) { take_row(row_line, std::unexpected{std::move(problem)}); }

    // The rest of the line is passed over: nothing in it can be told apart any more.
    void give_up_row(std::string problem) {
        if (width > 0) {
            tell(std::move(problem));
        } else {
            refusal = "its first line: " + std::move(problem);
        }
        csv_free(&csv);
        begin_csv();
        end_line();
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
        if (row_bytes > kMaxCsvRowBytes) {
            give_up_row(fmt::format("it is longer than {} bytes: perhaps a quote is not closed",
                                    kMaxCsvRowBytes));
            skips = !ends;
            return;
        }
        const auto used = csv_parse(&csv, run.data(), run.size(), on_field, on_row, this);
        if (used != run.size()) {
            give_up_row("a quote is where none may be");
            skips = !ends;
        } else if (ends && fields.empty() && is_blank(run)) {
            end_line();
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

    TakeHeader take_header;
    TakeRow take_row;
    csv_parser csv{};
    std::size_t width = 0;  // 0: the header is still to come
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

CsvTable::CsvTable(TakeHeader take_header, TakeRow take_row)
    : parser_{std::make_unique<Parser>(std::move(take_header), std::move(take_row))} {}

CsvTable::~CsvTable() = default;

std::expected<void, std::string> CsvTable::read(std::string_view bytes) {
    if (parser_->refusal.empty()) parser_->read_start(bytes);
    if (!parser_->refusal.empty()) return std::unexpected{parser_->refusal};
    return {};
}

std::expected<void, std::string> CsvTable::finish() {
    auto& parser = *parser_;
    if (parser.refusal.empty() && !parser.started) parser.begin();
    if (!parser.refusal.empty()) return std::unexpected{parser.refusal};
    const bool sound =
        csv_fini(&parser.csv, Parser::on_field, Parser::on_row, &parser) == CSV_SUCCESS;
    if (!sound) parser.give_up_row("a quote is not closed");
    if (parser.refusal.empty() && parser.width == 0) parser.refusal = "it is empty";
    if (!parser.refusal.empty()) return std::unexpected{parser.refusal};
    return {};
}

std::string csv_field(std::string_view text) {
    constexpr std::string_view kBeginsFormula = "=+-@\t\r\n";
    std::string cell;
    if (!text.empty() && kBeginsFormula.contains(text.front())) cell += '\'';
    cell += text;
    if (cell.find_first_of("\",\r\n") == cell.npos) return cell;
    std::string quoted(csv_write(nullptr, 0, cell.data(), cell.size()), '\0');
    csv_write(quoted.data(), quoted.size(), cell.data(), cell.size());
    return quoted;
}

}  // namespace usher::base
