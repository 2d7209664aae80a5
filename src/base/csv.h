// Tables as CSV (RFC 4180) whose first line names the columns, read as they arrive, so that a file
// of any length needs the memory of one row. A row that cannot be read is told with its line and
// its reason. No field is trimmed. Pure but for the one reader's state; not thread-safe.
//
// Where the standard is silent: a UTF-8 byte order mark is passed over; after a row whose quotes
// are wrong, reading goes on with the line behind the place where that showed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace usher::base {

inline constexpr std::size_t kMaxCsvRowBytes = std::size_t{64} * 1024;

class CsvTable {
  public:
    using Fields = std::vector<std::string>;

    // The error is a sentence why this is not the table that is meant; no row is taken then.
    using TakeHeader = std::function<std::expected<void, std::string>(const Fields& names)>;

    // As many fields as the header has. `line` is where the row begins, from 1. The error repeats
    // nothing of the row.
    using TakeRow = std::function<void(std::uint64_t line, std::expected<Fields, std::string> row)>;

    CsvTable(TakeHeader take_header, TakeRow take_row);
    ~CsvTable();
    CsvTable(const CsvTable&) = delete;
    CsvTable& operator=(const CsvTable&) = delete;

    std::expected<void, std::string> read(std::string_view bytes);
    std::expected<void, std::string> finish();  // once, at the end

  private:
    struct Parser;
    std::unique_ptr<Parser> parser_;
};

// A field as it stands in such a table. What a spreadsheet would take for a formula (it begins with
// = + - @, a tab or a line end) gets an apostrophe in front.
std::string csv_field(std::string_view text);

}  // namespace usher::base
