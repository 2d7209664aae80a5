#include "store/sqlite/backup.h"

#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "store/sql/statements.h"
#include "store/sqlite/file_checks.h"
#include "store/sqlite/file_lock.h"
#include "store/sqlite/open.h"
#include "store/sqlite/page.h"
#include "store/sqlite/verify.h"

namespace usher::store::sqlite {

namespace {

namespace fs = std::filesystem;

constexpr int kPagesInAStep = 1024;
constexpr std::chrono::milliseconds kPatience{5000};

std::string message_of(int error) {
    return std::generic_category().message(error);
}

std::string unwritable(const fs::path& path, int error) {
    return fmt::format(
        "{} cannot be written ({}): make its folder writable for this user, make room on its disk, "
        "or name another file.",
        path.string(), message_of(error));
}

// The copy while it is not whole. Goes with everything beside it unless it was kept.
class Part {
  public:
    static std::expected<std::unique_ptr<Part>, std::string> make(const fs::path& copy) {
        std::error_code none;
        if (fs::exists(fs::symlink_status(copy, none))) {
            return std::unexpected{fmt::format(
                "{} is there already: name another file, or move it away.", copy.string())};
        }
        const auto path = copy.string() + ".part";
        const int made =
            ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
        if (made < 0 && errno == EEXIST) {
            return std::unexpected{fmt::format(
                "{} is there, from a backup that still runs or did not end: wait for it or remove "
                "the file.",
                path)};
        }
        if (made < 0) return std::unexpected{unwritable(path, errno)};
        ::close(made);
        return std::unique_ptr<Part>{new Part{path, copy}};
    }
    ~Part() {
        if (kept_) return;
        std::error_code none;
        for (const auto* end : {"", "-wal", "-shm", "-journal"}) {
            fs::remove(path_.string() + end, none);
        }
    }
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

    const fs::path& path() const { return path_; }

    std::expected<void, std::string> sync() const {
        const int file = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
        const bool synced = file >= 0 && ::fsync(file) == 0;
        const int error = errno;
        if (file >= 0) ::close(file);
        if (!synced) return std::unexpected{unwritable(path_, error)};
        return {};
    }

    std::expected<void, std::string> keep() {
        if (::rename(path_.c_str(), copy_.c_str()) != 0) {
            return std::unexpected{unwritable(copy_, errno)};
        }
        kept_ = true;
        return sync_folder_of(copy_);
    }

  private:
    Part(fs::path path, fs::path copy) : path_{std::move(path)}, copy_{std::move(copy)} {}

    fs::path path_;
    fs::path copy_;
    bool kept_ = false;
};

Result<BackupReport> count(Connection& connection) {
    BackupReport report;
    const auto ask = [&](const char* sql, std::uint64_t& to) -> Result<> {
        const auto found = connection.integer(sql);
        if (!found) return std::unexpected{found.error()};
        to = static_cast<std::uint64_t>(*found);
        return {};
    };
    auto done = ask("PRAGMA page_count", report.pages);
    if (done) done = ask("SELECT count(*) FROM entitlement", report.entitlements);
    if (done) done = ask("SELECT coalesce(sum(last), 0) FROM tenant_feed", report.events);
    if (!done) return std::unexpected{done.error()};
    return report;
}

// With nobody in it a store is judged as at a start; else it was judged when the server started.
Checked check_source(const fs::path& path) {
    std::error_code none;
    if (!fs::exists(path, none)) {
        return std::unexpected{
            fmt::format("{} is not there: name the store in store.url.", path.string())};
    }
    if (FileLock::is_held(path)) return check_file(path);
    if (auto checked = check_files(path); !checked) return checked;
    if (holds_log(path)) return {};
    auto opened = Connection::open(path.string(), Access::inspect, kPatience);
    if (!opened) return std::unexpected{sentence_for(opened.error(), path)};
    const auto in_use = (*opened)->integer(std::string{sql::kIsInUse});
    if (!in_use) return std::unexpected{sentence_for(in_use.error(), path)};
    if (*in_use == 0) return {};
    return std::unexpected{sentence_for_lost_log(path)};
}

Result<> copy_pages(Connection& from, Connection& to) {
    auto* backup = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
    int code = backup == nullptr ? sqlite3_extended_errcode(to.handle()) : SQLITE_OK;
    // One view of the source for all of it, so that nothing is begun anew when somebody writes.
    while (code == SQLITE_OK) code = sqlite3_backup_step(backup, kPagesInAStep);
    const int finished = backup == nullptr ? code : sqlite3_backup_finish(backup);
    if (code == SQLITE_DONE) code = finished;
    if (code != SQLITE_OK) return std::unexpected{Failure{code, sqlite3_errstr(code)}};
    return {};
}

Result<BackupReport> copy_store(const fs::path& path, const fs::path& part) {
    auto source = open_reader(path, {.busy_timeout = kPatience});
    if (!source) return std::unexpected{source.error()};
    if (const auto begun = (*source)->execute("BEGIN"); !begun) {
        return std::unexpected{begun.error()};
    }
    auto counted = count(**source);
    if (!counted) return counted;
    auto target = Connection::open(part.string(), Access::write, kPatience);
    if (!target) return std::unexpected{target.error()};
    int reserved = static_cast<int>(kReservedBytes);
    sqlite3_file_control((*target)->handle(), "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
    // It is synced when it is whole.
    auto done = (*target)->execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;");
    if (done) done = copy_pages(**source, **target);
    if (!done) return std::unexpected{done.error()};
    return counted;
}

// The copy is nobody's: it may stand without a log.
Checked end_use_of(const fs::path& part) {
    auto opened = Connection::open(part.string(), Access::write, kPatience);
    if (!opened) return std::unexpected{sentence_for(opened.error(), part)};
    end_use(**opened, true);
    return {};
}

}  // namespace

std::expected<void, std::string> sync_folder_of(const fs::path& path) {
    const auto parent = path.has_parent_path() ? path.parent_path() : fs::path{"."};
    const int folder = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = folder >= 0 && ::fsync(folder) == 0;
    const int error = errno;
    if (folder >= 0) ::close(folder);
    if (!synced) return std::unexpected{unwritable(parent, error)};
    return {};
}

std::expected<BackupReport, std::string> judge_backup(const fs::path& copy) {
    std::error_code none;
    if (!fs::exists(copy, none)) {
        return std::unexpected{fmt::format("{} is not there: name a backup.", copy.string())};
    }
    const auto pages = verify_file(copy);
    if (!pages) return std::unexpected{pages.error()};
    if (!pages->damaged.empty() || pages->unsealed > 0 || pages->missing > 0) {
        return std::unexpected{
            fmt::format("{} is no whole backup ({} pages damaged, {} without a checksum, {} "
                        "missing): restore another one.",
                        copy.string(), pages->damaged.size(), pages->unsealed, pages->missing)};
    }
    if (holds_log(copy)) {
        return std::unexpected{
            fmt::format("{} has a log beside it, so it is a store and no backup: name it in "
                        "store.url and make a backup of it with `usher backup`.",
                        copy.string())};
    }
    auto opened = Connection::open(copy.string(), Access::inspect, kPatience);
    if (!opened) return std::unexpected{sentence_for(opened.error(), copy)};
    const auto in_use = (*opened)->integer(std::string{sql::kIsInUse});
    const auto wrong =
        (*opened)->integer("SELECT count(*) FROM pragma_quick_check WHERE quick_check <> 'ok'");
    auto report = count(**opened);
    if (!in_use || !wrong || !report) {
        const auto& failure = !in_use ? in_use.error() : !wrong ? wrong.error() : report.error();
        return std::unexpected{sentence_for(failure, copy)};
    }
    if (*in_use != 0) return std::unexpected{sentence_for_lost_log(copy)};
    if (*wrong != 0) {
        return std::unexpected{fmt::format("{} has {} rows out of order: restore another backup.",
                                           copy.string(), *wrong)};
    }
    return *report;
}

std::expected<BackupReport, std::string> back_up(const fs::path& path, const fs::path& copy) {
    if (auto checked = check_source(path); !checked) return std::unexpected{checked.error()};
    auto part = Part::make(copy);
    if (!part) return std::unexpected{part.error()};
    const auto& unfinished = (*part)->path();
    const auto counted = copy_store(path, unfinished);
    if (!counted) {
        // Damage is the source's; room and rights are the copy's.
        const bool is_full = (counted.error().code & 0xff) == SQLITE_FULL;
        return std::unexpected{sentence_for(counted.error(), is_full ? unfinished : path)};
    }
    auto done = end_use_of(unfinished);
    if (done) done = (*part)->sync();
    if (!done) return std::unexpected{done.error()};
    const auto judged = judge_backup(unfinished);
    if (!judged) return std::unexpected{judged.error()};
    if (judged->entitlements != counted->entitlements || judged->events != counted->events) {
        return std::unexpected{
            fmt::format("{} does not hold what {} held: look at its disk and make another backup.",
                        copy.string(), path.string())};
    }
    if (done = (*part)->keep(); !done) return std::unexpected{done.error()};
    return *judged;
}

}  // namespace usher::store::sqlite
