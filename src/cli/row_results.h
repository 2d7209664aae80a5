// What came of the rows of a file, for `bulk` and `import`: a table that can be read again, and the
// refusals by their error code.
#pragma once

#include <cstdint>
#include <expected>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "cli/object_file.h"

namespace usher::cli {

// A CSV table in which no cell is a formula to a spreadsheet. Not thread-safe.
class ResultFile {
  public:
    // The columns behind the line: those of the row, then those of the result.
    ResultFile(std::vector<std::string> of_row, std::vector<std::string> of_result)
        : of_row_{std::move(of_row)}, of_result_{std::move(of_result)} {}

    // Nothing is written when the path is empty. What is there already goes with the first row. The
    // error is a sentence with its remedy.
    std::expected<void, std::string> open(const std::string& path);

    // A member of the result goes before one of the row with the same name.
    void add(const ObjectRow& row, const boost::json::object& result);

    // False when something could not be written.
    bool is_sound() { return path_.empty() || file_.flush().good(); }

  private:
    void begin();

    const std::vector<std::string> of_row_;
    const std::vector<std::string> of_result_;
    std::string path_;
    std::ofstream file_;
    bool has_begun_ = false;
};

struct Refused {
    std::uint64_t count = 0;
    std::uint64_t line = 0;  // of the first
    std::string message;     // of the first
};

using RefusedRows = std::map<std::uint64_t, Refused>;  // by error code

// When it is one.
void note_refusal(RefusedRows& refused, const ObjectRow& row, const boost::json::object& result);

void print_refusals(const RefusedRows& refused);
boost::json::array refusals_json(const RefusedRows& refused);

}  // namespace usher::cli
