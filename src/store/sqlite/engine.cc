#include "store/sqlite/engine.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/planted.h"
#include "store/sql/answer_statements.h"
#include "store/sql/bulk_statements.h"
#include "store/sql/comparison_statements.h"
#include "store/sql/report_statements.h"
#include "store/sql/tenant_statements.h"
#include "store/sqlite/copier.h"
#include "store/sqlite/open.h"
#include "store/sqlite/page.h"
#include "store/sqlite/queries.h"

namespace usher::store::sqlite {

namespace {

// Ours are done within less; one who reads for long, as a backup does, is not waited for.
constexpr std::chrono::milliseconds kPatienceWithReaders{50};
constexpr auto kLoggedPageBytes =
    std::int64_t{kPageBytes} + 24;  // a page of the log with its header

bool is_taken(const Failure& failure) {
    return failure.code == SQLITE_CONSTRAINT_UNIQUE ||
           failure.code == SQLITE_CONSTRAINT_PRIMARYKEY || failure.code == SQLITE_CONSTRAINT_ROWID;
}

// Only this command is at fault; the transaction and the file are sound.
bool is_of_the_command(const Failure& failure) {
    const int kind = failure.code & 0xff;
    return kind == SQLITE_CONSTRAINT || kind == SQLITE_TOOBIG || kind == SQLITE_MISMATCH ||
           kind == SQLITE_RANGE;
}

Result<> run(Result<Cursor>& cursor) {
    if (!cursor) return std::unexpected{cursor.error()};
    return cursor->run();
}

template <class... Values>
Result<> put(Connection& connection, std::string_view sql, const Values&... values) {
    auto cursor = connection.prepare(sql);
    if (!cursor) return std::unexpected{cursor.error()};
    bind_row(*cursor, values...);
    return cursor->run();
}

template <class T>
Result<> keep(Result<T> found, T& to) {
    if (!found) return std::unexpected{found.error()};
    to = std::move(*found);
    return {};
}

}  // namespace

void Shared::remember_files() {
    const std::lock_guard guard{mutex_};
    file_ = identity_of(path);
    log_ = identity_of(log_of(path));
}

bool Shared::file_is_there() const {
    const auto file = identity_of(path);
    const std::lock_guard guard{mutex_};
    return file == file_;
}

std::expected<void, std::string> Shared::present() const {
    const auto file = identity_of(path);
    const auto log = identity_of(log_of(path));
    const std::lock_guard guard{mutex_};
    if (file == file_ && log == log_) return {};
    return std::unexpected{
        fmt::format("{} was removed or replaced while it was in use: put the same file back, or "
                    "stop Usher and restore a backup.",
                    file == file_ ? log_of(path).string() : path.string())};
}

SqliteWriter::SqliteWriter(std::shared_ptr<Shared> shared, std::unique_ptr<Connection> connection)
    : shared_{std::move(shared)},
      connection_{std::move(connection)},
      copier_{std::make_unique<Copier>(shared_)},
      metrics_{shared_->options.metrics} {}

SqliteWriter::~SqliteWriter() {
    if (!connection_ || !shared_->file_is_there()) return;
    connection_->rollback();
    end_use(*connection_, shared_->present().has_value());
}

bool SqliteWriter::remember(const Failure& failure) {
    trouble_ = sentence_for(failure, shared_->path);
    return false;
}

Applied SqliteWriter::verdict(const Failure& failure) {
    remember(failure);
    // SQLite ends the transaction over a damaged page; those of the group that need it not go on.
    const bool sound = connection_->in_transaction() && is_of_the_command(failure);
    return sound || failure.code == SQLITE_IOERR_DATA ? Applied::failed : Applied::broken;
}

bool SqliteWriter::begin() {
    if (const auto there = shared_->present(); !there) {
        trouble_ = there.error();
        return false;
    }
    auto cursor = look_up(*connection_, "BEGIN IMMEDIATE");
    const auto begun = run(cursor);
    return begun ? true : remember(begun.error());
}

std::expected<flow::Rows, ReadProblem> SqliteWriter::read(const flow::Wanted& wanted,
                                                          base::Time now) {
    flow::Rows rows;
    rows.now = now;
    auto done = read_rows(wanted, rows);
    if (done) done = read_holders(wanted, rows);
    if (done) return rows;
    remember(done.error());
    const int kind = done.error().code & 0xff;
    const bool damaged = done.error().code == kDamagedRow || kind == SQLITE_CORRUPT ||
                         done.error().code == SQLITE_IOERR_DATA;
    if (!damaged) return std::unexpected{ReadProblem::broken};
    return std::unexpected{connection_->in_transaction() ? ReadProblem::damaged
                                                         : ReadProblem::ended};
}

Result<> SqliteWriter::read_rows(const flow::Wanted& wanted, flow::Rows& rows) {
    auto& connection = *connection_;
    Result<> done;
    if (wanted.entitlement) {
        done = keep(find_entitlement(connection, wanted.tenant, *wanted.entitlement),
                    rows.entitlement);
    }
    if (done && wanted.account) {
        done = keep(find_account(connection, wanted.tenant, *wanted.account), rows.account);
    }
    if (done && wanted.product) {
        done = keep(find_product(connection, wanted.tenant, *wanted.product), rows.product);
    }
    if (done && wanted.sweep) {
        auto cursor = look_up(connection, sql::kFindSweep, wanted.tenant.text());
        if (!cursor) return std::unexpected{cursor.error()};
        done = keep(read_one<flow::Sweep>(*cursor), rows.sweep);
    }
    if (done && wanted.reports_of) {
        auto cursor = look_up(connection, sql::kFindReportMarks, wanted.tenant.text(),
                              wanted.reports_of->text());
        if (!cursor) return std::unexpected{cursor.error()};
        done = keep(read_all<flow::ReportMark>(*cursor), rows.reports);
    }
    if (done && wanted.idempotency) {
        done = keep(find_answer(connection, *wanted.idempotency), rows.kept);
    }
    if (done && wanted.bulk) {
        auto cursor = look_up(connection, sql::kFindBulk, wanted.tenant.text(), *wanted.bulk);
        if (!cursor) return std::unexpected{cursor.error()};
        done = keep(read_one<flow::Bulk>(*cursor), rows.bulk);
    }
    if (done && wanted.sub_tenant) {
        auto cursor = look_up(connection, sql::kFindSubTenant, wanted.sub_tenant->text());
        if (!cursor) return std::unexpected{cursor.error()};
        done = keep(read_one<flow::SubTenant>(*cursor), rows.sub_tenant);
    }
    if (done && wanted.occupant && wanted.account && wanted.product) {
        const auto sql = base::planted(base::Planted::place_without_tenant)
                             ? sql::kFindOccupantAnywhere
                             : sql::kFindOccupant;
        auto cursor = look_up(connection, sql, wanted.tenant.text(), wanted.account->text(),
                              wanted.product->text());
        if (!cursor) return std::unexpected{cursor.error()};
        done = keep(read_entitlement(connection, *cursor), rows.occupant);
    }
    return done;
}

Result<> SqliteWriter::read_holders(const flow::Wanted& wanted, flow::Rows& rows) {
    for (const auto& key : wanted.partner_keys) {
        auto cursor = look_up(*connection_, sql::kFindHolder, key.merchant.text(), key.id.text());
        if (!cursor) return std::unexpected{cursor.error()};
        const auto more = cursor->next();
        if (!more) return std::unexpected{more.error()};
        if (!*more) continue;
        rows.holders.emplace(key, std::pair{domain::TenantId{cursor->text(0)},
                                            domain::EntitlementId{cursor->text(1)}});
    }
    return {};
}

Result<SqliteWriter::FeedEnd*> SqliteWriter::feed_end(const domain::TenantId& tenant) {
    const auto known = feed_ends_.find(tenant);
    if (known != feed_ends_.end()) return &known->second;
    auto cursor = look_up(*connection_, sql::kFindFeedEnd, tenant.text());
    if (!cursor) return std::unexpected{cursor.error()};
    const auto more = cursor->next();
    if (!more) return std::unexpected{more.error()};
    auto& end = feed_ends_[tenant];
    if (*more) end.last = cursor->integer(0);
    return &end;
}

Applied SqliteWriter::apply(const flow::Wanted& wanted, const flow::Rows& rows,
                            const flow::Writes& writes) {
    const auto end = feed_end(wanted.tenant);
    if (!end) return verdict(end.error());
    const auto changes = work_out(wanted, rows, writes, (*end)->last);
    // First what may be taken already: a conflict then leaves nothing behind.
    if (const auto applied = put_row(changes); applied != Applied::done) return applied;
    if (const auto done = put_rest(writes, changes); !done) return verdict(done.error());
    if (const auto done = put_reports(wanted, writes); !done) return verdict(done.error());
    if (const auto done = put_answers(wanted, writes); !done) return verdict(done.error());
    if (const auto done = put_tenant(writes); !done) return verdict(done.error());
    if (!changes.events.empty()) **end = {changes.events.back().position, true};
    return Applied::done;
}

Applied SqliteWriter::put_row(const Changes& changes) {
    if (!changes.row) return Applied::done;
    const auto& row = *changes.row;
    const auto write = [&](std::string_view sql, auto bind) -> Result<> {
        auto cursor = connection_->prepare(sql);
        if (!cursor) return std::unexpected{cursor.error()};
        bind(*cursor, row);
        return cursor->run();
    };
    Result<> done;
    if (!changes.before) {
        done = write(sql::kInsertEntitlement, bind_new);
    } else if (!same_identity(row, *changes.before)) {
        done = write(sql::kUpdateIdentity, bind_identity);
    }
    if (!done) return is_taken(done.error()) ? Applied::conflict : verdict(done.error());
    if (changes.before) {
        const bool same = row.convergence.status == changes.before->convergence.status;
        done = write(same ? sql::kUpdateWithSameStatus : sql::kUpdateEntitlement, bind_state);
    }
    return done ? Applied::done : verdict(done.error());
}

Result<> SqliteWriter::put_rest(const flow::Writes& writes, const Changes& changes) {
    auto& connection = *connection_;
    Result<> done;
    for (const auto& call : changes.calls) {
        done = put(connection, sql::kPutCall, *writes.entitlement, call);
        if (!done) return done;
    }
    for (const auto& event : changes.events) {
        done = put(connection, sql::kInsertEvent, event);
        if (!done) return done;
    }
    if (writes.account) done = put(connection, sql::kPutAccount, *writes.account);
    if (done && writes.product) done = put(connection, sql::kPutProduct, *writes.product);
    if (done && writes.sweep) done = put(connection, sql::kPutSweep, *writes.sweep);
    if (done && writes.hold) done = put(connection, sql::kPutHold, *writes.hold);
    if (done && writes.pin) done = put(connection, sql::kPutPin, *writes.pin);
    if (done && writes.comparison) {
        done = put(connection, sql::kPutComparison, *writes.comparison);
    }
    return done;
}

Result<> SqliteWriter::put_reports(const flow::Wanted& wanted, const flow::Writes& writes) {
    constexpr std::int64_t kMostForgotten = 200;
    auto& connection = *connection_;
    Result<> done;
    for (const auto& digest : writes.forgotten_reports) {
        auto cursor = look_up(connection, sql::kForgetReport, wanted.tenant.text(),
                              wanted.reports_of.value_or(domain::EntitlementId{}).text(), digest);
        if (done = run(cursor); !done) return done;
    }
    if (writes.reports_until) {
        auto cursor = look_up(connection, sql::kForgetOldReports, wanted.tenant.text(),
                              std::int64_t{base::to_micros(*writes.reports_until)}, kMostForgotten);
        done = run(cursor);
    }
    if (done && writes.report) done = put(connection, sql::kPutReport, *writes.report);
    return done;
}

Result<> SqliteWriter::put_answers(const flow::Wanted& wanted, const flow::Writes& writes) {
    constexpr std::int64_t kMostForgotten = 500;
    auto& connection = *connection_;
    Result<> done;
    if (writes.answers_until) {
        const auto until = *writes.answers_until;
        auto old =
            look_up(connection, sql::kForgetOldAnswers, wanted.tenant.text(),
                    std::int64_t{base::to_micros(until)},
                    std::int64_t{base::to_micros(until - flow::kAnswersKept)}, kMostForgotten);
        if (done = run(old); !done) return done;
        auto links =
            look_up(connection, sql::kForgetOldLinks, wanted.tenant.text(),
                    std::int64_t{base::to_micros(until)},
                    std::int64_t{base::Duration{flow::kAnswersKept}.count()}, kMostForgotten);
        if (done = run(links); !done) return done;
    }
    if (writes.kept) done = put(connection, sql::kPutAnswer, *writes.kept);
    return done;
}

Result<> SqliteWriter::put_tenant(const flow::Writes& writes) {
    Result<> done;
    if (writes.sub_tenant) done = put(*connection_, sql::kPutSubTenant, *writes.sub_tenant);
    if (done && writes.tenant_change) {
        done = put(*connection_, sql::kInsertTenantChange, *writes.tenant_change);
    }
    if (done && writes.bulk) done = put(*connection_, sql::kPutBulk, *writes.bulk);
    return done;
}

Result<> SqliteWriter::put_feed_ends() {
    for (auto& [tenant, end] : feed_ends_) {
        if (!end.moved) continue;
        auto cursor = look_up(*connection_, sql::kMoveFeedEnd, tenant.text(), end.last);
        if (const auto done = run(cursor); !done) return done;
        end.moved = false;
    }
    return {};
}

void SqliteWriter::forget_feed_ends() {
    if (!base::planted(base::Planted::position_kept_after_rollback)) feed_ends_.clear();
}

void SqliteWriter::rollback() {
    if (connection_) connection_->rollback();
    forget_feed_ends();
}

Commit SqliteWriter::commit() {
    if (const auto done = put_feed_ends(); !done) {
        remember(done.error());
        rollback();
        return Commit::nothing;
    }
    auto cursor = look_up(*connection_, "COMMIT");
    const auto committed = run(cursor);
    if (committed) return Commit::done;
    remember(committed.error());
    rollback();
    return Commit::unknown;
}

// The writer is held up only for what it has appended while all else was copied. That becomes less
// with each copy as long as the disk keeps up; where it does not, the hard limit makes it.
bool SqliteWriter::maintain() {
    const auto log_bytes = connection_->log_pages() * kLoggedPageBytes;
    metrics_.log_bytes(log_bytes);
    const auto& options = shared_->options;
    const bool is_full = log_bytes >= options.wal_hard_bytes;
    if (copier_->is_wanted()) {
        if (!is_full) return true;
        copier_->wait();
    }
    const auto enough = options.wal_soft_bytes / 4;
    if (const auto copied = copier_->take()) {
        if (!*copied) return remember(copied->error());
        const auto left = log_bytes - (*copied)->pages * kLoggedPageBytes;
        if (left < 0) {  // all of it was copied, and the log has begun anew since
            metrics_.checkpoint();
            next_checkpoint_ = 0;
            return true;
        }
        if (is_full || left <= enough) return copy_here(log_bytes);
        next_checkpoint_ = (*copied)->held_up ? log_bytes + enough : 0;
    }
    if (log_bytes >= std::max(options.wal_soft_bytes, next_checkpoint_)) copier_->begin();
    return true;
}

void SqliteWriter::run_upkeep() {
    copier_->step();
}

bool SqliteWriter::upkeep_has_ended() const {
    return copier_->has_ended();
}

void SqliteWriter::tell_of_upkeep(const UpkeepEars& ears) {
    copier_->tell(ears);
}

bool SqliteWriter::copy_here(std::int64_t log_bytes) {
    const auto& options = shared_->options;
    // A reader may hold up the passive one; the other waits for readers, who are short.
    auto mode = Connection::CheckpointMode::passive;
    if (log_bytes >= options.wal_hard_bytes) mode = Connection::CheckpointMode::restart;
    const auto copied = connection_->checkpoint(mode, kPatienceWithReaders);
    if (!copied) return remember(copied.error());
    if (*copied) {
        metrics_.checkpoint();
        if (const auto touched = touch(*connection_); !touched) return remember(touched.error());
    }
    // Somebody who reads for long, as a backup does, must not make every group wait.
    next_checkpoint_ = *copied ? 0 : log_bytes + options.wal_soft_bytes / 4;
    return true;
}

std::expected<void, std::string> SqliteWriter::reopen() {
    if (auto there = shared_->present(); !there) return there;
    forget_feed_ends();
    next_checkpoint_ = 0;
    if (copier_->is_wanted()) copier_->wait();
    (void)copier_->take();
    connection_.reset();
    ++shared_->opened;
    auto opened = open_writer(shared_->path, shared_->options, Opening::again);
    if (!opened) return std::unexpected{std::move(opened.error())};
    connection_ = std::move(*opened);
    shared_->remember_files();
    trouble_.clear();
    return {};
}

Result<> SqliteWriter::void_leases(base::Time now) {
    auto cursor = look_up(*connection_, sql::kVoidLeases, std::int64_t{base::to_micros(now)});
    return run(cursor);
}

}  // namespace usher::store::sqlite
