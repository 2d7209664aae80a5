// The operator says what an entitlement's status is now (OpenTV §2.1 G3 to G7, design §4).
// Recorded durably first; then carried to the partner, waiting at most `wait` for that.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "domain/entitlement.h"
#include "flow/failure.h"
#include "flow/once.h"
#include "flow/ports.h"

namespace usher::flow {

enum class Propagated : std::uint8_t {
    confirmed,  // both sides agree
    pending,    // recorded; the partner is told as soon as it can be
};

struct Updated {
    bool modified = false;  // false: the record was so already
    Propagated propagated{};
    std::uint64_t version = 0;
    domain::EntitlementStatus status{};  // the record's, and the partner's, when it was answered
    domain::PartnerStatus partner_status{};
};

// An ending is asked for softly or, where that cannot be, at once. A deletion (OpenTV §2.1 G8) is
// an ending after which the operator does not see the record any more. Its history is kept.
struct UpdateStatus {
    domain::TenantId tenant;
    domain::EntitlementId entitlement;
    domain::EntitlementStatus status{};  // of an ending and a deletion: not looked at
    bool ends = false;
    bool deletes = false;
    // Assertions: they protect the caller from changing the wrong entitlement and change nothing.
    std::optional<domain::AccountId> account;
    std::optional<domain::ProductId> product;
    std::optional<std::string> product_type;
    std::optional<std::uint64_t> if_version;
    domain::Reason reason;
    domain::Asker asker;
    base::Duration wait{};
    std::optional<Once<Updated>> once{};
};

// A request that was overtaken by a newer one while it waited is answered as recorded and pending.
base::Task<std::expected<Updated, Failure>> update_status(Ports& ports, UpdateStatus request);

// As the row would be, if it were asked; no row when nothing would change. Nothing is recorded.
base::Task<std::expected<Tried, Failure>> try_update(Ports& ports, UpdateStatus request);

// Adds what one more would lead to.
inline void add(Tried& all, Tried one) {
    for (auto& row : one.rows) all.rows.push_back(std::move(row));
    all.losses += one.losses;
}

}  // namespace usher::flow
