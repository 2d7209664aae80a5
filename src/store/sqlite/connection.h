// One SQLite connection and its prepared statements. By one thread at a time. Errors are SQLite's
// result codes.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace usher::store::sqlite {

enum class Access {
    create,
    write,
    read,
    inspect,  // the main file alone, as it is: no log, no lock, nothing made
};

struct Failure {
    int code = 0;      // extended result code
    std::string text;  // SQLite's words for it; holds no values
};

template <class T = void>
using Result = std::expected<T, Failure>;

struct Prepared {
    sqlite3_stmt* statement = nullptr;
    std::vector<int> parameters;  // of $1, $2, …, as SQLite numbers them
};

// A prepared statement while it is in use; reset when it goes.
class Cursor {
  public:
    explicit Cursor(const Prepared& prepared) : prepared_{&prepared} {}
    ~Cursor();
    Cursor(Cursor&& other) noexcept : prepared_{std::exchange(other.prepared_, nullptr)} {}
    Cursor& operator=(Cursor&&) = delete;

    void bind(int parameter, std::int64_t value);
    void bind(int parameter, std::string_view value);  // copied
    void bind_null(int parameter);

    Result<bool> next();  // false: no more rows
    Result<> run();       // to its end

    bool is_null(int column) const;
    bool is_text(int column) const;
    bool is_integer(int column) const;
    std::int64_t integer(int column) const;
    std::string text(int column) const;

  private:
    sqlite3_stmt* statement() const { return prepared_->statement; }
    int index(int parameter) const {
        return prepared_->parameters.at(static_cast<std::size_t>(parameter) - 1);
    }

    const Prepared* prepared_;
};

class Connection {
  public:
    static Result<std::unique_ptr<Connection>> open(const std::string& path, Access access,
                                                    std::chrono::milliseconds busy_timeout);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Cached by text; $1 is parameter 1.
    Result<Cursor> prepare(std::string_view sql);
    // Of a text that is made for one question; not kept.
    class Once {
      public:
        ~Once();
        Once(Once&&) = default;
        Cursor& operator*() { return *cursor_; }
        Cursor* operator->() { return &*cursor_; }

      private:
        friend class Connection;
        explicit Once(Prepared prepared);

        std::unique_ptr<Prepared> prepared_;
        std::optional<Cursor> cursor_;
    };
    Result<Once> prepare_once(const std::string& sql);
    // Several statements without parameters or rows.
    Result<> execute(const std::string& sql);
    Result<std::int64_t> integer(const std::string& sql);

    // As SQLite has it, the last connection to go copies the log into the file and removes it; ours
    // leave both as they are until they are told otherwise.
    void remove_log_at_close();

    bool in_transaction() const;
    void rollback();

    // `full` waits until all can be copied; `restart` also lets the log begin anew, and `truncate`
    // empties it.
    enum class CheckpointMode { passive, full, restart, truncate };
    // True: nothing is left in the log. `patience` with readers; none given: the connection's own.
    Result<bool> checkpoint(CheckpointMode mode,
                            std::optional<std::chrono::milliseconds> patience = std::nullopt);
    std::int64_t log_pages() const { return log_pages_; }

    // As much as can be copied beside one that writes; waits for nobody.
    struct LogCopied {
        std::int64_t pages = 0;  // of the log, in the file now
        bool held_up = false;    // somebody kept it from what else there was
    };
    Result<LogCopied> copy_log();

    sqlite3* handle() const { return db_; }

  private:
    Connection(sqlite3* db, std::chrono::milliseconds busy_timeout)
        : db_{db}, busy_timeout_{busy_timeout} {}
    Failure failure(int code) const;

    sqlite3* db_;
    const std::chrono::milliseconds busy_timeout_;
    std::map<const char*, Prepared> statements_;  // by the address of their text
    std::int64_t log_pages_ = 0;
};

}  // namespace usher::store::sqlite
