// Files whose rows are objects: CSV whose first line names the members (empty cells are left out),
// or JSON lines. Read as they arrive, in pages that a request can hold; never in memory as a whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

namespace usher::cli {

struct ObjectRow {
    std::uint64_t line = 0;  // where it begins, from 1
    boost::json::object members;
};

struct BadRow {
    std::uint64_t line = 0;
    std::string problem;  // repeats nothing of the row
};

// The file's SHA-256, hexadecimal. The error is a sentence with its remedy.
std::expected<std::string, std::string> read_objects(
    const std::string& path, const std::function<void(std::expected<ObjectRow, BadRow>)>& take);

struct ObjectPage {
    std::uint64_t from = 0;  // of the file's rows that could be read, the first one's number
    std::vector<ObjectRow> rows;

    std::string text() const;  // the rows as a JSON array
};

// Cuts rows into pages, the same ones however often it is done.
class Pager {
  public:
    Pager(std::size_t most_rows, std::function<void(const ObjectPage&)> take)
        : most_rows_{most_rows}, take_{std::move(take)} {}

    void add(ObjectRow row);
    void finish();  // once, at the end

  private:
    const std::size_t most_rows_;
    std::function<void(const ObjectPage&)> take_;
    ObjectPage page_;
    std::size_t bytes_ = 0;
};

// What is known of a file before anything of it is sent.
struct ObjectFile {
    static constexpr std::size_t kMostProblems = 20;

    std::string path;
    std::size_t page_rows = 0;
    std::string digest;
    std::uint64_t rows = 0;        // that could be read
    std::uint64_t bad_rows = 0;    // that could not
    std::vector<BadRow> problems;  // the first kMostProblems
    std::vector<std::string> page_digests;
};

// `look` sees every row that could be read.
std::expected<ObjectFile, std::string> survey_objects(
    const std::string& path, std::size_t page_rows,
    const std::function<void(const ObjectRow&)>& look = {});

// Why nothing of it can be used: rows that cannot be read, or none at all.
std::string why_unreadable(const ObjectFile& file);

// Goes through the file's pages until `take` says no. The error says that the file is not the one
// that was surveyed any more; no page that differs is taken.
std::expected<void, std::string> for_each_page(const ObjectFile& file,
                                               const std::function<bool(const ObjectPage&)>& take);

}  // namespace usher::cli
