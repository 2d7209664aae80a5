#include "api/errors.h"

#include <regex>
#include <set>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include "api/problem.h"

namespace usher::api {
namespace {

TEST(Errors, NumbersAndNamesAreUniqueAndTellTheStatus) {
    std::set<int> numbers;
    std::set<std::string_view> names;
    for (const auto& entry : error_catalogue()) {
        EXPECT_TRUE(numbers.insert(number_of(entry.code)).second) << entry.name;
        EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
        EXPECT_GE(number_of(entry.code), 40000) << entry.name;
        EXPECT_LE(number_of(entry.code), 59999) << entry.name;
        EXPECT_EQ(&describe(entry.code), &entry);
        EXPECT_EQ(http_status(entry.code), number_of(entry.code) / 100);
        EXPECT_TRUE(entry.meaning.ends_with('.')) << entry.name;
        EXPECT_TRUE(entry.remedy.ends_with('.')) << entry.name;
    }
}

template <class Enum>
std::vector<Enum> up_to(Enum last) {
    std::vector<Enum> all;
    for (int i = 0; i <= static_cast<int>(last); ++i) all.push_back(static_cast<Enum>(i));
    return all;
}

TEST(Errors, EveryRejectionIsABadRequestOfItsOwn) {
    std::set<ErrorCode> seen;
    for (const auto rejection : domain::kRejections) {
        const auto code = code_of(rejection);
        EXPECT_EQ(http_status(describe(code).code), 400);
        EXPECT_TRUE(seen.insert(code).second) << to_text(rejection);
    }
}

TEST(Errors, EveryStoreErrorIsAServerError) {
    for (const auto error : up_to(flow::StoreError::closed)) {
        const auto status = http_status(describe(code_of(error)).code);
        EXPECT_EQ(status, error == flow::StoreError::damaged ? 500 : 503);
    }
}

TEST(Errors, EveryFailureHasACode) {
    for (const auto kind : up_to(flow::FailureKind::store)) {
        const flow::Failure failure{.kind = kind,
                                    .rejection = domain::Rejection::already_ended,
                                    .store = flow::StoreError::overloaded};
        const auto code = describe(code_of(failure)).code;
        const auto rendered = write_error(problem(failure), "r");
        EXPECT_EQ(rendered.status, http_status(code));
    }
}

TEST(Errors, TokenTroubleIsForbiddenAndNeverUnauthorized) {
    for (const auto refusal : auth::kAllTokenRefusals) {
        const auto code = describe(code_of(refusal)).code;
        const bool away = refusal == auth::TokenRefusal::keys_unavailable;
        EXPECT_EQ(http_status(code), away ? 503 : 403) << auth::to_text(refusal);
        EXPECT_EQ(is_token_trouble(code), !away) << auth::to_text(refusal);
    }
}

TEST(Errors, ProtocolErrorsKeepTheServersStatus) {
    for (const auto error : up_to(http::ProtocolError::version)) {
        EXPECT_EQ(http_status(describe(code_of(error)).code), http::status_of(error));
    }
}

TEST(Errors, EveryJsonProblemIsABadRequestOfItsOwn) {
    std::set<ErrorCode> seen;
    for (const auto problem : up_to(base::JsonProblem::number_out_of_range)) {
        EXPECT_EQ(http_status(describe(code_of(problem)).code), 400);
        EXPECT_TRUE(seen.insert(code_of(problem)).second);
    }
}

TEST(Errors, TheJsonTableHasTheAgreedShape) {
    const auto table = boost::json::parse(errors_as_json()).as_array();
    ASSERT_EQ(table.size(), error_catalogue().size());
    for (const auto& row : table) {
        const auto& object = row.as_object();
        EXPECT_EQ(object.size(), 5U);
        EXPECT_EQ(object.at("errorCode").as_int64() / 100, object.at("http").as_int64());
        for (const auto* key : {"name", "meaning", "remedy"}) {
            EXPECT_FALSE(object.at(key).as_string().empty());
        }
    }
}

TEST(Errors, TheMarkdownTableHasARowForEach) {
    const auto text = errors_as_markdown();
    for (const auto& entry : error_catalogue()) {
        EXPECT_NE(text.find("`" + std::string{entry.name} + "`"), std::string::npos);
    }
}

TEST(Problem, ShowsEveryViolationWithItsOwnCode) {
    const auto response =
        write_error(problem({{ErrorCode::argument_missing, "status", "is mandatory."},
                             {ErrorCode::id_malformed, "accountId", "must be shorter."}}),
                    "req-1");
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.headers.find("Content-Type"), "application/json");
    EXPECT_EQ(response.body,
              R"({"code":400,"errorCode":40011,)"
              R"("message":"status is mandatory. accountId must be shorter.",)"
              R"("requestId":"req-1","details":[)"
              R"({"field":"status","problem":"is mandatory.","errorCode":40011},)"
              R"({"field":"accountId","problem":"must be shorter.","errorCode":40014}]})");
}

TEST(Problem, TokenTroubleCarriesThePublishedFormToo) {
    const auto response = write_error(problem(ErrorCode::token_missing), "req-1");
    const auto body = boost::json::parse(response.body).as_object();
    EXPECT_EQ(response.status, 403);
    EXPECT_EQ(body.at("resultCode").as_string(), "99999:403");
    EXPECT_EQ(body.at("localeMessage").as_string(), "none");
    EXPECT_EQ(body.at("result"), body.at("message"));
    EXPECT_EQ(body.at("errorCode").as_int64(), 40301);
}

TEST(Problem, UnavailableSaysWhenToComeAgain) {
    EXPECT_EQ(write_error(problem(flow::StoreError::unconfirmed), "r").headers.find("Retry-After"),
              "1");
    EXPECT_EQ(write_error(problem(flow::StoreError::damaged), "r").headers.count("Retry-After"),
              0U);
}

TEST(Problem, ARefusalByThePartnerShowsItsCode) {
    const auto response =
        write_error(problem(flow::Failure{.kind = flow::FailureKind::rejected,
                                          .rejection = domain::Rejection::refused_by_partner,
                                          .partner_code = "BAD_REQUEST",
                                          .status = domain::EntitlementStatus::active}),
                    "r");
    EXPECT_EQ(response.status, 400);
    EXPECT_NE(response.body.find("BAD_REQUEST"), std::string::npos);
    EXPECT_NE(response.body.find("ACTIVE"), std::string::npos);
}

}  // namespace
}  // namespace usher::api
