#include "store/store.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "store/sqlite/backup.h"
#include "store/sqlite/restore.h"
#include "store/sqlite/store.h"
#include "store/sqlite/verify.h"

namespace usher::store {

namespace {

std::expected<std::filesystem::path, OpenError> file_in(std::string_view url) {
    constexpr std::string_view kSqlite = "sqlite:";
    if (!url.starts_with(kSqlite)) {
        // Not the whole url: it may hold a password.
        return std::unexpected{OpenError{
            fmt::format("store.url begins with \"{}\", which names no store that this Usher has: "
                        "use \"sqlite:\" and a file.",
                        url.substr(0, std::min(url.find(':'), url.size())))}};
    }
    const auto path = url.substr(kSqlite.size());
    if (path.empty()) {
        return std::unexpected{
            OpenError{"store.url names no file: use \"sqlite:\" and a file, as in "
                      "\"sqlite:usher.db\"."}};
    }
    return std::filesystem::path{path};
}

}  // namespace

OpenResult open_store(std::string_view url, base::Clock& clock, StoreOptions options) {
    const auto path = file_in(url);
    if (!path) return std::unexpected{path.error()};
    return sqlite::open_file(*path, clock, std::move(options));
}

std::expected<FileReport, OpenError> check_store(std::string_view url) {
    const auto path = file_in(url);
    if (!path) return std::unexpected{path.error()};
    auto report = sqlite::verify_file(*path);
    if (!report) return std::unexpected{OpenError{std::move(report.error())}};
    return std::move(*report);
}

std::expected<BackupReport, OpenError> back_up_store(std::string_view url,
                                                     const std::filesystem::path& file) {
    const auto path = file_in(url);
    if (!path) return std::unexpected{path.error()};
    auto report = sqlite::back_up(*path, file);
    if (!report) return std::unexpected{OpenError{std::move(report.error())}};
    return *report;
}

std::expected<RestoreReport, OpenError> restore_store(std::string_view url, base::Clock& clock,
                                                      const RestoreRequest& request) {
    const auto path = file_in(url);
    if (!path) return std::unexpected{path.error()};
    auto report = sqlite::restore(*path, clock, request);
    if (!report) return std::unexpected{OpenError{std::move(report.error())}};
    return std::move(*report);
}

}  // namespace usher::store
