// Puts a backup in the place of a store's file.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "base/clock.h"
#include "store/store.h"

namespace usher::store::sqlite {

// Errors are sentences. What was there is there until the restored file is whole and on the disk.
std::expected<RestoreReport, std::string> restore(const std::filesystem::path& given,
                                                  base::Clock& clock,
                                                  const RestoreRequest& request);

}  // namespace usher::store::sqlite
