// The file that `usher compare` reads: twice, so that it is known as a whole before the first row
// is sent, and never in memory as a whole. Sixteen bytes are kept for each row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/line_marks.h"
#include "partner/bango/active_file.h"

namespace usher::cli {

// The ids that a file has, each with its merchant.
class IdSet {
  public:
    void add(const domain::MerchantId& merchant, const domain::PartnerEntitlementId& id);
    void close();  // before anything is asked
    std::size_t count(const domain::MerchantId& merchant,
                      const domain::PartnerEntitlementId& id) const;

  private:
    static Mark mark_of(const domain::MerchantId& merchant, const domain::PartnerEntitlementId& id);
    std::vector<Mark> marks_;
};

struct FileSurvey {
    static constexpr std::size_t kMostMerchants = 10;

    std::string digest;  // SHA-256, hexadecimal
    std::uint64_t rows = 0;
    IdSet ids;
    std::set<domain::MerchantId> merchants;  // the first kMostMerchants
    std::optional<base::Time> newest;        // the latest LastUpdated
};

using TakeRow = std::function<void(std::uint64_t line, partner::bango::ReadRow row)>;

// The file's digest. The error is a sentence with its remedy.
std::expected<std::string, std::string> read_rows(const std::string& path, const TakeRow& take);

std::expected<FileSurvey, std::string> survey(const std::string& path);

}  // namespace usher::cli
