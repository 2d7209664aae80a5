// What a comparison with the partner's file of active entitlements can find, as a closed list, and
// the line that it leaves. Plain values. Source: Bango §2.6, lifecycle §6.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "domain/ids.h"

namespace usher::flow {

// One per row of the file; unknown_there one per record of ours that the file lacks.
enum class Finding : std::uint8_t {
    equal,
    // Explained: nothing to do.
    ours_open,
    ours_newer,
    ended_there,
    other_tenant,
    other_merchant,
    // A read settles it.
    being_read,
    theirs_newer,
    status_differs,
    product_differs,
    end_date_differs,
    unknown_there,
    lost_create,
    repeated,
    // A person must look.
    customer_differs,
    unknown_here,
    not_understood,
};

inline constexpr std::array kFindings{
    Finding::equal,           Finding::ours_open,        Finding::ours_newer,
    Finding::ended_there,     Finding::other_tenant,     Finding::other_merchant,
    Finding::being_read,      Finding::theirs_newer,     Finding::status_differs,
    Finding::product_differs, Finding::end_date_differs, Finding::unknown_there,
    Finding::lost_create,     Finding::repeated,         Finding::customer_differs,
    Finding::unknown_here,    Finding::not_understood};

enum class FindingKind : std::uint8_t {
    agreement,
    explained,  // differs, and is as it should be
    read,       // a difference that a read settles
    person,     // a difference that only a person can clear up
};

struct FindingEntry {
    Finding finding{};
    FindingKind kind{};
    std::string_view name;
    std::string_view meaning;
    std::string_view what_to_do;  // empty: nothing
};

// In the order of kFindings.
std::span<const FindingEntry> finding_catalogue();
const FindingEntry& describe(Finding finding);
std::string findings_as_markdown();

constexpr std::size_t index_of(Finding finding) {
    return static_cast<std::size_t>(finding);
}
std::string_view to_text(Finding finding);
std::optional<Finding> parse_finding(std::string_view text);
bool is_difference(Finding finding);

using FindingCounts = std::array<std::uint64_t, kFindings.size()>;

std::uint64_t differences_in(const FindingCounts& counts);
// "equal=9 ours_open=1": those that are not 0. Parsing refuses unknown names.
std::string to_text(const FindingCounts& counts);
std::optional<FindingCounts> parse_finding_counts(std::string_view text);

// The line that a finished comparison leaves: without differences it is signed off by who ran it.
struct Comparison {
    domain::TenantId tenant;
    domain::MerchantId merchant;
    base::Time at;
    std::string by;       // as people know each other
    std::string subject;  // of the token
    std::string file;     // its name, without folders
    std::string digest;   // SHA-256 of its bytes, hexadecimal
    base::Time as_of;     // when the file was made
    std::uint64_t rows = 0;
    FindingCounts counts{};
    std::uint64_t reads = 0;  // asked for by this run

    bool operator==(const Comparison&) const = default;
};

}  // namespace usher::flow
