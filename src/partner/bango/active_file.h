// Bango's daily file of active entitlements (Bango §2.6), a CSV table (base/csv.h). Columns may
// come in any order, unknown ones are passed over; a row that cannot be read is told with its line
// and its reason, and nothing in it is guessed. Pure but for the one reader's state; not
// thread-safe.
//
// Where the pages are silent: a file without a byte order mark is taken for UTF-8 or one of its
// subsets, and only printable ASCII is accepted in the fields that are used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "domain/ids.h"
#include "flow/comparing.h"

namespace usher::partner::bango {

struct ActiveRow {
    domain::MerchantId merchant;
    flow::FileRow row;
    bool operator==(const ActiveRow&) const = default;
};

// A sentence that names the column and what is wrong; repeats nothing of the row.
struct BrokenRow {
    std::string problem;
    bool operator==(const BrokenRow&) const = default;
};

using ReadRow = std::expected<ActiveRow, BrokenRow>;

class ActiveFileReader {
  public:
    // `line` is where the row begins, from 1.
    using Take = std::function<void(std::uint64_t line, ReadRow row)>;

    explicit ActiveFileReader(Take take);
    ~ActiveFileReader();
    ActiveFileReader(const ActiveFileReader&) = delete;
    ActiveFileReader& operator=(const ActiveFileReader&) = delete;

    // The error is a sentence why this is no such file; nothing is taken of it then.
    std::expected<void, std::string> read(std::string_view bytes);
    std::expected<void, std::string> finish();  // once, at the end

  private:
    struct Parser;
    std::unique_ptr<Parser> parser_;
};

// "23/11/2026 10:00:00", UTC. Nothing for text that is not exactly that, or not a real date.
std::optional<base::Time> parse_file_time(std::string_view text);

// The file's spelling of a status, in any case: "Active-Ending". FAILED is `unknown`.
std::optional<domain::PartnerStatus> parse_file_status(std::string_view word);

}  // namespace usher::partner::bango
