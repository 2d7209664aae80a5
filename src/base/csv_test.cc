#include "base/csv.h"

#include <gmock/gmock.h>

namespace usher::base {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Read {
    std::vector<std::string> rows;  // "line: a|b", or "line! problem"
    std::string refusal;
};

std::string joined(const CsvTable::Fields& fields) {
    std::string text;
    for (const auto& field : fields) text += (text.empty() ? "" : "|") + field;
    return text;
}

Read read(std::string_view bytes, std::size_t piece) {
    Read result;
    CsvTable table{[&](const CsvTable::Fields& names) -> std::expected<void, std::string> {
                       if (names.front() == "a") return {};
                       return std::unexpected{"it begins with " + names.front()};
                   },
                   [&](std::uint64_t line, std::expected<CsvTable::Fields, std::string> row) {
                       result.rows.push_back(std::to_string(line) +
                                             (row ? ": " + joined(*row) : "! " + row.error()));
                   }};
    std::expected<void, std::string> done;
    while (!bytes.empty() && done) {
        done = table.read(bytes.substr(0, piece));
        bytes.remove_prefix(std::min(piece, bytes.size()));
    }
    if (done) done = table.finish();
    if (!done) result.refusal = done.error();
    return result;
}

}  // namespace

TEST(Csv, RowsComeWithTheirLinesInWhateverPieces) {
    const std::string text =
        "\xEF\xBB\xBF"
        "a,b\r\n1, x \r\n\r\n\"2\n3\",\"say \"\"so\"\"\"\n4\n5,y\"z\n6,last";
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, text.size()}) {
        const auto result = read(text, piece);
        EXPECT_EQ(result.refusal, "") << piece;
        EXPECT_THAT(result.rows, ElementsAre("2: 1| x ", "4: 2\n3|say \"so\"",
                                             "6! it has 1 columns, and the first line 2",
                                             "7! a quote is where none may be", "8: 6|last"))
            << piece;
    }
}

TEST(Csv, ATableThatIsNotTheOneThatIsMeantHasNoRows) {
    const auto result = read("z,b\n1,2\n", 100);
    EXPECT_EQ(result.refusal, "it begins with z");
    EXPECT_THAT(result.rows, ElementsAre());
    EXPECT_EQ(read("", 100).refusal, "it is empty");
    EXPECT_THAT(read("a,\"b", 100).refusal, HasSubstr("not closed"));
}

TEST(Csv, AFieldComesBackAndIsNoFormula) {
    EXPECT_EQ(csv_field("plain"), "plain");
    EXPECT_EQ(csv_field(""), "");
    EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
    EXPECT_EQ(csv_field("say \"so\""), "\"say \"\"so\"\"\"");
    EXPECT_EQ(csv_field("two\nlines"), "\"two\nlines\"");
    for (const std::string formula : {"=1+1", "+1", "-1", "@SUM(A1)", "\t=1"}) {
        EXPECT_EQ(csv_field(formula), "'" + formula);
    }
    EXPECT_EQ(csv_field("=a,b"), "\"'=a,b\"");
}

}  // namespace usher::base
