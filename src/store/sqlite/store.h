// Makes a store of a file.
#pragma once

#include <filesystem>

#include "store/store.h"

namespace usher::store::sqlite {

OpenResult open_file(const std::filesystem::path& path, base::Clock& clock, StoreOptions options);

}  // namespace usher::store::sqlite
