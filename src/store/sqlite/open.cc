#include "store/sqlite/open.h"

#include <system_error>

#include <fmt/format.h>
#include <sqlite3.h>

#include "store/sql/migrations.h"

namespace usher::store::sqlite {

namespace {

constexpr std::int64_t kApplicationId = 0x55736872;  // "Ushr", in the file's header
// Bytes at the end of each page, kept free from the first page on for a checksum of the page.
constexpr int kReservedBytes = 16;

using Checked = std::expected<void, std::string>;

std::string with_clustering(std::string_view sql) {
    std::string text{sql};
    for (auto at = text.find(sql::kClustered); at != std::string::npos;
         at = text.find(sql::kClustered)) {
        text.replace(at, sql::kClustered.size(), "WITHOUT ROWID");
    }
    return text;
}

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
    return {};
}

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
    int reserved = kReservedBytes;
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
        return std::unexpected{fmt::format(
            "{} was written by a newer Usher (schema {}, this one knows {}): start that one, or "
            "restore a backup made before it.",
            path.string(), *version, known)};
    }
    const auto done = migrate(connection, *version);
    if (!done) return std::unexpected{sentence_for(done.error(), path)};
    return {};
}

}  // namespace

std::string sentence_for(const Failure& failure, const std::filesystem::path& path) {
    const auto name = path.string();
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
