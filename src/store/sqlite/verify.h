// Reads a whole main file and judges its pages, also while a server writes to it.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "store/store.h"

namespace usher::store::sqlite {

// The error is a sentence: the file cannot be read, or is no store of Usher's.
std::expected<FileReport, std::string> verify_file(const std::filesystem::path& path);

// Gives the pages that another program copied out of the log their checksum. How many there were.
// With nobody in the file.
std::expected<std::uint64_t, std::string> seal_copied_pages(const std::filesystem::path& path);

}  // namespace usher::store::sqlite
