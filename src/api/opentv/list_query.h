// The query of a list in the published language (OpenTV §2.1 G2, §7, §9): a Mongo-style filter with
// $eq $ne $in $nin $gt $gte $lt $lte $exists $and $or, a sort, a projection, limit and page; beside
// them `after`, a cursor of ours that stays where it was when rows come and go. Pure.
#pragma once

#include <expected>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "api/fields.h"
#include "flow/listing.h"
#include "http/target.h"

namespace usher::api::opentv {

inline constexpr std::size_t kMostListed = 10'000;  // in one page
inline constexpr std::size_t kMostPages = 1'000'000;
inline constexpr std::size_t kMostTerms = 50;    // of a filter
inline constexpr std::size_t kMostValues = 200;  // of $in and $nin
inline constexpr std::size_t kMostOrders = 4;    // of a sort

struct ListAsked {
    flow::Condition where;
    std::vector<flow::ListOrder> order;
    std::optional<flow::Condition> behind;
    std::size_t skip = 0;
    std::size_t limit = 0;  // 0: the total alone
    // Of the record: these members alone, or all but these.
    std::set<std::string, std::less<>> members;
    bool members_are_left_out = true;
    std::string sort;  // as sent, for the cursor
};

// Adds to `fields` whatever is wrong, under the parameter's name.
ListAsked read_list_query(const http::Target& target, std::size_t usual_limit, Fields& fields);

// Where the page after `last` begins.
std::string write_cursor(const ListAsked& asked, const domain::Entitlement& last);

boost::json::object project(boost::json::object record, const ListAsked& asked);

}  // namespace usher::api::opentv
