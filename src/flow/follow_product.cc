#include "flow/follow_product.h"

#include <fmt/format.h>

#include "flow/recording.h"

namespace usher::flow {

namespace {

using Followed = std::shared_ptr<const domain::Entitlement>;

void move_to(Recording& recording, const domain::Product& product) {
    auto& row = recording.entitlement();
    auto note = fmt::format("{} to {}", row.product.text(), product.id.text());
    row.product = product.id;
    row.product_key = product.product_key;
    row.other_product_key = {};
    recording.blame(domain::Problem::none, {});
    recording.tell_product(std::move(note));
}

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
    const bool taken = rows.occupant && rows.occupant->id != rows.entitlement->id;
    if (taken && rows.entitlement->occupies) {
        recording.blame(domain::Problem::product_taken,
                        fmt::format("the partner has the product {} there, which the account holds "
                                    "as {} already",
                                    key.text(), rows.occupant->id.text()));
        return recording;
    }
    move_to(recording, *rows.product);
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
