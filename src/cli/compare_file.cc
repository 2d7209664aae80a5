#include "cli/compare_file.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "cli/file_pieces.h"

namespace usher::cli {

Mark IdSet::mark_of(const domain::MerchantId& merchant, const domain::PartnerEntitlementId& id) {
    // Neither holds a line end.
    return cli::mark_of(fmt::format("{}\n{}", merchant.text(), id.text()));
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
    using Done = std::expected<void, std::string>;
    const auto in_words = [&](const Done& done) -> Done {
        if (done) return done;
        return std::unexpected{
            fmt::format("{} is no file of active entitlements: {}", path, done.error())};
    };
    partner::bango::ActiveFileReader reader{take};
    auto digest =
        read_in_pieces(path, [&](std::string_view bytes) { return in_words(reader.read(bytes)); });
    if (!digest) return digest;
    if (const auto done = in_words(reader.finish()); !done) return std::unexpected{done.error()};
    return digest;
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
