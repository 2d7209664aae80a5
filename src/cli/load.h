// The settings that a command works with. Problems go to standard error.
#pragma once

#include <optional>
#include <string>

#include "server/settings.h"

namespace usher::cli {

// Complete and checked.
std::optional<server::Settings> load(const std::string& config);

// Without a file: what the environment says, complete or not; for commands that need the store
// alone.
std::optional<server::Settings> load_or_environment(const std::string& config);

}  // namespace usher::cli
