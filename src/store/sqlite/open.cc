#include "store/sqlite/open.h"

#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/planted.h"
#include "store/sql/migrations.h"
#include "store/sql/statements.h"
#include "store/sqlite/page.h"
#include "store/sqlite/verify.h"

namespace usher::store::sqlite {

namespace {

// With something in it.
bool is_there(const std::filesystem::path& path) {
    std::error_code none;
    return std::filesystem::exists(path, none) && std::filesystem::file_size(path, none) > 0;
}

std::string with_clustering(std::string_view sql) {
    std::string text{sql};
    for (auto at = text.find(sql::kClustered); at != std::string::npos;
         at = text.find(sql::kClustered)) {
        text.replace(at, sql::kClustered.size(), "WITHOUT ROWID");
    }
    return text;
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

// Each commit is on the disk before it is answered. The others are of the build for tests alone.
std::string_view synchronous() {
    if (base::planted(base::Planted::synchronous_off)) return "OFF";
    if (base::planted(base::Planted::synchronous_normal)) return "NORMAL";
    return "FULL";
}

Result<> set_up(Connection& connection, const StoreOptions& options) {
    int reserved = static_cast<int>(kReservedBytes);
    sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
    auto pragmas = std::string{
        "PRAGMA journal_mode = WAL;"
        "PRAGMA temp_store = MEMORY;"
        "PRAGMA secure_delete = OFF;"
        "PRAGMA cell_size_check = ON;"
        "PRAGMA trusted_schema = OFF;"
        "PRAGMA cache_size = -65536;"};
    pragmas += fmt::format("PRAGMA synchronous = {};", synchronous());
    // To this the log shrinks when it begins anew; it is never emptied while the store is in use.
    pragmas += fmt::format("PRAGMA journal_size_limit = {};", options.wal_hard_bytes);
    if (options.max_pages > 0)
        pragmas += fmt::format("PRAGMA max_page_count = {};", options.max_pages);
    return connection.execute(pragmas);
}

// In one transaction, for the same reason as in end_use_once: where syncs fail, each try would
// leave one more step in the log.
Result<> migrate(Connection& connection, std::int64_t version) {
    if (std::cmp_equal(version, sql::kMigrations.size())) return {};
    std::string steps;
    for (auto step = static_cast<std::size_t>(version); step < sql::kMigrations.size(); ++step) {
        steps += with_clustering(sql::kMigrations.at(step));
    }
    const auto done = connection.execute(
        fmt::format("BEGIN IMMEDIATE; {} PRAGMA user_version = {}; PRAGMA application_id = {}; "
                    "COMMIT;",
                    steps, sql::kMigrations.size(), kApplicationId));
    if (!done) connection.rollback();
    return done;
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

// While a store is in use its log is never empty. One that is gone took changes with it, unless
// another program that had the file open copied it into the file before it removed it, as sqlite3
// does: such pages have no checksum, and get it now.
Checked check_log_is_there(const std::filesystem::path& path, const StoreOptions& options) {
    if (holds_log(path) || !is_there(path)) return {};
    auto opened = Connection::open(path.string(), Access::inspect, options.busy_timeout);
    if (!opened) return std::unexpected{sentence_for(opened.error(), path)};
    const auto in_use = (*opened)->integer(std::string{sql::kIsInUse});
    opened->reset();
    // What cannot be read here, such as an older schema, is told when it is opened in earnest; a
    // page that was copied is unreadable for as long as it is not sealed.
    const bool copied = !in_use && in_use.error().code == SQLITE_IOERR_DATA;
    if (!copied && (!in_use || *in_use == 0)) return {};
    const auto sealed = seal_copied_pages(path);
    if (!sealed) return std::unexpected{sealed.error()};
    if (*sealed > 0 || copied || options.accept_lost_log) return {};
    return std::unexpected{sentence_for_lost_log(path)};
}

Result<> commit_alone(Connection& connection, std::string_view statement) {
    auto done = connection.execute(fmt::format("BEGIN IMMEDIATE; {}; COMMIT;", statement));
    if (!done) connection.rollback();
    return done;
}

// Damage that would end the start later is met before anything is written.
Checked read_what_starting_needs(Connection& connection, const std::filesystem::path& path) {
    const auto leased = connection.integer(std::string{sql::kCountLeases});
    if (!leased) return std::unexpected{sentence_for(leased.error(), path)};
    return {};
}

Result<> copy_all(Connection& connection, Connection::CheckpointMode mode) {
    const auto copied = connection.checkpoint(mode);
    if (!copied) return std::unexpected{copied.error()};
    if (!*copied) return std::unexpected{Failure{SQLITE_BUSY, "busy"}};
    return {};
}

// Written once only: else each of many tries while syncs fail would write behind the last one, and
// a power failure could keep the later ones alone, which looks like damage.
Result<> end_use_once(Connection& connection) {
    const auto in_use = connection.integer(std::string{sql::kIsInUse});
    if (!in_use) return std::unexpected{in_use.error()};
    return *in_use == 0 ? Result<>{} : commit_alone(connection, sql::kEndUse);
}

// Proves that the file takes writes and syncs, and brings the whole log into the file: what a
// failed sync left in the log must not be built upon. In between, the store is not in use: its log
// is empty, and a crash then is no loss.
Result<> begin_use(Connection& connection) {
    auto done = end_use_once(connection);
    if (done) done = copy_all(connection, Connection::CheckpointMode::truncate);
    if (done) done = commit_alone(connection, sql::kBeginUse);
    // Into the file, where it is found when the log is gone.
    if (done) done = copy_all(connection, Connection::CheckpointMode::full);
    return done ? touch(connection) : done;
}

}  // namespace

std::string sentence_for_lost_log(const std::filesystem::path& path) {
    return fmt::format(
        "{} was not closed in order, and its log {} is gone, with all changes since it was last "
        "copied: put the log back, or restore a backup; to go on without those changes, start once "
        "with store.accept_lost_log.",
        path.string(), log_of(path).string());
}

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

OpenedConnection open_writer(const std::filesystem::path& path, const StoreOptions& options,
                             Opening opening) {
    const bool first = opening == Opening::first;
    Checked checked;
    if (first) {
        checked = check_files(path);
        if (checked) checked = check_log_is_there(path, options);
        if (checked) checked = check_writable(path, true);
        if (checked) checked = mend_log(path);
    }
    if (!checked) return std::unexpected{checked.error()};
    auto opened = Connection::open(path.string(), first ? Access::create : Access::write,
                                   options.busy_timeout);
    if (!opened) return std::unexpected{sentence_for(opened.error(), path)};
    auto& connection = **opened;
    if (checked = check_owner(connection, path); !checked) return std::unexpected{checked.error()};
    if (const auto done = set_up(connection, options); !done) {
        return std::unexpected{sentence_for(done.error(), path)};
    }
    if (checked = bring_up_to_date(connection, path); !checked) {
        return std::unexpected{checked.error()};
    }
    if (checked = read_what_starting_needs(connection, path); !checked) {
        return std::unexpected{checked.error()};
    }
    if (const auto done = begin_use(connection); !done) {
        return std::unexpected{sentence_for(done.error(), path)};
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

Result<std::unique_ptr<Connection>> open_copier(const std::filesystem::path& path,
                                                const StoreOptions& options) {
    auto opened = Connection::open(path.string(), Access::write, options.busy_timeout);
    if (!opened) return opened;
    const auto done = (*opened)->execute(
        fmt::format("PRAGMA synchronous = {}; PRAGMA cache_size = -1024;", synchronous()));
    if (!done) return std::unexpected{done.error()};
    return opened;
}

Result<> touch(Connection& connection) {
    return commit_alone(connection, sql::kTouch);
}

void end_use(Connection& connection, bool log_is_ours) {
    const bool ended = commit_alone(connection, sql::kEndUse) &&
                       copy_all(connection, Connection::CheckpointMode::truncate);
    if (ended && log_is_ours) connection.remove_log_at_close();
}

}  // namespace usher::store::sqlite
