// For the tests of the operator's calls.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "api/test_surface.h"
#include "base/time.h"

namespace usher::api {

using domain::EntitlementStatus;
using flow::FailureKind;

class OpenTvTest : public SurfaceTest {
  protected:
    void expect_refused(const http::Response& response, ErrorCode code) {
        EXPECT_EQ(response.status, http_status(code)) << response.body;
        EXPECT_EQ(error_code(response), number_of(code)) << response.body;
    }
    std::vector<std::pair<std::string, int>> details(const http::Response& response) {
        std::vector<std::pair<std::string, int>> all;
        for (const auto& detail : json(response).at("details").as_array()) {
            all.emplace_back(detail.at("field").as_string(), detail.at("errorCode").as_int64());
        }
        return all;
    }
    http::Response create(std::string body, http::Headers extra = {}, std::string_view query = "") {
        return call("POST", std::string{kCreatePath} + std::string{query}, std::move(body),
                    std::move(extra));
    }
};

struct FailureCase {
    flow::Failure failure;
    ErrorCode code;
};

}  // namespace usher::api
