#include "partner/bango/active_file.h"

#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/csv.h"

namespace usher::partner::bango {
namespace {

using domain::PartnerStatus;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// As published (Bango §2.6).
const std::string kHeader =
    "ResellerCustomerId,BangoEntitlementId,Status,MerchantAccountKey,MerchantEntitlementId,"
    "ProductKey,DisplayName,CreatedDate,ActivatedDate,SuspendedDate,ExpiryDate,LastUpdated,EndDate,"
    "ExtensionDataFormat,ExtensionData\r\n";

struct Taken {
    std::uint64_t line;
    ReadRow row;
    bool operator==(const Taken&) const = default;
};

struct Outcome {
    std::vector<Taken> rows;
    std::string refusal;
    bool operator==(const Outcome&) const = default;
};

Outcome read(std::string_view bytes, std::size_t piece = std::string_view::npos) {
    Outcome outcome;
    ActiveFileReader reader{
        [&](std::uint64_t line, ReadRow row) { outcome.rows.push_back({line, std::move(row)}); }};
    std::expected<void, std::string> done;
    while (!bytes.empty() && done) {
        const auto part = bytes.substr(0, piece);
        done = reader.read(part);
        bytes.remove_prefix(part.size());
    }
    if (done) done = reader.finish();
    if (!done) outcome.refusal = done.error();
    return outcome;
}

std::string line_of(const std::string& id, const std::string& name = "Music",
                    const std::string& status = "Active") {
    return fmt::format(
        "demo-account-1,{},{},BANGO_US,m-1,MUSIC,{},22/11/2026 09:00:00,,,,23/11/2026 10:00:00,,,"
        "\r\n",
        id, status, name);
}

std::vector<std::string> ids(const Outcome& outcome) {
    std::vector<std::string> all;
    for (const auto& [line, row] : outcome.rows) {
        all.push_back(fmt::format("{}:{}", line, row ? row->row.id.text() : row.error().problem));
    }
    return all;
}

TEST(ActiveFile, ARowIsReadAsPublished) {
    const auto outcome =
        read(kHeader +
             "demo-account-1,b-1,Active-Ending,BANGO_US,m-1,MUSIC,Music,22/11/2026 09:00:00,,,,"
             "23/11/2026 10:00:00,01/12/2026 00:00:00,JSON,\"{\"\"a\"\":1}\"\r\n");
    EXPECT_EQ(outcome.refusal, "");
    const ActiveRow expected{.merchant = domain::MerchantId{"BANGO_US"},
                             .row = {.id = domain::PartnerEntitlementId{"b-1"},
                                     .customer = domain::CustomerId{"demo-account-1"},
                                     .status = PartnerStatus::active_ending,
                                     .product_key = domain::ProductKey{"MUSIC"},
                                     .last_updated = *base::parse_time("2026-11-23T10:00:00Z"),
                                     .ends_at = base::parse_time("2026-12-01T00:00:00Z")}};
    EXPECT_THAT(outcome.rows, ElementsAre(Taken{2, expected}));
}

TEST(ActiveFile, QuotedFieldsMayHoldAnything) {
    const auto text = kHeader + line_of("b-1", "\"Music, \"\"more\"\"\r\nand more\"") +
                      line_of("b-2") + "\r\n" + line_of("b-3", "\"\n\n\"");
    EXPECT_THAT(ids(read(text)), ElementsAre("2:b-1", "4:b-2", "6:b-3"));
    for (std::size_t piece = 1; piece < 40; ++piece) EXPECT_EQ(read(text, piece), read(text));
}

TEST(ActiveFile, LineEndsByteOrderMarksAndTheLastLineAreTakenAsTheyCome) {
    auto text = kHeader + line_of("b-1") + line_of("b-2");
    const auto expected = read(text);
    EXPECT_THAT(expected.rows, SizeIs(2));
    EXPECT_EQ(read("\xEF\xBB\xBF" + text), expected);
    EXPECT_EQ(read("\xEF\xBB\xBF" + text, 1), expected);
    EXPECT_EQ(read(text.substr(0, text.size() - 2)), expected);
    std::erase(text, '\r');
    EXPECT_EQ(read(text), expected);
    std::ranges::replace(text, '\n', '\r');
    EXPECT_EQ(read(text), expected);
}

TEST(ActiveFile, ColumnsMayComeInAnyOrderAndBeMore) {
    const auto outcome = read(
        "New,Status,enddate,LASTUPDATED,ProductKey,MerchantAccountKey,BangoEntitlementId,"
        "ResellerCustomerId\nx,SUSPENDED,,23/11/2026 10:00:00,MUSIC,M,b-1,c\n");
    ASSERT_THAT(outcome.rows, SizeIs(1));
    const auto& row = outcome.rows[0].row->row;
    EXPECT_EQ(row.status, PartnerStatus::suspended);
    EXPECT_EQ(row.customer.text(), "c");
    EXPECT_EQ(row.ends_at, std::nullopt);
}

TEST(ActiveFile, AMissingColumnIsNamedAndNothingIsTaken) {
    auto text = kHeader + line_of("b-1");
    text.replace(text.find("LastUpdated"), 11, "Updated");
    const auto outcome = read(text);
    EXPECT_THAT(outcome.refusal, HasSubstr("no column LastUpdated"));
    EXPECT_THAT(outcome.rows, IsEmpty());
    EXPECT_THAT(read("").refusal, HasSubstr("empty"));
    EXPECT_THAT(read("\xEF\xBB").refusal, HasSubstr("ResellerCustomerId"));
    EXPECT_THAT(read("\xFF\xFE"
                     "R\0e\0")
                    .refusal,
                HasSubstr("ResellerCustomerId"));
    EXPECT_THAT(read("Status," + kHeader).refusal, HasSubstr("column Status 2 times"));
    EXPECT_THAT(read("\"Status\"x,a\n").refusal, HasSubstr("quote"));
    EXPECT_THAT(read("\"Status").refusal, HasSubstr("quote"));
    EXPECT_THAT(read(std::string(base::kMaxCsvRowBytes + 1, 'x')).refusal, HasSubstr("longer"));
}

TEST(ActiveFile, ARowThatCannotBeReadIsToldWithItsLine) {
    const auto bad = [](const std::string& change, const std::string& to) {
        auto line = line_of("b-1");
        line.replace(line.find(change), change.size(), to);
        const auto outcome = read(kHeader + line + line_of("b-2"));
        EXPECT_EQ(outcome.refusal, "");
        EXPECT_EQ(ids(outcome).back(), "3:b-2");
        return ids(outcome).front();
    };
    EXPECT_THAT(bad("b-1", ""), AllOf(HasSubstr("2:"), HasSubstr("BangoEntitlementId is empty")));
    EXPECT_THAT(bad("b-1", std::string(257, 'x')), HasSubstr("BangoEntitlementId"));
    EXPECT_THAT(bad("demo-account-1", "\xE9"), HasSubstr("ResellerCustomerId"));
    EXPECT_THAT(bad("Active", "Alive"), HasSubstr("Status is none of"));
    EXPECT_THAT(bad("Active", "Unknown"), HasSubstr("Status is none of"));
    EXPECT_THAT(bad("23/11/2026", "11/23/2026"), HasSubstr("LastUpdated is no date"));
    EXPECT_THAT(bad("23/11/2026 10:00:00", ""), HasSubstr("LastUpdated is no date"));
    EXPECT_THAT(bad("10:00:00,,", "10:00:00,soon,"), HasSubstr("EndDate is no date"));
    EXPECT_THAT(bad("Music,", ""), HasSubstr("14 columns, and the first line 15"));
    EXPECT_THAT(bad("Music,", "a,b,c,"), HasSubstr("17 columns"));
    EXPECT_THAT(bad("Music", "a\"b"), HasSubstr("quote"));
    EXPECT_THAT(bad("Music", "\"a\"b"), HasSubstr("quote"));
}

TEST(ActiveFile, AQuoteThatIsNotClosedCostsNoMoreThanItsLimit) {
    const auto until_the_next = read(kHeader + line_of("b-1", "\"open") + line_of("b-2") +
                                     line_of("b-3", "\"x\"") + line_of("b-4"));
    EXPECT_THAT(ids(until_the_next), ElementsAre("2:a quote is where none may be", "5:b-4"));

    auto text = kHeader + line_of("b-1", "\"open");
    std::size_t lines = 2;
    for (; text.size() < 3 * base::kMaxCsvRowBytes; ++lines) text += line_of("b-2");
    const auto outcome = read(text);
    EXPECT_THAT(ids(outcome).front(), AllOf(HasSubstr("2:"), HasSubstr("not closed")));
    EXPECT_GT(outcome.rows.size(), lines / 2);
    EXPECT_EQ(outcome.rows.back().line, lines);
    EXPECT_EQ(read(text, 1'000), outcome);

    EXPECT_THAT(ids(read(kHeader + line_of("b-1") + "\"a")),
                ElementsAre("2:b-1", "3:a quote is not closed"));
}

TEST(ActiveFile, DatesAreThoseOfTheFileAlone) {
    EXPECT_EQ(parse_file_time("29/02/2024 23:59:59"), base::parse_time("2024-02-29T23:59:59Z"));
    for (const auto* wrong :
         {"29/02/2026 10:00:00", "2026-11-23T10:00:00", "23/11/2026 10:00", "23/11/2026 24:00:00",
          "23/11/2026T10:00:00", "3/11/2026 10:00:000", "23/11/2026 10:00:0Z", ""}) {
        EXPECT_EQ(parse_file_time(wrong), std::nullopt) << wrong;
    }
}

TEST(ActiveFile, StatusesAreThePartners) {
    EXPECT_EQ(parse_file_status("Pending"), PartnerStatus::pending);
    EXPECT_EQ(parse_file_status("ACTIVE-ENDING"), PartnerStatus::active_ending);
    EXPECT_EQ(parse_file_status("Failed"), PartnerStatus::unknown);
    EXPECT_EQ(parse_file_status("None"), std::nullopt);
    EXPECT_EQ(parse_file_status("Active Ending"), std::nullopt);
}

}  // namespace
}  // namespace usher::partner::bango
