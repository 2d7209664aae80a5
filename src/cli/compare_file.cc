#include "cli/compare_file.h"

#include <algorithm>
#include <fstream>
#include <string_view>

#include <fmt/format.h>

#include "base/digest.h"

namespace usher::cli {

IdSet::Mark IdSet::mark_of(const domain::MerchantId& merchant,
                           const domain::PartnerEntitlementId& id) {
    // Neither holds a line end.
    const auto digest = base::sha256(fmt::format("{}\n{}", merchant.text(), id.text()));
    Mark mark{};
    std::copy_n(digest.begin(), mark.size(), mark.begin());
    return mark;
}

void IdSet::add(const domain::MerchantId& merchant, const domain::PartnerEntitlementId& id) {
    marks_.push_back(mark_of(merchant, id));
}

void IdSet::close() {
    std::ranges::sort(marks_);
}

std::size_t IdSet::count(const domain::MerchantId& merchant,
                         const domain::PartnerEntitlementId& id) const {
    return std::ranges::equal_range(marks_, mark_of(merchant, id)).size();
}

std::expected<std::string, std::string> read_rows(const std::string& path, const TakeRow& take) {
    constexpr std::size_t kPiece = std::size_t{256} * 1024;
    std::ifstream file{path, std::ios::binary};
    partner::bango::ActiveFileReader reader{take};
    base::Sha256 digest;
    std::string piece(kPiece, '\0');
    std::expected<void, std::string> done;
    while (file && done) {
        file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        const std::string_view bytes{piece.data(), static_cast<std::size_t>(file.gcount())};
        digest.add(bytes);
        done = reader.read(bytes);
    }
    if (!file.eof() && done) {
        return std::unexpected{
            fmt::format("cannot read {}: name a file that is there and may be read", path)};
    }
    if (done) done = reader.finish();
    if (!done) {
        return std::unexpected{
            fmt::format("{} is no file of active entitlements: {}", path, done.error())};
    }
    return digest.finish_hex();
}

std::expected<FileSurvey, std::string> survey(const std::string& path) {
    FileSurvey found;
    auto digest = read_rows(path, [&](std::uint64_t /*line*/, partner::bango::ReadRow row) {
        ++found.rows;
        if (!row) return;
        found.ids.add(row->merchant, row->row.id);
        if (found.merchants.size() < FileSurvey::kMostMerchants) {
            found.merchants.insert(row->merchant);
        }
        const auto updated = row->row.last_updated;
        found.newest = std::max(found.newest.value_or(updated), updated);
    });
    if (!digest) return std::unexpected{std::move(digest.error())};
    found.digest = std::move(*digest);
    found.ids.close();
    return found;
}

}  // namespace usher::cli
