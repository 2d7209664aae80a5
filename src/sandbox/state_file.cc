#include "sandbox/state_file.h"

#include <string_view>

#include <fmt/format.h>
#include <sqlite3.h>

namespace usher::sandbox {

namespace {

constexpr int kVersion = 1;

void bind_text(sqlite3_stmt* statement, int index, std::string_view text) {
    sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()),
                      SQLITE_TRANSIENT);
}

std::string column(sqlite3_stmt* statement, int index) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, index));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, index));
    return text == nullptr ? std::string{} : std::string{text, size};
}

}  // namespace

std::string_view to_text(Table table) {
    switch (table) {
        case Table::records:
            return "records";
        case Table::replays:
            return "replays";
        case Table::calls:
            return "calls";
        case Table::faults:
            return "faults";
        case Table::queued:
            return "queued";
        case Table::notifications:
            return "notifications";
        case Table::received:
            return "received";
        case Table::keys:
            return "keys";
    }
    return "";
}

std::string number_key(std::uint64_t number) {
    return fmt::format("{:016}", number);
}

void StateFile::CloseDatabase::operator()(sqlite3* database) const {
    sqlite3_close_v2(database);
}

void StateFile::Finalize::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

StateFile::StateFile(std::string path, Database database)
    : path_{std::move(path)}, database_{std::move(database)} {}

std::string StateFile::problem() const {
    return fmt::format("The sandbox's state file {} cannot be used: {}.", path_,
                       sqlite3_errmsg(database_.get()));
}

std::expected<StateFile, std::string> StateFile::open(const std::string& path) {
    sqlite3* raw = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const int result = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
    StateFile file{path, Database{raw}};
    if (result != SQLITE_OK) return std::unexpected{file.problem()};
    if (const auto made = file.create_tables(); !made) return std::unexpected{made.error()};
    if (const auto made = file.prepare_writes(); !made) return std::unexpected{made.error()};
    return file;
}

std::expected<void, std::string> StateFile::create_tables() {
    // EXCLUSIVE: a second sandbox on the same file is told so instead of mixing two worlds.
    for (const auto* sql : {"PRAGMA locking_mode = EXCLUSIVE", "PRAGMA journal_mode = WAL",
                            "PRAGMA synchronous = NORMAL", "BEGIN IMMEDIATE"}) {
        if (const auto done = run(sql); !done) return done;
    }
    const auto version = prepare("PRAGMA user_version");
    if (!version) return std::unexpected{version.error()};
    if (sqlite3_step(version->get()) != SQLITE_ROW) return std::unexpected{problem()};
    if (const int found = sqlite3_column_int(version->get(), 0); found > kVersion) {
        return std::unexpected{
            fmt::format("The sandbox's state file {} was written by a newer version ({} instead of "
                        "{}): use another file.",
                        path_, found, kVersion)};
    }
    sqlite3_reset(version->get());
    for (const auto table : kTables) {
        const auto sql = fmt::format(
            "CREATE TABLE IF NOT EXISTS {} (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, "
            "WITHOUT ROWID",
            to_text(table));
        if (const auto done = run(sql.c_str()); !done) return done;
    }
    if (const auto done = run(fmt::format("PRAGMA user_version = {}", kVersion).c_str()); !done) {
        return done;
    }
    return run("COMMIT");
}

std::expected<void, std::string> StateFile::prepare_writes() {
    for (const auto table : kTables) {
        auto put = prepare(
            fmt::format("INSERT OR REPLACE INTO {} (key, value) VALUES (?, ?)", to_text(table)));
        if (!put) return std::unexpected{put.error()};
        auto erase = prepare(fmt::format("DELETE FROM {} WHERE key = ?", to_text(table)));
        if (!erase) return std::unexpected{erase.error()};
        puts_.push_back(std::move(*put));
        erases_.push_back(std::move(*erase));
    }
    return {};
}

std::expected<std::vector<std::pair<std::string, std::string>>, std::string> StateFile::load(
    Table table) {
    const auto rows =
        prepare(fmt::format("SELECT key, value FROM {} ORDER BY key", to_text(table)));
    if (!rows) return std::unexpected{rows.error()};
    std::vector<std::pair<std::string, std::string>> found;
    int result = sqlite3_step(rows->get());
    for (; result == SQLITE_ROW; result = sqlite3_step(rows->get())) {
        found.emplace_back(column(rows->get(), 0), column(rows->get(), 1));
    }
    if (result != SQLITE_DONE) return std::unexpected{problem()};
    return found;
}

std::expected<void, std::string> StateFile::save(std::span<const Write> writes) {
    if (writes.empty()) return {};
    if (const auto begun = run("BEGIN IMMEDIATE"); !begun) return begun;
    for (const auto& each : writes) {
        const auto written = write(each);
        if (written) continue;
        // The engine may have rolled back by itself; then there is nothing left to roll back.
        if (sqlite3_get_autocommit(database_.get()) == 0) (void)run("ROLLBACK");
        return written;
    }
    const auto committed = run("COMMIT");
    if (!committed && sqlite3_get_autocommit(database_.get()) == 0) (void)run("ROLLBACK");
    return committed;
}

std::expected<void, std::string> StateFile::write(const Write& write) {
    const auto index = static_cast<std::size_t>(write.table);
    auto* statement = (write.value ? puts_ : erases_)[index].get();
    bind_text(statement, 1, write.key);
    if (write.value) bind_text(statement, 2, *write.value);
    const int result = sqlite3_step(statement);
    auto sentence = result == SQLITE_DONE ? std::string{} : problem();
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (result != SQLITE_DONE) return std::unexpected{std::move(sentence)};
    return {};
}

std::expected<void, std::string> StateFile::run(const char* sql) {
    if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
        return std::unexpected{problem()};
    }
    return {};
}

std::expected<StateFile::Statement, std::string> StateFile::prepare(const std::string& sql) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(database_.get(), sql.c_str(), -1, &raw, nullptr) != SQLITE_OK) {
        return std::unexpected{problem()};
    }
    return Statement{raw};
}

}  // namespace usher::sandbox
