#include "store/memory/engine.h"

namespace usher::store::memory {

namespace {

Place place_of(const domain::Entitlement& entitlement) {
    return {entitlement.tenant, entitlement.account, entitlement.product};
}

// What leads to a row, removed or added with it.
void unlink(State& state, const domain::Entitlement& row) {
    if (row.occupies) state.places.erase(place_of(row));
    if (!row.partner_id.empty()) state.holders.erase({row.merchant, row.partner_id});
    if (!row.due_at) return;
    const auto work = state.work.find({row.tenant, row.merchant});
    work->second.erase({*row.due_at, row.id});
    if (work->second.empty()) state.work.erase(work);
}

void link(State& state, const domain::Entitlement& row) {
    if (row.occupies) state.places.emplace(place_of(row), row.id);
    if (!row.partner_id.empty()) {
        state.holders.emplace(flow::PartnerKey{row.merchant, row.partner_id},
                              Key{row.tenant, row.id});
    }
    if (row.due_at) state.work[{row.tenant, row.merchant}].emplace(*row.due_at, row.id);
}

}  // namespace

MemoryWriter::MemoryWriter(std::shared_ptr<State> state) : state_{std::move(state)} {}

bool MemoryWriter::begin() {
    lock_ = std::unique_lock{state_->mutex};
    return true;
}

Commit MemoryWriter::commit() {
    undo_.clear();
    lock_.unlock();
    return Commit::done;
}

void MemoryWriter::rollback() {
    while (!undo_.empty()) {
        undo_.back()();
        undo_.pop_back();
    }
    lock_.unlock();
}

std::expected<flow::Rows, ReadProblem> MemoryWriter::read(const flow::Wanted& wanted,
                                                          base::Time now) {
    flow::Rows rows;
    rows.now = now;
    if (wanted.entitlement) {
        rows.entitlement = find(state_->entitlements, Key{wanted.tenant, *wanted.entitlement});
    }
    if (wanted.account) {
        rows.account = find(state_->accounts, std::pair{wanted.tenant, *wanted.account});
    }
    if (wanted.product) {
        rows.product = find(state_->products, std::pair{wanted.tenant, *wanted.product});
    }
    if (wanted.occupant && wanted.account && wanted.product) {
        const auto id =
            find(state_->places, Place{wanted.tenant, *wanted.account, *wanted.product});
        if (id) rows.occupant = state_->entitlements.at({wanted.tenant, *id});
    }
    if (wanted.sweep) rows.sweep = find(state_->sweeps, wanted.tenant);
    if (wanted.bulk) rows.bulk = find(state_->bulks, std::pair{wanted.tenant, *wanted.bulk});
    if (wanted.sub_tenant) rows.sub_tenant = find(state_->sub_tenants, *wanted.sub_tenant);
    if (wanted.idempotency) rows.kept = find(state_->answers, *wanted.idempotency);
    if (wanted.reports_of) {
        for (const auto& report : newest(*state_, {wanted.tenant, *wanted.reports_of})) {
            rows.reports.push_back({report.digest, report.received});
        }
    }
    for (const auto& key : wanted.partner_keys) {
        if (auto holder = find(state_->holders, key)) rows.holders.emplace(key, *holder);
    }
    return rows;
}

bool MemoryWriter::conflicts(const Changes& changes) const {
    const auto& row = *changes.row;
    if (!changes.before && state_->entitlements.contains({row.tenant, row.id})) return true;
    const auto occupant = find(state_->places, place_of(row));
    if (row.occupies && occupant && *occupant != row.id) return true;
    if (row.partner_id.empty()) return false;
    const auto holder = find(state_->holders, flow::PartnerKey{row.merchant, row.partner_id});
    return holder && *holder != Key{row.tenant, row.id};
}

std::int64_t MemoryWriter::last_position(const domain::TenantId& tenant) const {
    const auto feed = state_->feeds.find(tenant);
    return feed == state_->feeds.end() ? 0 : static_cast<std::int64_t>(feed->second.size());
}

Applied MemoryWriter::apply(const flow::Wanted& wanted, const flow::Rows& rows,
                            const flow::Writes& writes) {
    return apply_behind(last_position(wanted.tenant), wanted, rows, writes);
}

Applied MemoryWriter::apply_behind(std::int64_t last, const flow::Wanted& wanted,
                                   const flow::Rows& rows, const flow::Writes& writes) {
    auto& feed = state_->feeds[wanted.tenant];
    const auto changes = work_out(wanted, rows, writes, last);
    if (changes.row) {
        if (conflicts(changes)) return Applied::conflict;
        const auto& row = *changes.row;
        put_entitlement({row.tenant, row.id}, row);
    }
    for (const auto& call : changes.calls) {
        put(state_->calls[{writes.entitlement->tenant, writes.entitlement->id}], call.number, call);
    }
    for (const auto& event : changes.events) {
        feed.push_back(event);
        undo_.emplace_back([&feed] { feed.pop_back(); });
    }
    if (writes.account) {
        put(state_->accounts, {wanted.tenant, writes.account->id}, *writes.account);
    }
    if (writes.product) {
        put(state_->products, {wanted.tenant, writes.product->id}, *writes.product);
    }
    if (writes.sweep) put(state_->sweeps, wanted.tenant, *writes.sweep);
    if (writes.hold) {
        const auto& hold = *writes.hold;
        put(state_->holds, {hold.tenant, hold.merchant, hold.kind, hold.since}, hold);
    }
    put_reports(wanted, writes);
    put_answers(wanted, writes);
    if (writes.bulk) put(state_->bulks, {writes.bulk->tenant, writes.bulk->id}, *writes.bulk);
    if (writes.sub_tenant) put(state_->sub_tenants, writes.sub_tenant->id, *writes.sub_tenant);
    if (writes.tenant_change) {
        state_->tenant_changes.push_back(*writes.tenant_change);
        undo_.emplace_back([this] { state_->tenant_changes.pop_back(); });
    }
    if (writes.comparison) {
        const auto& line = *writes.comparison;
        put(state_->comparisons, {line.tenant, line.merchant, line.at}, line);
    }
    if (writes.pin) {
        const auto& pin = *writes.pin;
        put(state_->pins, {pin.tenant, pin.merchant, pin.product, pin.action, pin.since}, pin);
    }
    return Applied::done;
}

void MemoryWriter::forget_report(const Key& of, const std::string& digest) {
    auto& reports = state_->reports[of];
    const auto found = reports.find(digest);
    if (found == reports.end()) return;
    undo_.emplace_back([&reports, report = found->second] { reports[report.digest] = report; });
    reports.erase(found);
}

void MemoryWriter::put_reports(const flow::Wanted& wanted, const flow::Writes& writes) {
    if (wanted.reports_of) {
        for (const auto& digest : writes.forgotten_reports) {
            forget_report({wanted.tenant, *wanted.reports_of}, digest);
        }
    }
    if (writes.reports_until) {
        std::vector<std::pair<Key, std::string>> old;
        for (const auto& [key, reports] : state_->reports) {
            if (key.first != wanted.tenant) continue;
            for (const auto& [digest, report] : reports) {
                if (report.received < *writes.reports_until) old.emplace_back(key, digest);
            }
        }
        for (const auto& [key, digest] : old) forget_report(key, digest);
    }
    if (!writes.report) return;
    const auto& report = *writes.report;
    put(state_->reports[{report.tenant, report.entitlement}], report.digest, report);
}

void MemoryWriter::put_answers(const flow::Wanted& wanted, const flow::Writes& writes) {
    if (writes.answers_until) {
        const auto until = *writes.answers_until;
        const auto answers = state_->answers;
        for (const auto& [key, kept] : answers) {
            if (key.tenant != wanted.tenant || flow::due_to_go(kept) > until) continue;
            if (kept.begun + flow::kAnswersKept <= until) {
                erase(state_->answers, key);
                continue;
            }
            auto without = kept;
            flow::drop_link(without, until);
            put(state_->answers, key, std::move(without));
        }
    }
    if (writes.kept) put(state_->answers, writes.kept->key, *writes.kept);
}

void MemoryWriter::put_entitlement(const Key& key, const std::optional<domain::Entitlement>& row) {
    const auto set = [this, key](const std::optional<domain::Entitlement>& to) {
        const auto found = state_->entitlements.find(key);
        if (found != state_->entitlements.end()) {
            unlink(*state_, found->second);
            state_->entitlements.erase(found);
        }
        if (!to) return;
        state_->entitlements.emplace(key, *to);
        link(*state_, *to);
    };
    undo_.emplace_back([set, before = find(state_->entitlements, key)] { set(before); });
    set(row);
}

template <class Map>
void MemoryWriter::erase(Map& map, const typename Map::key_type& key) {
    undo_.emplace_back([&map, key, before = map.at(key)] { map.insert_or_assign(key, before); });
    map.erase(key);
}

template <class Map>
void MemoryWriter::put(Map& map, const typename Map::key_type& key,
                       typename Map::mapped_type value) {
    undo_.emplace_back([&map, key, before = find(map, key)] {
        if (before) {
            map.insert_or_assign(key, *before);
        } else {
            map.erase(key);
        }
    });
    map.insert_or_assign(key, std::move(value));
}

}  // namespace usher::store::memory
