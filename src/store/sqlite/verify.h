// Reads a whole main file and judges its pages, also while a server writes to it.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "store/store.h"

namespace usher::store::sqlite {

// The error is a sentence: the file cannot be read, or is no store of Usher's.
std::expected<FileReport, std::string> verify_file(const std::filesystem::path& path);

}  // namespace usher::store::sqlite
