// What a store keeps, in a few maps: for the tests of flow.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "flow/store.h"

namespace usher::flow::test {

class FakeRows {
  public:
    using Key = std::pair<domain::TenantId, domain::EntitlementId>;

    std::map<Key, domain::Entitlement> rows;
    std::map<domain::AccountId, domain::Account> accounts;
    std::map<domain::ProductId, domain::Product> products;
    std::vector<domain::Event> events;
    std::vector<domain::Call> answered;
    std::optional<Sweep> sweep;
    std::vector<Hold> in_force;
    std::vector<Comparison> comparisons;
    std::vector<ActionPin> pinned;
    std::vector<KeptReport> kept;
    std::map<IdempotencyKey, KeptAnswer> answers;
    std::map<domain::TenantId, SubTenant> added;
    std::vector<TenantChange> tenant_changes_made;
    std::map<std::string, Bulk> bulk_rows;
    std::vector<BacklogPart> waiting;
    std::function<void(const domain::Entitlement* before, const Writes&)> on_commit;

    Rows read(const Wanted& wanted, base::Time now) const {
        Rows found{.now = now};
        if (wanted.entitlement)
            found.entitlement = find(rows, {wanted.tenant, *wanted.entitlement});
        if (wanted.account) found.account = find(accounts, *wanted.account);
        if (wanted.product) found.product = find(products, *wanted.product);
        if (wanted.sweep) found.sweep = sweep;
        if (wanted.sub_tenant) found.sub_tenant = find(added, *wanted.sub_tenant);
        if (wanted.bulk) found.bulk = find(bulk_rows, *wanted.bulk);
        if (wanted.idempotency) found.kept = find(answers, *wanted.idempotency);
        if (wanted.reports_of) {
            for (const auto& report : kept_of(*wanted.reports_of)) {
                found.reports.push_back({report.digest, report.received});
            }
        }
        for (const auto& [key, row] : rows) {
            const bool occupies = wanted.occupant && key.first == wanted.tenant && row.occupies &&
                                  row.account == wanted.account && row.product == wanted.product;
            if (occupies) found.occupant = row;
            for (const auto& name : wanted.partner_keys) {
                if (name == PartnerKey{row.merchant, row.partner_id}) found.holders[name] = key;
            }
        }
        return found;
    }

    bool apply(const Writes& writes) {
        if (writes.account) accounts[writes.account->id] = *writes.account;
        if (writes.product) products[writes.product->id] = *writes.product;
        if (writes.sweep) sweep = writes.sweep;
        if (writes.hold) put(*writes.hold);
        for (const auto& digest : writes.forgotten_reports) {
            std::erase_if(kept, [&](const auto& report) { return report.digest == digest; });
        }
        if (const auto& report = writes.report) {
            std::erase_if(kept, [&](const auto& other) {
                return other.entitlement == report->entitlement && other.digest == report->digest;
            });
            kept.push_back(*report);
        }
        if (writes.comparison) comparisons.push_back(*writes.comparison);
        if (writes.pin) put(*writes.pin);
        if (!writes.entitlement) {
            put_rest(writes);
            return true;
        }
        const auto& row = *writes.entitlement;
        const Key key{row.tenant, row.id};
        for (const auto& [other, held] : rows) {
            if (other == key) continue;
            const bool same_name = !row.partner_id.empty() && held.merchant == row.merchant &&
                                   held.partner_id == row.partner_id;
            const bool same_place = held.occupies && row.occupies && held.tenant == row.tenant &&
                                    held.account == row.account && held.product == row.product;
            if (same_name || same_place) return false;
        }
        const auto before = find(rows, key);
        if (on_commit) on_commit(before ? &*before : nullptr, writes);
        rows[key] = row;
        events.insert(events.end(), writes.events.begin(), writes.events.end());
        answered.insert(answered.end(), writes.answered.begin(), writes.answered.end());
        put_rest(writes);
        return true;
    }

    std::vector<KeptReport> kept_of(const domain::EntitlementId& entitlement) const {
        std::vector<KeptReport> found;
        for (const auto& report : kept) {
            if (report.entitlement == entitlement) found.insert(found.begin(), report);
        }
        return found;
    }

    template <class Map>
    static std::optional<typename Map::mapped_type> find(const Map& map,
                                                         const typename Map::key_type& key) {
        const auto found = map.find(key);
        if (found == map.end()) return std::nullopt;
        return found->second;
    }

  private:
    void put_rest(const Writes& writes) {
        if (writes.sub_tenant) added[writes.sub_tenant->id] = *writes.sub_tenant;
        if (writes.tenant_change) tenant_changes_made.push_back(*writes.tenant_change);
        if (writes.bulk) bulk_rows[writes.bulk->id] = *writes.bulk;
        if (writes.kept) answers[writes.kept->key] = *writes.kept;
        if (!writes.answers_until) return;
        std::erase_if(answers, [&](const auto& entry) {
            return entry.second.begun + kAnswersKept <= *writes.answers_until;
        });
        for (auto& [key, answer] : answers) drop_link(answer, *writes.answers_until);
    }
    void put(const Hold& hold) {
        std::erase_if(in_force, [&](const Hold& other) {
            return other.tenant == hold.tenant && other.merchant == hold.merchant &&
                   other.kind == hold.kind && other.since == hold.since;
        });
        if (!hold.lifted) in_force.push_back(hold);
    }
    void put(const ActionPin& pin) {
        std::erase_if(pinned, [&](const ActionPin& other) {
            return other.tenant == pin.tenant && other.merchant == pin.merchant &&
                   other.product == pin.product && other.action == pin.action &&
                   other.since == pin.since;
        });
        if (!pin.lifted) pinned.push_back(pin);
    }
};

}  // namespace usher::flow::test
