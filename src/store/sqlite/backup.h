// A copy of a store's file, made while it is in use. SQLite's own online copy, read and written
// through our checked file system, so that every page of the copy has its checksum.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "store/store.h"

namespace usher::store::sqlite {

// Errors are sentences.
std::expected<BackupReport, std::string> back_up(const std::filesystem::path& path,
                                                 const std::filesystem::path& copy);

// That the file is a whole backup: each page as it was sealed, nothing missing, no log beside it,
// its tables in order, not in use when it was made. What it holds.
std::expected<BackupReport, std::string> judge_backup(const std::filesystem::path& copy);

// Makes sure that the name of what is in the folder is on the disk, too.
std::expected<void, std::string> sync_folder_of(const std::filesystem::path& path);

}  // namespace usher::store::sqlite
