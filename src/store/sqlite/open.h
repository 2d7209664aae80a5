// Opens the store's file, checks that it is one, and brings its schema up to date. Errors are
// sentences that name the file and the remedy.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <string>

#include "store/sqlite/connection.h"
#include "store/sqlite/file_checks.h"
#include "store/store.h"

namespace usher::store::sqlite {

using OpenedConnection = std::expected<std::unique_ptr<Connection>, std::string>;

enum class Opening {
    first,  // makes the file when there is none
    again,  // after trouble: the same file
};

// Ready to write, and proved so: what a failed sync left in the log is in the file, and not built
// upon.
OpenedConnection open_writer(const std::filesystem::path& path, const StoreOptions& options,
                             Opening opening);
Result<std::unique_ptr<Connection>> open_reader(const std::filesystem::path& path,
                                                const StoreOptions& options);

// To copy the log back beside the writer.
Result<std::unique_ptr<Connection>> open_copier(const std::filesystem::path& path,
                                                const StoreOptions& options);

// A small change of its own. After the log was copied completely, so that it always holds something
// that is not in the file: another program that copies and removes it leaves a trace then.
Result<> touch(Connection& connection);

// Before an orderly end: everything is in the file, and the log is not needed any more. A log that
// is not the one we wrote to is left alone. What goes wrong is left to the next start.
void end_use(Connection& connection, bool log_is_ours);

std::string sentence_for_lost_log(const std::filesystem::path& path);

// How a failure is told to people.
std::string sentence_for(const Failure& failure, const std::filesystem::path& path);

}  // namespace usher::store::sqlite
