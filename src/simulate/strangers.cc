#include "simulate/strangers.h"

#include <string>
#include <utility>

#include <boost/json/serialize.hpp>

#include "base/json.h"

namespace usher::simulate {

http::Request forged_report(boost::json::object record) {
    record["status"] = "CANCELLED";
    record["reason"] = "CANCEL";
    const auto id = base::find_string(record, "externalEntitlementId").value_or("");
    const auto customer = base::find_string(record, "customerIdentifier").value_or("");
    return {.method = "POST",
            .target = "/bango/v1/reports/" + customer.substr(0, customer.find('-')) + "/" + id,
            .headers = {{"Content-Type", "application/json"},
                        {"Authorization", "Basic dXNoZXI6Z3Vlc3NlZA=="}},
            .body = boost::json::serialize(record)};
}

http::Request report_of_nobody() {
    return {.method = "POST",
            .target = "/bango/v1/reports/demo/000000000000000000000000",
            .headers = {{"Content-Type", "application/json"},
                        {"Authorization", "Basic dXNoZXI6dXNoZXI="}},
            .body = R"({"entitlementId":"unknown","status":"ACTIVE","reason":"ACTIVATE"})"};
}

}  // namespace usher::simulate
