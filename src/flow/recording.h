// Turns the rules' decisions about one entitlement into rows: the changed record, its history, its
// calls. Internal to flow; pure.
#pragma once

#include <optional>
#include <string>

#include "domain/entitlement.h"
#include "flow/partner.h"
#include "flow/store.h"

namespace usher::flow {

class Recording {
  public:
    Recording(domain::Entitlement before, base::Time now);

    domain::Entitlement& entitlement() { return entitlement_; }
    base::Time now() const { return now_; }

    // Takes a decision over, with the line of history that it calls for.
    void take(domain::Decision decision, domain::Initiator initiator, std::string note = {},
              std::optional<std::uint32_t> call = std::nullopt);

    // What the partner's record tells beside the status: its id, its end date, where to activate.
    void hold(const PartnerRecord& record);

    // What is known is doubted: a read is due by then, unless one is under way.
    void want_read(base::Time due);

    // Why it is not settled; with `none` and no sentence: nothing is known to be wrong any more.
    void blame(domain::Problem problem, std::string sentence);

    // A line of history for a change that the rules know nothing of, such as another reason.
    void tell(domain::ChangeKind kind, domain::Initiator initiator, std::string note);

    // The record has followed the partner to the product that it has now: to the one that the
    // operator asked for, or to another one.
    void move_to(const domain::Product& product, domain::Initiator initiator);

    // The last event is about this product too.
    void about(const domain::ProductId& product);

    Writes finish() &&;

  private:
    void add_event(domain::Change change, domain::Initiator initiator, std::string note,
                   std::optional<std::uint32_t> call);

    domain::Entitlement entitlement_;
    base::Time now_;
    Writes writes_;
};

}  // namespace usher::flow
