// `usher restore`: a backup takes the place of the store that the settings name.
#pragma once

#include <expected>
#include <filesystem>

#include "server/node.h"
#include "server/settings.h"
#include "store/store.h"

namespace usher::server {

// No server may use the store meanwhile. Afterwards each entitlement that may live at the partner
// is due for a read, and nothing is sent for it before. Requests that were open in the backup are
// held until a person confirms them (`usher confirm restored`).
std::expected<store::RestoreReport, StartError> restore(const Settings& settings,
                                                        const std::filesystem::path& backup,
                                                        bool replace);

}  // namespace usher::server
