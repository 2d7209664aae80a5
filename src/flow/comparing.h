// How the partner's file and our records are held against each other. Pure. The file is a hint like
// a report: what is found here asks for a read at most and never sets a status (lifecycle §6).
//
// Which is newer is told by the partner's own dates, in whole seconds as the file has them; where
// they do not tell, by whether the partner was heard after the file was made (`as_of`).
#pragma once

#include <optional>

#include "base/time.h"
#include "domain/entitlement.h"
#include "flow/comparison.h"

namespace usher::flow {

// A row of the file that could be read, of the merchant that is compared.
struct FileRow {
    domain::PartnerEntitlementId id;
    domain::CustomerId customer;
    domain::PartnerStatus status{};  // unknown: the partner's FAILED
    domain::ProductKey product_key;
    base::Time last_updated;
    std::optional<base::Time> ends_at;
    bool repeated = false;  // the file has the id more than once

    bool operator==(const FileRow&) const = default;
};

struct Judgement {
    Finding finding{};
    bool read = false;  // a read would settle it, and none is due yet
    bool operator==(const Judgement&) const = default;
};

// A row whose id one of our records has.
Judgement judge_row(const FileRow& row, const domain::Entitlement& ours, base::Time as_of);

// A row whose id none has. `ours_unbound`: the live record without an id of the partner's that the
// customer has for this product. `named_as_ours`: the customer's name is one of this tenant's.
Judgement judge_stranger(const FileRow& row, bool named_as_ours,
                         const domain::Entitlement* ours_unbound);

// A record of ours that the file does not have. Nothing when it need not have it. An active file
// has what is active, suspended or ending; whether it has what is pending is not published, so
// `all_statuses` says so.
std::optional<Judgement> judge_absent(const domain::Entitlement& ours,
                                      const domain::MerchantId& merchant, base::Time as_of,
                                      bool all_statuses);

}  // namespace usher::flow
