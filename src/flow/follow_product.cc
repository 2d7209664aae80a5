#include "flow/follow_product.h"

#include <fmt/format.h>

#include "flow/recording.h"

namespace usher::flow {

void move_or_tell_why(Recording& recording, const Rows& rows, domain::Initiator initiator) {
    const auto& row = recording.entitlement();
    const bool taken = rows.occupant && rows.occupant->id != row.id;
    if (!taken || !row.occupies) return recording.move_to(*rows.product, initiator);
    recording.blame(domain::Problem::product_taken,
                    fmt::format("the partner has the product {} there, which the account holds as "
                                "{} already",
                                rows.product->product_key.text(), rows.occupant->id.text()));
}

namespace {

using Followed = std::shared_ptr<const domain::Entitlement>;

// Nothing when the row has gone on meanwhile.
std::optional<Recording> decide(const Rows& rows, const domain::ProductKey& key,
                                const std::optional<domain::Product>& found) {
    if (key.empty() || !rows.entitlement || rows.entitlement->other_product_key != key) {
        return std::nullopt;
    }
    Recording recording{*rows.entitlement, rows.now};
    if (!found) {
        recording.blame(domain::Problem::product_not_ours,
                        fmt::format("the partner has the product {} there, which is none of the "
                                    "platform's",
                                    key.text()));
        return recording;
    }
    if (!rows.product || rows.product->product_key != key) return std::nullopt;
    move_or_tell_why(recording, rows, domain::Initiator::partner);
    return recording;
}

}  // namespace

base::Task<StoreResult<Followed>> follow_product(Ports& ports, domain::Entitlement entitlement) {
    const auto key = entitlement.other_product_key;
    const auto ours =
        co_await ports.store.products_by_key(entitlement.tenant, entitlement.merchant, key, 1);
    if (!ours) co_return std::unexpected{ours.error()};
    Wanted wanted{.tenant = entitlement.tenant, .entitlement = entitlement.id};
    std::optional<domain::Product> found;
    if (!ours->empty()) {
        found = ours->front();
        wanted.account = entitlement.account;
        wanted.product = found->id;
        wanted.occupant = true;
    }
    co_return co_await decide_in<Followed>(
        ports.store, std::move(wanted),
        [key, found](const Rows& rows) -> std::pair<Writes, Followed> {
            auto recording = decide(rows, key, found);
            if (!recording) return {Writes{}, nullptr};
            auto writes = std::move(*recording).finish();
            auto row = std::make_shared<const domain::Entitlement>(*writes.entitlement);
            return {std::move(writes), std::move(row)};
        });
}

}  // namespace usher::flow
