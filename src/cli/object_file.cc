#include "cli/object_file.h"

#include <memory>
#include <string_view>
#include <utility>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "base/csv.h"
#include "base/digest.h"
#include "base/json.h"
#include "cli/file_pieces.h"

namespace usher::cli {

namespace {

namespace json = boost::json;

constexpr std::size_t kObjectPageBytes = std::size_t{150} * 1024;  // a request may have 256 KiB
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

using Take = std::function<void(std::expected<ObjectRow, BadRow>)>;
using Done = std::expected<void, std::string>;

class RowReader {
  public:
    virtual ~RowReader() = default;
    virtual Done read(std::string_view bytes) = 0;
    virtual Done finish() = 0;
};

class CsvRows final : public RowReader {
  public:
    explicit CsvRows(const Take& take)
        : take_{take},
          table_{
              [this](const base::CsvTable::Fields& names) { return take_header(names); },
              [this](std::uint64_t line, std::expected<base::CsvTable::Fields, std::string> row) {
                  take_row(line, std::move(row));
              }} {}

    Done read(std::string_view bytes) override { return table_.read(bytes); }
    Done finish() override { return table_.finish(); }

  private:
    Done take_header(const base::CsvTable::Fields& names) {
        // As spreadsheets write it where the comma stands in numbers.
        if (names.size() == 1 && names.front().find_first_of(";\t") != std::string::npos) {
            return std::unexpected{"its columns must be separated by commas"};
        }
        for (std::size_t i = 0; i < names.size(); ++i) {
            const bool is_name = !names[i].empty() && base::parse_json(as_text(names[i]));
            if (!is_name) return std::unexpected{fmt::format("its column {} has no name", i + 1)};
            for (std::size_t j = 0; j < i; ++j) {
                if (names[i] != names[j]) continue;
                return std::unexpected{
                    fmt::format("its columns {} and {} have the same name", j + 1, i + 1)};
            }
        }
        names_ = names;
        return {};
    }

    void take_row(std::uint64_t line, std::expected<base::CsvTable::Fields, std::string> row) {
        if (!row) {
            take_(std::unexpected{BadRow{line, std::move(row.error())}});
            return;
        }
        ObjectRow read{.line = line};
        for (std::size_t i = 0; i < names_.size(); ++i) {
            if (row->at(i).empty()) continue;
            if (!base::parse_json(as_text(row->at(i)))) {
                take_(std::unexpected{
                    BadRow{line, fmt::format("column {} is not text in UTF-8", i + 1)}});
                return;
            }
            read.members[names_[i]] = row->at(i);
        }
        take_(std::move(read));
    }

    static std::string as_text(const std::string& field) {
        return json::serialize(json::string{field});
    }

    const Take& take_;
    base::CsvTable::Fields names_;
    base::CsvTable table_;
};

class JsonLines final : public RowReader {
  public:
    explicit JsonLines(const Take& take) : take_{take} {}

    Done read(std::string_view bytes) override {
        while (!bytes.empty()) {
            const auto end = bytes.find('\n');
            append(bytes.substr(0, end));
            if (end == bytes.npos) return {};
            end_line();
            bytes.remove_prefix(end + 1);
        }
        return {};
    }
    Done finish() override {
        end_line();
        return {};
    }

  private:
    // What is too long is only counted.
    void append(std::string_view bytes) {
        size_ += bytes.size();
        if (size_ <= base::kMaxCsvRowBytes) line_ += bytes;
    }

    void end_line() {
        ++number_;
        if (line_.starts_with(kByteOrderMark) && number_ == 1) line_.erase(0, 3);
        const bool is_blank = line_.find_first_not_of(" \t\r") == line_.npos;
        if (size_ > base::kMaxCsvRowBytes) {
            refuse(fmt::format("it is longer than {} bytes", base::kMaxCsvRowBytes));
        } else if (!is_blank) {
            take_object();
        }
        line_.clear();
        size_ = 0;
    }

    void take_object() {
        auto value = base::parse_json(line_);
        if (!value)
            return refuse(fmt::format("it is no JSON: {}", base::to_text(value.error().problem)));
        if (!value->is_object()) return refuse("it is no JSON object");
        take_(ObjectRow{.line = number_, .members = std::move(value->get_object())});
    }

    void refuse(std::string problem) {
        take_(std::unexpected{BadRow{number_, std::move(problem)}});
    }

    const Take& take_;
    std::string line_;
    std::size_t size_ = 0;
    std::uint64_t number_ = 0;
};

std::unique_ptr<RowReader> reader_for(std::string_view beginning, const Take& take) {
    if (beginning.starts_with(kByteOrderMark)) beginning.remove_prefix(kByteOrderMark.size());
    const auto place = beginning.find_first_not_of(" \t\r\n");
    const bool is_json = place != beginning.npos && beginning[place] == '{';
    if (is_json) return std::make_unique<JsonLines>(take);
    return std::make_unique<CsvRows>(take);
}

}  // namespace

std::expected<std::string, std::string> read_objects(const std::string& path, const Take& take) {
    const auto in_words = [&](const Done& done) -> Done {
        if (done) return done;
        return std::unexpected{
            fmt::format("{} is neither a CSV table with a first line of names nor JSON lines: {}",
                        path, done.error())};
    };
    std::unique_ptr<RowReader> reader;
    auto digest = read_in_pieces(path, [&](std::string_view bytes) {
        if (!reader) reader = reader_for(bytes, take);
        return in_words(reader->read(bytes));
    });
    if (!digest) return digest;
    if (const auto done = in_words(reader->finish()); !done) return std::unexpected{done.error()};
    return digest;
}

std::string ObjectPage::text() const {
    std::string text{"["};
    for (const auto& row : rows) {
        if (text.size() > 1) text += ',';
        text += json::serialize(row.members);
    }
    return text + ']';
}

void Pager::add(ObjectRow row) {
    const auto size = json::serialize(row.members).size() + 1;
    const bool is_full = page_.rows.size() == most_rows_ ||
                         (bytes_ + size > kObjectPageBytes && !page_.rows.empty());
    if (is_full) finish();
    bytes_ += size;
    page_.rows.push_back(std::move(row));
}

void Pager::finish() {
    if (page_.rows.empty()) return;
    take_(page_);
    page_.from += page_.rows.size();
    page_.rows.clear();
    bytes_ = 0;
}

std::expected<ObjectFile, std::string> survey_objects(
    const std::string& path, std::size_t page_rows,
    const std::function<void(const ObjectRow&)>& look) {
    ObjectFile found{.path = path, .page_rows = page_rows};
    Pager pager{page_rows, [&](const ObjectPage& page) {
                    found.page_digests.push_back(base::sha256_hex(page.text()));
                }};
    auto digest = read_objects(path, [&](std::expected<ObjectRow, BadRow> row) {
        if (!row) {
            ++found.bad_rows;
            if (found.problems.size() < ObjectFile::kMostProblems) {
                found.problems.push_back(std::move(row.error()));
            }
            return;
        }
        ++found.rows;
        if (look) look(*row);
        pager.add(std::move(*row));
    });
    if (!digest) return std::unexpected{std::move(digest.error())};
    pager.finish();
    found.digest = std::move(*digest);
    return found;
}

std::string why_unreadable(const ObjectFile& file) {
    if (file.bad_rows == 0) return fmt::format("{} has no rows", file.path);
    std::string problems;
    for (const auto& bad : file.problems) {
        problems += fmt::format("\n  line {}: {}", bad.line, bad.problem);
    }
    return fmt::format("{} has {} rows that cannot be read:{}", file.path, file.bad_rows, problems);
}

std::expected<void, std::string> for_each_page(const ObjectFile& file,
                                               const std::function<bool(const ObjectPage&)>& take) {
    bool goes_on = true;
    bool is_same = true;
    std::size_t number = 0;
    Pager pager{file.page_rows, [&](const ObjectPage& page) {
                    if (!goes_on) return;
                    is_same = number < file.page_digests.size() &&
                              base::sha256_hex(page.text()) == file.page_digests[number];
                    ++number;
                    goes_on = is_same && take(page);
                }};
    const auto digest = read_objects(file.path, [&](std::expected<ObjectRow, BadRow> row) {
        if (row && goes_on) pager.add(std::move(*row));
    });
    if (!digest) return std::unexpected{digest.error()};
    if (goes_on) pager.finish();
    if (is_same && (!goes_on || *digest == file.digest)) return {};
    return std::unexpected{
        fmt::format("{} changed while it was read: run again once it is whole", file.path)};
}

}  // namespace usher::cli
