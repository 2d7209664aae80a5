#include "store/sqlite/restore.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "store/sql/statements.h"
#include "store/sqlite/backup.h"
#include "store/sqlite/engine.h"
#include "store/sqlite/file_checks.h"
#include "store/sqlite/open.h"
#include "store/sqlite/queries.h"

namespace usher::store::sqlite {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kKeysAtOnce = 1000;

struct Key {
    domain::TenantId tenant;
    domain::EntitlementId entitlement;
};

std::string failed(const fs::path& path, std::string_view what, const std::error_code& error) {
    return fmt::format("{} cannot be {} ({}): make room on its disk and its folder writable.",
                       path.string(), what, error.message());
}

bool holds_anything(const fs::path& path) {
    std::error_code none;
    return fs::exists(path, none) && fs::file_size(path, none) > 0;
}

// What is being made, beside the file whose place it takes. What an earlier restore left goes.
class Draft {
  public:
    explicit Draft(const fs::path& path) : path_{path.string() + ".restoring"} { clear(); }
    ~Draft() { clear(); }
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;

    const fs::path& path() const { return path_; }

    Checked copy(const fs::path& from) const {
        const int made =
            ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
        std::error_code error{errno, std::generic_category()};
        if (made < 0) return std::unexpected{failed(path_, "made", error)};
        ::close(made);
        fs::copy_file(from, path_, fs::copy_options::overwrite_existing, error);
        if (!error) fs::permissions(path_, fs::perms::owner_read | fs::perms::owner_write, error);
        if (error) return std::unexpected{failed(path_, "written", error)};
        return {};
    }

  private:
    void clear() const {
        std::error_code none;
        for (const auto* end : {"", "-wal", "-shm", "-journal"}) {
            fs::remove(path_.string() + end, none);
        }
    }

    fs::path path_;
};

Result<std::vector<Key>> keys_after(Connection& connection, const Key& last) {
    auto cursor = look_up(connection, sql::kFindKeys, last.tenant.text(), last.entitlement.text(),
                          kKeysAtOnce);
    if (!cursor) return std::unexpected{cursor.error()};
    std::vector<Key> keys;
    while (true) {
        const auto more = cursor->next();
        if (!more) return std::unexpected{more.error()};
        if (!*more) return keys;
        keys.push_back({domain::TenantId{cursor->text(0)}, domain::EntitlementId{cursor->text(1)}});
    }
}

// One entitlement, in the transaction that is open. The error is a sentence.
std::expected<bool, std::string> decide_one(SqliteWriter& writer, const Key& key,
                                            const RestoreRequest& request, base::Time now) {
    const flow::Wanted wanted{.tenant = key.tenant, .entitlement = key.entitlement};
    const auto rows = writer.read(wanted, now);
    if (!rows) return std::unexpected{writer.trouble()};
    const auto writes = request.decide(*rows);
    if (writes.empty()) return false;
    if (writer.apply(wanted, *rows, writes) != Applied::done) {
        return std::unexpected{writer.trouble()};
    }
    return true;
}

std::expected<RestoreReport, std::string> decide_all(SqliteWriter& writer, Connection& reader,
                                                     const fs::path& path,
                                                     const RestoreRequest& request,
                                                     base::Time now) {
    RestoreReport report;
    if (!writer.begin()) return std::unexpected{writer.trouble()};
    Key last;
    while (true) {
        const auto keys = keys_after(reader, last);
        if (!keys) return std::unexpected{sentence_for(keys.error(), path)};
        if (keys->empty()) break;
        for (const auto& key : *keys) {
            const auto changed = decide_one(writer, key, request, now);
            if (!changed) return std::unexpected{changed.error()};
            ++report.entitlements;
            report.changed += *changed ? 1 : 0;
        }
        last = keys->back();
    }
    if (const auto hold = request.hold ? request.hold(now) : std::nullopt) {
        const flow::Wanted wanted{.tenant = hold->tenant};
        if (writer.apply(wanted, {.now = now}, {.hold = hold}) != Applied::done) {
            return std::unexpected{writer.trouble()};
        }
        report.held = true;
    }
    if (writer.commit() != Commit::done) return std::unexpected{writer.trouble()};
    return report;
}

// With the schema of this version, what was decided written down, and closed in order.
std::expected<RestoreReport, std::string> bring_in_order(const fs::path& path,
                                                         const RestoreRequest& request,
                                                         base::Time now) {
    auto shared = std::make_shared<Shared>();
    shared->path = path;
    auto connection = open_writer(path, shared->options, Opening::first);
    if (!connection) return std::unexpected{std::move(connection.error())};
    shared->remember_files();
    SqliteWriter writer{shared, std::move(*connection)};
    // Sees what was committed before, whatever is written meanwhile.
    auto reader = open_reader(path, shared->options);
    if (!reader) return std::unexpected{sentence_for(reader.error(), path)};
    auto report = decide_all(writer, **reader, path, request, now);
    if (!report) writer.rollback();
    reader->reset();
    return report;
}

std::string name_for_the_old(const fs::path& path, base::Time now) {
    auto time = base::format_time(now);
    std::erase_if(time, [](char c) { return c == ':' || c == '-'; });
    return fmt::format("{}.replaced-{}", path.string(), time);
}

Checked move_aside(const fs::path& path, const fs::path& to) {
    // The log first: a file without its log is refused at a start, a log alone likewise.
    for (const auto* end : {"-wal", "-shm", ""}) {
        const fs::path from = path.string() + end;
        std::error_code error;
        if (!fs::exists(from, error)) continue;
        fs::rename(from, to.string() + end, error);
        if (error) return std::unexpected{failed(from, "moved aside", error)};
    }
    return {};
}

}  // namespace

std::expected<RestoreReport, std::string> restore(const fs::path& given, base::Clock& clock,
                                                  const RestoreRequest& request) {
    std::error_code error;
    auto path = fs::weakly_canonical(given, error);
    if (error) path = given;
    if (fs::equivalent(path, request.from, error)) {
        return std::unexpected{fmt::format(
            "{} is the store itself: name a backup to restore it from.", path.string())};
    }
    if (const auto judged = judge_backup(request.from); !judged) {
        return std::unexpected{judged.error()};
    }
    const auto lock = FileLock::take(path);
    if (!lock) return std::unexpected{lock.error()};
    const bool replaces = holds_anything(path) || holds_log(path);
    if (replaces && !request.replace) {
        return std::unexpected{fmt::format(
            "{} is there and not empty: name another file in store.url, or restore with --replace, "
            "which moves it aside.",
            path.string())};
    }
    const Draft draft{path};
    if (const auto copied = draft.copy(request.from); !copied) {
        return std::unexpected{copied.error()};
    }
    auto report = bring_in_order(draft.path(), request, clock.now());
    if (!report) return report;
    if (const auto judged = judge_backup(draft.path()); !judged) {
        return std::unexpected{judged.error()};
    }
    if (replaces) {
        report->set_aside = name_for_the_old(path, clock.now());
        if (const auto moved = move_aside(path, report->set_aside); !moved) {
            return std::unexpected{moved.error()};
        }
    }
    fs::rename(draft.path(), path, error);
    if (error) return std::unexpected{failed(path, "put in place", error)};
    if (const auto synced = sync_folder_of(path); !synced) return std::unexpected{synced.error()};
    return report;
}

}  // namespace usher::store::sqlite
