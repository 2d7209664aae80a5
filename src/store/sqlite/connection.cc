#include "store/sqlite/connection.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/log.h"
#include "store/sqlite/checked_file.h"

namespace usher::store::sqlite {

namespace {

constexpr int kLookasideBytes = 1200;
constexpr int kLookasideCount = 100;

int flags_for(Access access) {
    switch (access) {
        case Access::create:
            return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        case Access::write:
            return SQLITE_OPEN_READWRITE;
        case Access::read:
            return SQLITE_OPEN_READONLY;
        case Access::inspect:
            return SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    }
    return 0;
}

std::string name_for(const std::string& path, Access access) {
    if (access != Access::inspect) return path;
    std::string uri = "file:";
    for (const char c : path) {
        const bool is_plain = c != '%' && c != '?' && c != '#';
        uri += is_plain ? std::string{c} : fmt::format("%{:02x}", c);
    }
    return uri + "?immutable=1";
}

int code_of(Connection::CheckpointMode mode) {
    switch (mode) {
        case Connection::CheckpointMode::passive:
            return SQLITE_CHECKPOINT_PASSIVE;
        case Connection::CheckpointMode::full:
            return SQLITE_CHECKPOINT_FULL;
        case Connection::CheckpointMode::restart:
            return SQLITE_CHECKPOINT_RESTART;
        case Connection::CheckpointMode::truncate:
            return SQLITE_CHECKPOINT_TRUNCATE;
    }
    return SQLITE_CHECKPOINT_PASSIVE;
}

// The texts number their parameters by name; SQLite numbers them by their first appearance.
// Nothing when a name is not one of $1, $2, … without a gap.
std::optional<std::vector<int>> parameters_of(sqlite3_stmt* statement) {
    std::vector<int> parameters;
    for (int i = 1; i <= sqlite3_bind_parameter_count(statement); ++i) {
        const auto name = fmt::format("${}", i);
        parameters.push_back(sqlite3_bind_parameter_index(statement, name.c_str()));
        if (parameters.back() == 0) return std::nullopt;
    }
    return parameters;
}

}  // namespace

Cursor::~Cursor() {
    if (!prepared_) return;
    sqlite3_reset(statement());
    sqlite3_clear_bindings(statement());
}

void Cursor::bind(int parameter, std::int64_t value) {
    sqlite3_bind_int64(statement(), index(parameter), value);
}

void Cursor::bind(int parameter, std::string_view value) {
    // An empty view may have no address, which SQLite would take for NULL.
    const char* bytes = value.empty() ? "" : value.data();
    sqlite3_bind_text64(statement(), index(parameter), bytes, value.size(), SQLITE_TRANSIENT,
                        SQLITE_UTF8);
}

void Cursor::bind_null(int parameter) {
    sqlite3_bind_null(statement(), index(parameter));
}

Result<bool> Cursor::next() {
    const int code = sqlite3_step(statement());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    sqlite3* db = sqlite3_db_handle(statement());
    return std::unexpected{Failure{sqlite3_extended_errcode(db), sqlite3_errstr(code)}};
}

Result<> Cursor::run() {
    while (true) {
        const auto more = next();
        if (!more) return std::unexpected{more.error()};
        if (!*more) return {};
    }
}

bool Cursor::is_null(int column) const {
    return sqlite3_column_type(statement(), column) == SQLITE_NULL;
}

bool Cursor::is_text(int column) const {
    return sqlite3_column_type(statement(), column) == SQLITE_TEXT;
}

bool Cursor::is_integer(int column) const {
    return sqlite3_column_type(statement(), column) == SQLITE_INTEGER;
}

std::int64_t Cursor::integer(int column) const {
    return sqlite3_column_int64(statement(), column);
}

std::string Cursor::text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement(), column));
    if (!bytes) return {};
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement(), column))};
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, Access access,
                                                     std::chrono::milliseconds busy_timeout) {
    sqlite3* db = nullptr;
    const int code = sqlite3_open_v2(
        name_for(path, access).c_str(), &db,
        flags_for(access) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, checked_file_system());
    if (code != SQLITE_OK) {
        Failure failure{code, sqlite3_errstr(code)};
        sqlite3_close_v2(db);
        return std::unexpected{std::move(failure)};
    }
    std::unique_ptr<Connection> connection{new Connection{db, busy_timeout}};
    sqlite3_db_config(db, SQLITE_DBCONFIG_LOOKASIDE, nullptr, kLookasideBytes, kLookasideCount);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    sqlite3_busy_timeout(db, static_cast<int>(busy_timeout.count()));
    sqlite3_wal_hook(
        db,
        [](void* self, sqlite3*, const char*, int pages) {
            static_cast<Connection*>(self)->log_pages_ = pages;
            return SQLITE_OK;
        },
        connection.get());
    return connection;
}

Connection::~Connection() {
    for (const auto& [text, kept] : statements_) sqlite3_finalize(kept.statement);
    sqlite3_close_v2(db_);
}

Failure Connection::failure(int code) const {
    return {sqlite3_extended_errcode(db_), sqlite3_errstr(code)};
}

Result<Cursor> Connection::prepare(std::string_view sql) {
    const auto found = statements_.find(sql.data());
    if (found != statements_.end()) return Cursor{found->second};
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return std::unexpected{failure(code)};
    auto parameters = parameters_of(statement);
    if (!parameters) {
        base::log(base::LogLevel::error, "bug_in_statement", {{"statement", sql}});
        std::abort();
    }
    const auto kept = statements_.emplace(sql.data(), Prepared{statement, std::move(*parameters)});
    return Cursor{kept.first->second};
}

Connection::Once::Once(Prepared prepared)
    : prepared_{std::make_unique<Prepared>(std::move(prepared))}, cursor_{*prepared_} {}

Connection::Once::~Once() {
    cursor_.reset();
    if (prepared_) sqlite3_finalize(prepared_->statement);
}

Result<Connection::Once> Connection::prepare_once(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    const int code =
        sqlite3_prepare_v2(db_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
    if (code != SQLITE_OK) return std::unexpected{failure(code)};
    auto parameters = parameters_of(statement);
    if (!parameters) {
        base::log(base::LogLevel::error, "bug_in_statement", {{"statement", sql}});
        std::abort();
    }
    return Once{Prepared{statement, std::move(*parameters)}};
}

Result<> Connection::execute(const std::string& sql) {
    const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return std::unexpected{failure(code)};
    return {};
}

Result<std::int64_t> Connection::integer(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr);
    if (code != SQLITE_OK) return std::unexpected{failure(code)};
    code = sqlite3_step(statement);
    const std::int64_t value = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    Failure problem = code == SQLITE_ROW ? Failure{} : failure(code);
    sqlite3_finalize(statement);
    if (code != SQLITE_ROW) return std::unexpected{std::move(problem)};
    return value;
}

void Connection::remove_log_at_close() {
    sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

bool Connection::in_transaction() const {
    return sqlite3_get_autocommit(db_) == 0;
}

void Connection::rollback() {
    if (in_transaction()) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
}

Result<bool> Connection::checkpoint(CheckpointMode mode,
                                    std::optional<std::chrono::milliseconds> patience) {
    int in_log = 0;
    int copied = 0;
    const auto wait = std::min(busy_timeout_, patience.value_or(busy_timeout_));
    sqlite3_busy_timeout(db_, static_cast<int>(wait.count()));
    const int code = sqlite3_wal_checkpoint_v2(db_, "main", code_of(mode), &in_log, &copied);
    sqlite3_busy_timeout(db_, static_cast<int>(busy_timeout_.count()));
    if ((code & 0xff) == SQLITE_BUSY) return false;
    if (code != SQLITE_OK) return std::unexpected{failure(code)};
    if (in_log != copied) return false;
    log_pages_ = 0;
    return true;
}

Result<Connection::LogCopied> Connection::copy_log() {
    int in_log = 0;
    int copied = 0;
    const int code =
        sqlite3_wal_checkpoint_v2(db_, "main", SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied);
    // Somebody else copies.
    if ((code & 0xff) == SQLITE_BUSY) return LogCopied{.held_up = true};
    if (code != SQLITE_OK) return std::unexpected{failure(code)};
    return LogCopied{.pages = copied, .held_up = copied < in_log};
}

}  // namespace usher::store::sqlite
