#include "flow/comparison.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include <fmt/format.h>

namespace usher::flow {

namespace {

constexpr std::string_view kApply = "Run again with --apply: it is read at once.";

constexpr auto kFindingCatalogue = [] {
    using enum Finding;
    return std::array{
        FindingEntry{equal, FindingKind::agreement, "equal", "Both have the same.", ""},
        FindingEntry{ours_open, FindingKind::explained, "ours_open",
                     "A change of ours is under way or awaited there; it explains the difference.",
                     ""},
        FindingEntry{ours_newer, FindingKind::explained, "ours_newer",
                     "We heard of the partner after the file was made.", ""},
        FindingEntry{ended_there, FindingKind::explained, "ended_there",
                     "It has ended there, and no record of ours has that id.", ""},
        FindingEntry{other_tenant, FindingKind::explained, "other_tenant",
                     "The customer is not named as those of this tenant are.", ""},
        FindingEntry{other_merchant, FindingKind::explained, "other_merchant",
                     "The row is of another merchant than the one compared.", ""},
        FindingEntry{
            being_read, FindingKind::read, "being_read",
            "It differs, and a read of it is due already.",
            "Wait until it was read and compare again; `usher explain` says what is in the "
            "way."},
        FindingEntry{theirs_newer, FindingKind::read, "theirs_newer",
                     "The partner changed it after what we last heard.", kApply},
        FindingEntry{status_differs, FindingKind::read, "status_differs",
                     "The statuses differ, and the dates do not say who is right.", kApply},
        FindingEntry{product_differs, FindingKind::read, "product_differs", "The products differ.",
                     "Run again with --apply: it is read at once. One that stays is for a person: "
                     "`usher explain`."},
        FindingEntry{end_date_differs, FindingKind::read, "end_date_differs",
                     "It ends on another date there.", kApply},
        FindingEntry{unknown_there, FindingKind::read, "unknown_there",
                     "Live here under an id of the partner's, and not in the file.", kApply},
        FindingEntry{lost_create, FindingKind::read, "lost_create",
                     "The partner has it; here the purchase still waits for its answer.", kApply},
        FindingEntry{
            repeated, FindingKind::read, "repeated",
            "The file has this id more than once, so that it says nothing.",
            "Ask the partner for a file with one row for each; --apply reads what we hold."},
        FindingEntry{customer_differs, FindingKind::person, "customer_differs",
                     "The same id belongs to another customer there.",
                     "Ask the partner whose it is: a read does not tell, and nothing is changed."},
        FindingEntry{
            unknown_here, FindingKind::person, "unknown_here",
            "Live there, and no record of this tenant has that id.",
            "Find out who bought it, with the customer and with the partner's support. It "
            "cannot be read: either buy it here for the account, or have the partner end it."},
        FindingEntry{
            not_understood, FindingKind::person, "not_understood", "The row cannot be read.",
            "Ask the partner for a sound file. What the row is about may be missing above."},
    };
}();
static_assert(kFindingCatalogue.size() == kFindings.size());
static_assert(std::ranges::equal(kFindings, kFindingCatalogue, {}, {}, &FindingEntry::finding));
static_assert(std::ranges::all_of(kFindings,
                                  [](Finding f) { return kFindings.at(index_of(f)) == f; }));

}  // namespace

std::span<const FindingEntry> finding_catalogue() {
    return kFindingCatalogue;
}

std::string findings_as_markdown() {
    std::string text = "| finding | means | what to do |\n|---|---|---|\n";
    for (const auto& entry : kFindingCatalogue) {
        text += fmt::format("| `{}` | {} | {} |\n", entry.name, entry.meaning, entry.what_to_do);
    }
    return text;
}

const FindingEntry& describe(Finding finding) {
    return kFindingCatalogue.at(index_of(finding));
}

std::string_view to_text(Finding finding) {
    return describe(finding).name;
}

std::optional<Finding> parse_finding(std::string_view text) {
    const auto* found = std::ranges::find(kFindingCatalogue, text, &FindingEntry::name);
    if (found == kFindingCatalogue.end()) return std::nullopt;
    return found->finding;
}

bool is_difference(Finding finding) {
    switch (describe(finding).kind) {
        case FindingKind::agreement:
        case FindingKind::explained:
            return false;
        case FindingKind::read:
        case FindingKind::person:
            return true;
    }
    std::abort();
}

std::uint64_t differences_in(const FindingCounts& counts) {
    std::uint64_t differences = 0;
    for (const auto finding : kFindings) {
        if (is_difference(finding)) differences += counts.at(index_of(finding));
    }
    return differences;
}

std::string to_text(const FindingCounts& counts) {
    std::string text;
    for (const auto finding : kFindings) {
        const auto count = counts.at(index_of(finding));
        if (count == 0) continue;
        text += fmt::format("{}{}={}", text.empty() ? "" : " ", to_text(finding), count);
    }
    return text;
}

std::optional<FindingCounts> parse_finding_counts(std::string_view text) {
    FindingCounts counts{};
    while (!text.empty()) {
        const auto word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(word.size() + 1, text.size()));
        const auto equals = word.find('=');
        const auto finding = parse_finding(word.substr(0, equals));
        if (equals == std::string_view::npos || !finding) return std::nullopt;
        const auto digits = word.substr(equals + 1);
        auto& count = counts.at(index_of(*finding));
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), count);
        if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    }
    return counts;
}

}  // namespace usher::flow
