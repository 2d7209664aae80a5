// A file of changes that is carried out row by row (usher bulk), as far as it is remembered: who
// began it, what a look at it foresaw, how far it has come. Plain values; flow/bulk.h decides.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "domain/entitlement.h"

namespace usher::flow {

// After that a file must be looked at again before it is carried out.
inline constexpr base::Duration kBulkTrusted = std::chrono::hours{1};
// So long a run can be gone on with: its rows' answers are kept as long (flow/kept_answer.h).
inline constexpr base::Duration kBulkResumable = std::chrono::hours{24};
inline constexpr std::uint64_t kMostBulkRows = 1'000'000;
inline constexpr std::size_t kBulkPage = 500;

enum class BulkVerdict : std::uint8_t { changed, unchanged, refused };

struct BulkTally {
    std::uint64_t changed = 0;
    std::uint64_t unchanged = 0;
    std::uint64_t refused = 0;

    bool operator==(const BulkTally&) const = default;
};

struct Bulk {
    domain::TenantId tenant;
    std::string id;
    domain::Asker asker;  // its comment: why, as was said when it was started
    std::string by;       // as people know who it was
    std::string file;     // its name, as the client has it
    std::string digest;   // SHA-256 of the whole, hexadecimal
    std::uint64_t rows = 0;
    base::Time begun;

    // The look: the first `looked` rows as they would go.
    std::uint64_t looked = 0;
    BulkTally foreseen;
    std::uint64_t would_end = 0;  // entitlements that would be ended or suspended
    std::uint64_t live = 0;       // the tenant's, when all rows had been looked at
    std::optional<base::Time> looked_at;
    std::string token_digest;

    // The run.
    std::optional<base::Time> started;
    bool confirmed = false;  // with the token: the guard is off
    std::uint64_t let_through = 0;
    std::uint64_t ends = 0;  // of those rows, entitlements
    std::uint64_t told = 0;  // the first so many rows have a result
    BulkTally done;
    std::optional<base::Time> finished;  // or stopped by the guard, with told < rows

    bool operator==(const Bulk&) const = default;
};

}  // namespace usher::flow
