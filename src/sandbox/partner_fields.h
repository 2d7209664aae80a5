// Reads the bodies of the partner's API. An error is the published kind of message: "<field>
// parameter is required" or "… is invalid" (Bango §3).
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>

#include <boost/json/object.hpp>

#include "base/time.h"
#include "sandbox/partner_book.h"
#include "sandbox/partner_options.h"
#include "sandbox/record.h"

namespace usher::sandbox {

template <class T>
using Fields = std::expected<T, std::string>;

// Bango §2.2.
Fields<NewRecord> read_new_record(const boost::json::object& body, const PartnerOptions& options,
                                  base::Time now);

struct Filter {
    std::string customer;
    std::optional<std::string> product;
    std::optional<std::string> status;
};

Fields<Filter> read_filter(const boost::json::object& body);

// Bango §2.3.
struct Edit {
    std::optional<std::string> product;
    std::optional<std::string> benefits;
    std::function<void(Record&)> apply;  // the other fields
};

Fields<Edit> read_edit(const boost::json::object& body, const PartnerOptions& options,
                       base::Time now);

// The reason of an ending. It may be missing; a pair off Bango's lists is refused (Bango §2.7).
Fields<EndingReason> read_reason(const boost::json::object& body);

}  // namespace usher::sandbox
