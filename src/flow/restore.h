// What becomes of an entitlement that comes from a backup, before anything is sent for it.
#pragma once

#include "flow/ports.h"
#include "flow/recording.h"
#include "flow/store.h"

namespace usher::flow {

// Marks what the partner has as unknown, so that it is due for a read, voids the claim, and opens
// the calls whose outcome the copy does not know. Nothing for what cannot live at the partner.
// Pure.
Writes doubt_restored(const Rows& rows, const Limits& limits);

// The operator's request was still open in the copy; it may have been carried out, refused or
// overtaken since. Whoever looks at the entitlement is told that it was restored with the request.
void keep_restored_request(Recording& recording);

}  // namespace usher::flow
