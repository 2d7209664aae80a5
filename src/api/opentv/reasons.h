// The published reasons of an ending: four categories, each with its codes (OpenTV §2.4). Pure.
#pragma once

#include "api/exchange.h"
#include "api/fields.h"
#include "domain/entitlement.h"

namespace usher::api::opentv {

// Adds what is wrong with cancelReasonCategory and cancelReasonCode: missing where they are
// mandatory, or a word that is not in the table, or not in that category.
void check_reasons(const domain::Reason& reason, Presence presence, Fields& fields);

// Where the tenant wants a reason with every ending (`strict_reasons`): either edition's pair.
void check_strictly(const Exchange& exchange, const domain::Reason& reason, Fields& fields);

}  // namespace usher::api::opentv
