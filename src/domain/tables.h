// The tables that the program runs on, as values: every question asked of the functions that serve.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/lifecycle.h"
#include "domain/words.h"

namespace usher::domain {

struct RequestRow {
    EntitlementStatus status;
    PartnerStatus partner;
    EntitlementStatus to;
    Verdict verdict;
};

// 8 statuses by 8 partner statuses by 8 words that can be asked.
std::vector<RequestRow> request_table();

struct PlanRow {
    EntitlementStatus status;
    PartnerStatus partner;
    bool intent;
    std::string_view step;  // "none", "read", "refused" or an action
};

// 8 statuses by 8 partner statuses, asked for or not, when the product supports everything and no
// call is under way.
std::vector<PlanRow> plan_table();

// docs/lifecycle.md: both tables and the partner's graph as a diagram.
std::string lifecycle_page();

}  // namespace usher::domain
