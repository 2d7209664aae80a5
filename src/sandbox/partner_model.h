// Bango's Resale API as far as its pages tell (Bango §2-§6), as pure logic: values in, values out.
// It opens no socket, reads no clock and draws only from the Random it was given, so that a server
// can stand around it, or a simulation on a virtual clock.
//
// A call goes through two steps, because a fault may hold it up before it takes effect:
//     auto call = model.admit(request, now);      wait call.delay
//     auto reply = model.serve(call, later);      wait reply.delay, then send reply.response
// Whatever changes is written to the journal, if there is one; save it before the answer leaves.
// One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/random.h"
#include "base/time.h"
#include "http/message.h"
#include "sandbox/call_log.h"
#include "sandbox/faults.h"
#include "sandbox/journal.h"
#include "sandbox/outbox.h"
#include "sandbox/partner_api.h"
#include "sandbox/partner_book.h"
#include "sandbox/partner_options.h"
#include "sandbox/replays.h"

namespace usher::sandbox {

struct PartnerCall {
    http::Request request;  // its target begins with /v1/
    std::uint64_t number = 0;
    std::optional<FaultRule> fault;  // that meets this call
    base::Duration delay{};          // before it is served
};

struct PartnerReply {
    http::Response response;  // `abort` breaks the connection instead
    base::Duration delay{};   // before the response or the break
};

class PartnerModel {
  public:
    // `random` and `journal` must outlive the model; without a journal nothing is kept.
    PartnerModel(PartnerOptions options, base::Random& random, Journal* journal);
    PartnerModel(const PartnerModel&) = delete;
    PartnerModel& operator=(const PartnerModel&) = delete;

    const PartnerOptions& options() const { return options_; }

    // One row of the state file, in the order of the keys, before the first call; a row of another
    // table is ignored. False when the row cannot be read.
    bool restore(Table table, std::string_view key, std::string_view value);

    // Where activation URLs begin: "http://127.0.0.1:8081/bango/activate/".
    void set_activation_base(std::string base) { api_.set_activation_base(std::move(base)); }

    PartnerCall admit(http::Request request, base::Time now);
    PartnerReply serve(const PartnerCall& call, base::Time now);

    void set_recovery_base(std::string base) { api_.set_recovery_base(std::move(base)); }
    bool opens_recovery(std::string_view token, base::Time now) const {
        return book_.opens_recovery(token, now);
    }

    // The customer opens an activation URL.
    LinkOutcome open_link(std::string_view token, base::Time now);

    // The record afterwards, with `effects`. `product` is for change_product alone.
    std::expected<boost::json::object, MoveRefusal> make_move(std::string_view id, Move move,
                                                              std::string_view product,
                                                              base::Time now);

    // When `advance` is due again: a queued effect, the end of a record, or a notification.
    std::optional<base::Time> next_event() const;
    // Lets time pass up to `now` and returns the notifications to send. Each stays out until it is
    // settled; one that was not delivered comes again after a growing pause.
    std::vector<PartnerNotification> advance(base::Time now);
    void settle_notification(std::uint64_t number, bool delivered, base::Time now);

    // The records with `effects`, in the order of creation; of one customer when given.
    boost::json::array entitlements(std::optional<std::string_view> customer = {}) const;
    // The daily file of those that have not ended (Bango §2.6).
    std::string active_file() const;
    boost::json::array calls() const { return calls_.to_json(); }
    const Faults& faults() const { return faults_; }
    void set_faults(Faults faults);

  private:
    struct QueuedCall {
        base::Time due;
        http::Request request;
        std::string creates;  // the id of the record that waits for it; empty: none
    };

    std::optional<FaultRule> draw(Action action);
    void keep_faults();
    bool authorized(const http::Request& request) const;
    PartnerReply answer_fault(const PartnerCall& call, base::Time now);
    http::Response act(const PartnerCall& call, base::Time now, bool& replayed);
    http::Response enqueue(const PartnerCall& call, base::Time now);
    std::string created_by(const http::Request& request, const http::Response& response);
    void add_queued(QueuedCall queued);
    bool restore_queued(std::string_view key, std::string_view row);
    void run_due(base::Time now);

    const PartnerOptions options_;
    base::Random& random_;
    Journal* journal_;
    Faults faults_;
    Outbox outbox_;
    PartnerBook book_;
    PartnerApi api_;
    Replays replays_;
    CallLog calls_;
    std::uint64_t last_queued_ = 0;
    std::map<std::uint64_t, QueuedCall> queued_;
    std::set<std::pair<base::Time, std::uint64_t>> queue_due_;
};

}  // namespace usher::sandbox
