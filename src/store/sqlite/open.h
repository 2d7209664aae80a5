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

OpenedConnection open_writer(const std::filesystem::path& path, const StoreOptions& options);
Result<std::unique_ptr<Connection>> open_reader(const std::filesystem::path& path,
                                                const StoreOptions& options);

// Proves that the file takes writes and syncs, and brings the whole log into the file: what a
// failed sync left in the log must not be built upon.
std::expected<void, std::string> prove_writable(Connection& connection,
                                                const std::filesystem::path& path);

// How a failure is told to people.
std::string sentence_for(const Failure& failure, const std::filesystem::path& path);

}  // namespace usher::store::sqlite
