#include "sandbox/partner_book.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace usher::sandbox {

namespace {

constexpr std::size_t kMaxLinks = 20;
constexpr std::size_t kTokenBytes = 18;
constexpr base::Duration kRecoveryTtl = std::chrono::minutes{15};

constexpr std::array<std::pair<Move, std::string_view>, 7> kMoves{{
    {Move::activate, "activate"},
    {Move::cancel, "cancel"},
    {Move::revoke, "revoke"},
    {Move::suspend, "suspend"},
    {Move::resume, "resume"},
    {Move::end, "end"},
    {Move::change_product, "change-product"},
}};

// Bango's reason for the change (Bango §5); empty: the reseller is not told.
std::string_view reason_of(RecordStatus from, RecordStatus to) {
    switch (to) {
        case RecordStatus::pending:
            return "";
        case RecordStatus::active:
            return from == RecordStatus::pending ? "ACTIVATION_SUCCESS" : "RESUMPTION_SUCCESS";
        case RecordStatus::active_ending:
            return "TERMINATION_PENDING";
        case RecordStatus::suspended:
            return "SUSPENSION_SUCCESS";
        case RecordStatus::cancelled:
        case RecordStatus::revoked:
            return "TERMINATION_SUCCESS";
    }
    return "";
}

base::Time whole_milliseconds(base::Time time) {
    return base::Time{std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch())};
}

// Bango §4: which status lets the customer or the merchant do what.
bool allows(const Record& record, Move move) {
    switch (move) {
        case Move::activate:
            return record.status == RecordStatus::pending && record.provisioned;
        case Move::cancel:
            return !is_ended(record.status) && record.status != RecordStatus::active_ending;
        case Move::revoke:
            return !is_ended(record.status);
        case Move::suspend:
        case Move::change_product:
            return record.status == RecordStatus::active;
        case Move::resume:
            return record.status == RecordStatus::suspended ||
                   record.status == RecordStatus::active_ending;
        case Move::end:
            return record.status == RecordStatus::active_ending;
    }
    return false;
}

// Two changes of one record never carry the same date, in the precision that is shown.
void stamp(Record& record, base::Time now) {
    record.last_updated =
        std::max(whole_milliseconds(now), record.last_updated + std::chrono::milliseconds{1});
}

}  // namespace

std::string_view to_text(Move move) {
    for (const auto& [each, name] : kMoves) {
        if (each == move) return name;
    }
    return "";
}

std::optional<Move> parse_move(std::string_view text) {
    for (const auto& [each, name] : kMoves) {
        if (name == text) return each;
    }
    return std::nullopt;
}

PartnerBook::PartnerBook(const PartnerOptions& options, base::Random& random, Outbox& outbox,
                         Journal* journal)
    : options_{options}, random_{random}, outbox_{outbox}, journal_{journal} {}

bool PartnerBook::restore(std::string_view row) {
    auto record = record_from_row(row);
    if (!record) return false;
    insert(*std::move(record));
    return true;
}

Record& PartnerBook::insert(Record record) {
    record.number = records_.size() + 1;
    auto& placed = records_.emplace_back(std::move(record));
    by_id_[placed.id] = &placed;
    by_customer_[placed.customer].push_back(&placed);
    for (const auto& link : placed.links) by_token_[link.token] = &placed;
    schedule(placed);
    return placed;
}

const PartnerProduct* PartnerBook::product(std::string_view key) const {
    const auto found = std::ranges::find(options_.products, key, &PartnerProduct::key);
    return found == options_.products.end() ? nullptr : &*found;
}

Record* PartnerBook::find(std::string_view id) {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

std::vector<const Record*> PartnerBook::of_customer(std::string_view customer) const {
    const auto found = by_customer_.find(customer);
    if (found == by_customer_.end()) return {};
    return {found->second.begin(), found->second.end()};
}

Record* PartnerBook::in_the_way(std::string_view customer, std::string_view product) {
    const auto found = by_customer_.find(customer);
    if (found == by_customer_.end()) return nullptr;
    for (auto* record : found->second) {
        if (is_ended(record->status)) continue;
        if (options_.one_per_merchant || record->product == product) return record;
    }
    return nullptr;
}

Record& PartnerBook::add(const NewRecord& wanted, base::Time now) {
    Record record;
    record.id = base::make_uuid(random_);
    record.status = RecordStatus::pending;
    record.customer = wanted.customer;
    record.merchant = options_.merchant;
    record.product = wanted.product;
    record.offer = wanted.offer;
    record.external_id = wanted.external_id;
    record.display_name = product(wanted.product)->name;
    record.notification_url = wanted.notification_url;
    record.extension = wanted.extension;
    record.expiry = wanted.expiry;
    record.provisioned = false;
    record.created = record.last_updated = whole_milliseconds(now);
    auto& placed = insert(std::move(record));
    keep(placed);
    return placed;
}

void PartnerBook::provision(Record& record, base::Time now) {
    if (record.provisioned) return;
    record.provisioned = true;
    if (product(record.product)->needs_customer) {
        ++record.effects[std::string{to_text(Action::create)}];
        add_link(record, now);
        return;
    }
    change_status(record, RecordStatus::active, now, {.counted = Action::create});
}

const ActivationLink& PartnerBook::add_link(Record& record, base::Time now) {
    if (record.links.size() == kMaxLinks) {
        by_token_.erase(record.links.front().token);
        record.links.erase(record.links.begin());
    }
    record.links.push_back({base::make_token(random_, kTokenBytes),
                            whole_milliseconds(now + options_.activation_ttl)});
    by_token_[record.links.back().token] = &record;
    keep(record);
    return record.links.back();
}

const ActivationLink& PartnerBook::current_link(Record& record, base::Time now) {
    if (!record.links.empty() && record.links.back().expires > now) return record.links.back();
    return add_link(record, now);
}

ActivationLink PartnerBook::add_recovery(base::Time now) {
    std::erase_if(recoveries_, [now](const auto& one) { return one.second <= now; });
    const ActivationLink link{base::make_token(random_, kTokenBytes),
                              whole_milliseconds(now + kRecoveryTtl)};
    recoveries_[link.token] = link.expires;
    return link;
}

bool PartnerBook::opens_recovery(std::string_view token, base::Time now) const {
    const auto found = recoveries_.find(token);
    return found != recoveries_.end() && found->second > now;
}

void PartnerBook::change_status(Record& record, RecordStatus to, base::Time now,
                                const Cause& cause) {
    const auto from = record.status;
    stamp(record, now);
    const auto at = record.last_updated;
    record.status = to;
    record.provisioned = true;
    switch (to) {
        case RecordStatus::pending:
            break;
        case RecordStatus::active:
            if (from == RecordStatus::pending) record.activated = at;
            if (from == RecordStatus::suspended) record.resumed = at;
            record.ended.reset();
            break;
        case RecordStatus::active_ending:
            record.ended = at + options_.paid_period;
            break;
        case RecordStatus::suspended:
            record.suspended = at;
            break;
        case RecordStatus::cancelled:
        case RecordStatus::revoked:
            if (!record.ended || *record.ended > at) record.ended = at;
            break;
    }
    if (!cause.reason.empty()) record.reason = cause.reason;
    if (to == RecordStatus::active) record.reason = {};
    finish(record, now, cause, reason_of(from, to));
}

RecordStatus PartnerBook::soft_end_of(const Record& record) const {
    const bool has_access = record.status != RecordStatus::pending;
    return has_access && product(record.product)->ends_later ? RecordStatus::active_ending
                                                             : RecordStatus::cancelled;
}

void PartnerBook::change_product(Record& record, std::string_view key, base::Time now,
                                 const Cause& cause) {
    const auto* target = product(key);
    stamp(record, now);
    record.product = target->key;
    record.display_name = target->name;
    if (target->needs_customer) {
        record.status = RecordStatus::pending;
        add_link(record, now);
    }
    finish(record, now, cause, target->needs_customer ? "" : "PRODUCT_UPDATE");
}

void PartnerBook::update(Record& record, base::Time now, const Cause& cause,
                         const std::function<void(Record&)>& edit) {
    auto edited = record;
    edit(edited);
    if (edited == record) return;
    if (edited.customer != record.customer) {
        std::erase(by_customer_[record.customer], &record);
        by_customer_[edited.customer].push_back(&record);
    }
    record = std::move(edited);
    stamp(record, now);
    finish(record, now, cause, "METADATA_UPDATE");
}

void PartnerBook::finish(Record& record, base::Time now, const Cause& cause,
                         std::string_view reason) {
    if (cause.counted) ++record.effects[std::string{to_text(*cause.counted)}];
    schedule(record);
    keep(record);
    if (!reason.empty()) outbox_.tell(record, reason, now);
}

void PartnerBook::keep(const Record& record) {
    if (journal_ == nullptr) return;
    journal_->put(Table::records, number_key(record.number), to_row(record));
}

void PartnerBook::schedule(const Record& record) {
    if (const auto found = wakes_at_.find(record.number); found != wakes_at_.end()) {
        ends_.erase({found->second, record.number});
        wakes_at_.erase(found);
    }
    if (is_ended(record.status)) return;
    auto when = record.expiry;
    if (record.status == RecordStatus::active_ending && record.ended) {
        when = when ? std::min(*when, *record.ended) : record.ended;
    }
    if (!when) return;
    wakes_at_[record.number] = *when;
    ends_.emplace(*when, record.number);
}

std::optional<base::Time> PartnerBook::next_event() const {
    if (ends_.empty()) return std::nullopt;
    return ends_.begin()->first;
}

void PartnerBook::advance(base::Time now) {
    while (!ends_.empty() && ends_.begin()->first <= now) {
        auto& record = records_[ends_.begin()->second - 1];
        const bool paid_up =
            record.status == RecordStatus::active_ending && record.ended && *record.ended <= now;
        if (paid_up) {
            change_status(record, RecordStatus::cancelled, now, {});
        } else {
            change_status(record, options_.expiry_status, now,
                          {.reason = {"CUSTOMER_CANCELLED", "EXPIRED", ""}});
        }
    }
}

LinkOutcome PartnerBook::open_link(std::string_view token, base::Time now) {
    const auto found = by_token_.find(token);
    if (found == by_token_.end()) return LinkOutcome::unknown;
    auto& record = *found->second;
    if (is_ended(record.status)) return LinkOutcome::ended;
    if (record.status != RecordStatus::pending) return LinkOutcome::active_already;
    const auto link = std::ranges::find(record.links, token, &ActivationLink::token);
    if (link == record.links.end() || link->expires <= now) return LinkOutcome::expired;
    change_status(record, RecordStatus::active, now, {});
    return LinkOutcome::activated;
}

std::expected<const Record*, MoveRefusal> PartnerBook::make_move(std::string_view id, Move move,
                                                                 std::string_view key,
                                                                 base::Time now) {
    auto* record = find(id);
    if (record == nullptr) return std::unexpected{MoveRefusal::no_such_record};
    if (move == Move::change_product && product(key) == nullptr) {
        return std::unexpected{MoveRefusal::no_such_product};
    }
    if (!allows(*record, move)) return std::unexpected{MoveRefusal::not_in_this_status};
    switch (move) {
        case Move::activate:
        case Move::resume:
            change_status(*record, RecordStatus::active, now, {});
            break;
        case Move::cancel:
            change_status(*record, soft_end_of(*record), now,
                          {.reason = {"CUSTOMER_CANCELLED", "SUBSCRIPTION_CANCELLED", ""}});
            break;
        case Move::revoke:
            change_status(*record, RecordStatus::revoked, now,
                          {.reason = {"REVOKED", "ACCOUNT_TERMINATED", ""}});
            break;
        case Move::suspend:
            change_status(*record, RecordStatus::suspended, now, {});
            break;
        case Move::end:
            change_status(*record, RecordStatus::cancelled, now, {});
            break;
        case Move::change_product:
            change_product(*record, key, now, {});
            break;
    }
    return record;
}

}  // namespace usher::sandbox
