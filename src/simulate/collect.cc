#include "simulate/collect.h"

#include <algorithm>
#include <iterator>

namespace usher::simulate {

base::Task<> collect(flow::Store& store, domain::TenantId tenant, TenantEvidence& kept,
                     bool& failed) {
    constexpr std::size_t kPage = 500;
    for (std::int64_t after = 0;;) {
        auto page = co_await store.feed(tenant, after, kPage);
        if (!page) {
            failed = true;
            co_return;
        }
        if (page->empty()) break;
        after = page->back().position;
        std::ranges::move(*page, std::back_inserter(kept.feed));
    }
    for (const auto& event : kept.feed) {
        const auto& id = event.entitlement;
        if (kept.rows.contains(id)) continue;
        auto row = co_await store.find_entitlement(tenant, id);
        auto calls = co_await store.calls_of(tenant, id);
        if (!row || !*row || !calls) {
            failed = true;
            co_return;
        }
        const auto& other = (*row)->other_product_key;
        if (!other.empty()) {
            const auto ours = co_await store.products_by_key(tenant, (*row)->merchant, other, 1);
            if (ours && !ours->empty()) kept.known.insert(other);
            failed = failed || !ours;
        }
        kept.rows.emplace(id, **row);
        kept.calls.emplace(id, std::move(calls->calls));
    }
}

}  // namespace usher::simulate
