// One flat object of Bango's, in which envelope and record fields sit side by side (Bango §2.5), as
// far as it can be understood: a field that is missing or of another type is absent, an unknown one
// is passed over. Pure.
#pragma once

#include <optional>
#include <string>

#include <boost/json/object.hpp>

#include "base/time.h"
#include "domain/entitlement.h"
#include "flow/partner.h"

namespace usher::partner::bango {

struct Record {
    std::string response_code;
    std::string response_message;
    domain::PartnerEntitlementId id;
    std::string external_id;
    domain::MerchantId merchant;
    domain::ProductKey product_key;
    std::string status_word;                      // as spelled; empty when absent
    std::optional<domain::PartnerStatus> status;  // unknown: FAILED, or a word we do not know
    std::optional<base::Time> created;
    std::optional<base::Time> updated;
    std::optional<base::Time> ended;  // in the future while ACTIVE-ENDING
    std::optional<domain::Activation> activation;
};

Record read_record(const boost::json::object& object);

// Nothing for a word that is not a status of Bango's (§4); FAILED is `unknown`.
std::optional<domain::PartnerStatus> parse_status(std::string_view word);

// In flow's words. What the record leaves out is taken from the entitlement it answers for: several
// answers leave out all but the id. A record without a status has the view `unknown`.
flow::PartnerRecord to_partner_record(const Record& record, const domain::Entitlement& entitlement);

}  // namespace usher::partner::bango
