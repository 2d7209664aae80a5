// The partner's records and what may happen to them (Bango §4): the state machine, without the API
// in front of it. Every change gets a later date, goes to the journal and is told to the reseller.
// Pure logic; one thread. References to records stay valid: records are never removed.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "sandbox/faults.h"
#include "sandbox/journal.h"
#include "sandbox/outbox.h"
#include "sandbox/partner_options.h"
#include "sandbox/record.h"

namespace usher::sandbox {

// What the customer or the merchant does by itself (interface §5).
enum class Move : std::uint8_t { activate, cancel, revoke, suspend, resume, end, change_product };

std::string_view to_text(Move move);  // "change-product"
std::optional<Move> parse_move(std::string_view text);

enum class MoveRefusal : std::uint8_t { no_such_record, not_in_this_status, no_such_product };

enum class LinkOutcome : std::uint8_t { activated, active_already, expired, unknown, ended };

struct NewRecord {
    std::string customer;
    std::string product;
    std::string offer;
    std::string external_id;
    std::string notification_url;
    boost::json::value extension;
    std::optional<base::Time> expiry;
};

// Why a record changes: `counted` is the reseller's action that took effect, nothing when the
// customer, the merchant or time did it.
struct Cause {
    std::optional<Action> counted;
    EndingReason reason;
};

class PartnerBook {
  public:
    // What it is given must outlive it; `journal` may be nullptr.
    PartnerBook(const PartnerOptions& options, base::Random& random, Outbox& outbox,
                Journal* journal);

    bool restore(std::string_view row);  // in the order of the keys

    const PartnerProduct* product(std::string_view key) const;
    Record* find(std::string_view id);
    const std::deque<Record>& all() const { return records_; }
    std::vector<const Record*> of_customer(std::string_view customer) const;
    // The live record that stands in the way of another one for this product (Bango §3: limit).
    Record* in_the_way(std::string_view customer, std::string_view product);

    // PENDING and without effect until it is provisioned.
    Record& add(const NewRecord& wanted, base::Time now);
    // The merchant takes it up: PENDING with a link, or ACTIVE.
    void provision(Record& record, base::Time now);
    const ActivationLink& add_link(Record& record, base::Time now);
    // The newest link, or a new one when that has expired.
    const ActivationLink& current_link(Record& record, base::Time now);

    // A way back into the merchant's account. Kept in memory alone, and not for long.
    ActivationLink add_recovery(base::Time now);
    bool opens_recovery(std::string_view token, base::Time now) const;

    void change_status(Record& record, RecordStatus to, base::Time now, const Cause& cause);
    // ACTIVE-ENDING or CANCELLED, as the product and the status have it.
    RecordStatus soft_end_of(const Record& record) const;
    void change_product(Record& record, std::string_view key, base::Time now, const Cause& cause);
    // `edit` changes data other than status and product. Nothing happens when it changes nothing.
    void update(Record& record, base::Time now, const Cause& cause,
                const std::function<void(Record&)>& edit);

    LinkOutcome open_link(std::string_view token, base::Time now);
    std::expected<const Record*, MoveRefusal> make_move(std::string_view id, Move move,
                                                        std::string_view key, base::Time now);

    std::optional<base::Time> next_event() const;
    void advance(base::Time now);  // ends what has reached its end

  private:
    Record& insert(Record record);
    void finish(Record& record, base::Time now, const Cause& cause, std::string_view reason);
    void keep(const Record& record);
    void schedule(const Record& record);

    const PartnerOptions& options_;
    base::Random& random_;
    Outbox& outbox_;
    Journal* journal_;
    std::deque<Record> records_;  // in the order of creation
    std::map<std::string, Record*, std::less<>> by_id_;
    std::map<std::string, std::vector<Record*>, std::less<>> by_customer_;
    std::map<std::string, Record*, std::less<>> by_token_;
    std::map<std::string, base::Time, std::less<>> recoveries_;  // until when a token opens
    std::map<std::uint64_t, base::Time> wakes_at_;               // by the record's number
    std::set<std::pair<base::Time, std::uint64_t>> ends_;
};

}  // namespace usher::sandbox
