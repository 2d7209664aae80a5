// The sandbox's memory on disk: one SQLite file, a table of keys and values for each Table.
// A save is one transaction in WAL mode with synchronous=NORMAL: it survives a killed process; the
// last ones may be lost with the machine's power. One thread; owns its connection.
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/journal.h"

struct sqlite3;
struct sqlite3_stmt;

namespace usher::sandbox {

class StateFile {
  public:
    // The errors are sentences that name the file.
    static std::expected<StateFile, std::string> open(const std::string& path);

    std::expected<std::vector<std::pair<std::string, std::string>>, std::string> load(Table table);

    // All or nothing.
    std::expected<void, std::string> save(std::span<const Write> writes);

  private:
    struct CloseDatabase {
        void operator()(sqlite3* database) const;
    };
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    using Database = std::unique_ptr<sqlite3, CloseDatabase>;
    using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

    StateFile(std::string path, Database database);

    std::expected<void, std::string> create_tables();
    std::expected<void, std::string> prepare_writes();
    std::expected<void, std::string> run(const char* sql);
    std::expected<void, std::string> write(const Write& write);
    std::expected<Statement, std::string> prepare(const std::string& sql);
    std::string problem() const;

    std::string path_;
    Database database_;
    std::vector<Statement> puts_;    // by table
    std::vector<Statement> erases_;  // by table
};

}  // namespace usher::sandbox
