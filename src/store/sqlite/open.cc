#include "store/sqlite/open.h"

#include <array>
#include <fstream>
#include <system_error>

#include <fmt/format.h>
#include <sqlite3.h>

#include "store/sql/migrations.h"
#include "store/sqlite/page.h"

namespace usher::store::sqlite {

namespace {

constexpr std::uint32_t kApplicationId = 0x55736872;  // "Ushr", in the file's header
// Where the header of a file has what is looked at before it is opened (SQLite's file format,
// §1.3).
constexpr std::size_t kHeaderBytes = 100;
constexpr std::size_t kReservedAt = 20;
constexpr std::size_t kVersionAt = 60;
constexpr std::size_t kApplicationAt = 68;

std::string with_clustering(std::string_view sql) {
    std::string text{sql};
    for (auto at = text.find(sql::kClustered); at != std::string::npos;
         at = text.find(sql::kClustered)) {
        text.replace(at, sql::kClustered.size(), "WITHOUT ROWID");
    }
    return text;
}

std::uint32_t integer_at(std::string_view header, std::size_t at) {
    std::uint32_t value = 0;
    for (const char byte : header.substr(at, 4)) value = value << 8 | std::uint8_t(byte);
    return value;
}

std::string sentence_for_newer(const std::string& name, std::int64_t version) {
    return fmt::format(
        "{} was written by a newer Usher (schema {}, this one knows {}): start that one, or "
        "restore a backup made before it.",
        name, version, sql::kMigrations.size());
}

// Looks at the header before SQLite does, to whom the pages of another program are damaged ones. It
// does not judge the page: one that a power loss tore is mended from the log.
Checked check_header(const std::filesystem::path& path) {
    std::array<char, kHeaderBytes> bytes{};
    std::ifstream file{path, std::ios::binary};
    file.read(bytes.data(), bytes.size());
    const std::string_view header{bytes.data(), static_cast<std::size_t>(file.gcount())};
    constexpr std::string_view kMagic{"SQLite format 3\0", 16};
    if (header.size() < bytes.size() || !header.starts_with(kMagic)) return {};
    const bool is_ours = integer_at(header, kApplicationAt) == kApplicationId ||
                         header[kReservedAt] == char{kReservedBytes};
    if (!is_ours) {
        return std::unexpected{fmt::format(
            "{} is a database of another program: name another file in store.url.", path.string())};
    }
    const auto version = integer_at(header, kVersionAt);
    if (version > sql::kMigrations.size()) {
        return std::unexpected{sentence_for_newer(path.string(), version)};
    }
    return {};
}

}  // namespace

// SQLite throws away the log of an empty file.
Checked check_files(const std::filesystem::path& path) {
    std::error_code none;
    const auto log = path.string() + "-wal";
    if (std::filesystem::is_directory(path, none)) {
        return std::unexpected{
            fmt::format("{} is a directory: name a file in store.url.", path.string())};
    }
    const bool empty =
        std::filesystem::exists(path, none) && std::filesystem::file_size(path, none) == 0;
    if (empty && std::filesystem::exists(log, none) && std::filesystem::file_size(log, none) > 0) {
        return std::unexpected{
            fmt::format("{} is empty but its log {} is not: the file was damaged; restore both "
                        "from a backup.",
                        path.string(), log)};
    }
    return check_header(path);
}

namespace {

Checked check_owner(Connection& connection, const std::filesystem::path& path) {
    const auto tables = connection.integer("SELECT count(*) FROM sqlite_schema");
    if (!tables) return std::unexpected{sentence_for(tables.error(), path)};
    const auto owner = connection.integer("PRAGMA application_id");
    if (!owner) return std::unexpected{sentence_for(owner.error(), path)};
    if (*tables > 0 && *owner != kApplicationId) {
        return std::unexpected{fmt::format(
            "{} is a database of another program: name another file in store.url.", path.string())};
    }
    if (sqlite3_db_readonly(connection.handle(), "main") == 1) {
        return std::unexpected{fmt::format(
            "{} cannot be written: make the file and its directory writable for this user.",
            path.string())};
    }
    return {};
}

Result<> set_up(Connection& connection, const StoreOptions& options) {
    int reserved = static_cast<int>(kReservedBytes);
    sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
    auto pragmas = std::string{
        "PRAGMA journal_mode = WAL;"
        "PRAGMA synchronous = FULL;"
        "PRAGMA temp_store = MEMORY;"
        "PRAGMA secure_delete = OFF;"
        "PRAGMA cell_size_check = ON;"
        "PRAGMA trusted_schema = OFF;"
        "PRAGMA cache_size = -65536;"};
    if (options.max_pages > 0)
        pragmas += fmt::format("PRAGMA max_page_count = {};", options.max_pages);
    return connection.execute(pragmas);
}

Result<> migrate(Connection& connection, std::int64_t version) {
    for (auto step = static_cast<std::size_t>(version); step < sql::kMigrations.size(); ++step) {
        const auto text = fmt::format(
            "BEGIN IMMEDIATE; {} PRAGMA user_version = {}; PRAGMA application_id = {}; COMMIT;",
            with_clustering(sql::kMigrations.at(step)), step + 1, kApplicationId);
        const auto done = connection.execute(text);
        if (!done) {
            connection.rollback();
            return done;
        }
    }
    return {};
}

Checked bring_up_to_date(Connection& connection, const std::filesystem::path& path) {
    const auto version = connection.integer("PRAGMA user_version");
    if (!version) return std::unexpected{sentence_for(version.error(), path)};
    const auto known = static_cast<std::int64_t>(sql::kMigrations.size());
    if (*version > known || *version < 0) {
        return std::unexpected{sentence_for_newer(path.string(), *version)};
    }
    const auto done = migrate(connection, *version);
    if (!done) return std::unexpected{sentence_for(done.error(), path)};
    return {};
}

}  // namespace

std::string sentence_for(const Failure& failure, const std::filesystem::path& path) {
    const auto name = path.string();
    if (failure.code == SQLITE_IOERR_DATA) {
        return fmt::format(
            "{} is damaged or not a store of Usher's ({}): restore it from a backup, or name "
            "another file in store.url; `usher check --store` names the damaged pages.",
            name, failure.text);
    }
    switch (failure.code & 0xff) {
        case SQLITE_NOTADB:
        case SQLITE_CORRUPT:
            return fmt::format(
                "{} is damaged or not a store of Usher's ({}): restore it from a backup, or name "
                "another file in store.url.",
                name, failure.text);
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
        case SQLITE_READONLY:
            return fmt::format(
                "{} cannot be opened for writing ({}): make the file and its directory writable "
                "for this user.",
                name, failure.text);
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return fmt::format("{} is locked by another program: stop what else has it open.",
                               name);
        case SQLITE_FULL:
            return fmt::format("{} cannot grow ({}): make room on its disk.", name, failure.text);
        default:
            return fmt::format("{} cannot be used ({}, code {}): look at its disk.", name,
                               failure.text, failure.code);
    }
}

OpenedConnection open_writer(const std::filesystem::path& path, const StoreOptions& options) {
    if (const auto checked = check_files(path); !checked) {
        return std::unexpected{checked.error()};
    }
    auto opened = Connection::open(path.string(), Access::create, options.busy_timeout);
    if (!opened) return std::unexpected{sentence_for(opened.error(), path)};
    auto& connection = **opened;
    if (const auto checked = check_owner(connection, path); !checked) {
        return std::unexpected{checked.error()};
    }
    if (const auto done = set_up(connection, options); !done) {
        return std::unexpected{sentence_for(done.error(), path)};
    }
    if (const auto done = bring_up_to_date(connection, path); !done) {
        return std::unexpected{done.error()};
    }
    return std::move(*opened);
}

Result<std::unique_ptr<Connection>> open_reader(const std::filesystem::path& path,
                                                const StoreOptions& options) {
    auto opened = Connection::open(path.string(), Access::read, options.busy_timeout);
    if (!opened) return opened;
    const auto done = (*opened)->execute(
        "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
        "PRAGMA cell_size_check = ON; PRAGMA cache_size = -8192;");
    if (!done) return std::unexpected{done.error()};
    return opened;
}

std::expected<void, std::string> prove_writable(Connection& connection,
                                                const std::filesystem::path& path) {
    const auto copied = connection.checkpoint(Connection::CheckpointMode::truncate);
    if (!copied) return std::unexpected{sentence_for(copied.error(), path)};
    if (!*copied) return std::unexpected{sentence_for({SQLITE_BUSY, "busy"}, path)};
    // The same version again: changes nothing, but is written and synced.
    const auto probed = connection.execute(
        fmt::format("BEGIN IMMEDIATE; PRAGMA user_version = {}; COMMIT;", sql::kMigrations.size()));
    if (!probed) {
        connection.rollback();
        return std::unexpected{sentence_for(probed.error(), path)};
    }
    return {};
}

}  // namespace usher::store::sqlite
