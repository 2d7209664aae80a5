#include "store/store.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "store/sqlite/store.h"

namespace usher::store {

OpenResult open_store(std::string_view url, base::Clock& clock, StoreOptions options) {
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
    return sqlite::open_file(std::filesystem::path{path}, clock, std::move(options));
}

}  // namespace usher::store
