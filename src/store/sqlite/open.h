// Opens the store's file, checks that it is one, and brings its schema up to date. Errors are
// sentences that name the file and the remedy.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <string>

#include "store/sqlite/connection.h"
#include "store/store.h"

namespace usher::store::sqlite {

using OpenedConnection = std::expected<std::unique_ptr<Connection>, std::string>;

using Checked = std::expected<void, std::string>;

// What can be told of a file without opening it: a directory, a store of another program or of a
// newer Usher, a log without its file. A file that is not there is in order.
Checked check_files(const std::filesystem::path& path);

OpenedConnection open_writer(const std::filesystem::path& path, const StoreOptions& options);
Result<std::unique_ptr<Connection>> open_reader(const std::filesystem::path& path,
                                                const StoreOptions& options);

// Proves that the file takes writes and syncs, and brings the whole log into the file: what a
// failed sync left in the log must not be built upon.
Checked prove_writable(Connection& connection, const std::filesystem::path& path);

// How a failure is told to people.
std::string sentence_for(const Failure& failure, const std::filesystem::path& path);

}  // namespace usher::store::sqlite
