#include "server/settings.h"

#include <cstdio>
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace usher::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kSmallest = R"(
[auth]
issuer = "https://id.example/realms/nagra"
[partner.bango]
url = "https://partner.example"
username = "us"
[[tenant]]
id = "demo"
)";

class File {
  public:
    explicit File(std::string_view text)
        : path_{testing::TempDir() + "usher_settings_" +
                testing::UnitTest::GetInstance()->current_test_info()->name()} {
        std::ofstream{path_} << text;
    }
    ~File() { std::remove(path_.c_str()); }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

std::expected<Settings, SettingsProblems> load(std::string_view text, const Environment& env = {}) {
    const File file{text};
    return load_settings(file.path(), env);
}

std::string problem_of(std::string_view text, const Environment& env = {}) {
    const auto settings = load(text, env);
    return settings ? "" : fmt::format("{}", fmt::join(settings.error(), "\n"));
}

TEST(Settings, TheSmallestFileThatWorks) {
    const auto settings = load(kSmallest);
    ASSERT_TRUE(settings) << problem_of(kSmallest);
    EXPECT_EQ(settings->operator_server.listen, "127.0.0.1:8080");
    EXPECT_EQ(settings->admin_server.listen, "127.0.0.1:8082");
    EXPECT_EQ(settings->store_url, "sqlite:usher.db");
    ASSERT_EQ(settings->api.tenants.size(), 1U);
    EXPECT_EQ(settings->api.tenants[0].wait, std::chrono::milliseconds{2000});
}

TEST(Settings, TheEnvironmentWinsOverTheFile) {
    const auto settings = load(std::string{"log_level = \"error\"\n"} + kSmallest,
                               {{"USHER_LOG_LEVEL", "debug"},
                                {"USHER_OPERATOR_MAX_CONNECTIONS", "7"},
                                {"USHER_AUTH_AZP", "portal,crm"},
                                {"PATH", "/bin"}});
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->log_level, "debug");
    EXPECT_EQ(settings->operator_server.max_connections, 7U);
    EXPECT_THAT(settings->auth.azp, ElementsAre("portal", "crm"));
}

TEST(Settings, AKeyThatDoesNotExistIsNamedWithItsNearest) {
    EXPECT_THAT(problem_of(std::string{"[store]\nurk = \"x\"\n"} + kSmallest),
                HasSubstr("no setting store.urk; did you mean store.url?"));
    EXPECT_THAT(problem_of(kSmallest, {{"USHER_STORE_ULR", "x"}}),
                HasSubstr("no setting USHER_STORE_ULR; did you mean USHER_STORE_URL?"));
    EXPECT_THAT(problem_of(std::string{kSmallest} + "edtion = \"A\"\n"),
                HasSubstr("did you mean tenant.edition?"));
}

TEST(Settings, AValueOfTheWrongTypeOrSizeIsNamed) {
    EXPECT_THAT(problem_of(std::string{"[store]\nurl = 5\n"} + kSmallest),
                HasSubstr("store.url must be a text"));
    EXPECT_THAT(problem_of(std::string{"[operator]\nmax_body_bytes = 3\n"} + kSmallest),
                HasSubstr("operator.max_body_bytes must be at least 256 bytes"));
    EXPECT_THAT(problem_of(kSmallest, {{"USHER_DRAIN_MS", "soon"}}),
                HasSubstr("USHER_DRAIN_MS must be a number"));
    EXPECT_THAT(problem_of(std::string{kSmallest} + "edition = \"D\"\n"),
                HasSubstr("tenant.edition has a wrong type or value"));
}

TEST(Settings, ATextThatIsNotTomlNamesItsLine) {
    EXPECT_THAT(problem_of("[auth\nissuer = 1"), HasSubstr(":1: "));
}

TEST(Settings, SecretsMayComeFromAFile) {
    const auto path = testing::TempDir() + "usher_secret";
    std::ofstream{path} << "hush\n";
    const auto settings = load(kSmallest, {{"USHER_PARTNER_BANGO_PASSWORD_FILE", path}});
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->bango.route.password.reveal(), "hush");
    std::remove(path.c_str());
    EXPECT_THAT(problem_of(kSmallest, {{"USHER_PARTNER_BANGO_PASSWORD_FILE", path}}),
                HasSubstr("cannot read " + path));
}

TEST(Settings, AFolderIsNoFile) {
    const auto settings = load_settings(testing::TempDir(), {});
    ASSERT_FALSE(settings);
    EXPECT_THAT(settings.error().front(), testing::HasSubstr("cannot read " + testing::TempDir()));
    EXPECT_THAT(problem_of(kSmallest, {{"USHER_PARTNER_BANGO_PASSWORD_FILE", testing::TempDir()}}),
                testing::HasSubstr("cannot read " + testing::TempDir()));
}

TEST(Settings, AnEmptySecretFileIsNoSecret) {
    const auto path = testing::TempDir() + "usher_empty_secret";
    std::ofstream{path} << "\n";
    EXPECT_THAT(problem_of(kSmallest, {{"USHER_PARTNER_BANGO_PASSWORD_FILE", path}}),
                HasSubstr(path + " is empty"));
    std::remove(path.c_str());
}

TEST(Settings, SeveralTenantsNeedAClaimThatTellsThemApart) {
    const std::string two = std::string{kSmallest} + "[[tenant]]\nid = \"second\"\n" +
                            "[[partner.bango.route]]\ntenant = \"second\"\nusername = \"them\"\n";
    EXPECT_THAT(problem_of(two), HasSubstr("auth.tenant_claim is empty"));
    EXPECT_EQ(problem_of(two, {{"USHER_AUTH_TENANT_CLAIM", "tenants"}}), "");
    EXPECT_EQ(problem_of(two, {{"USHER_AUTH_ANY_TENANT", "true"}}), "");
}

TEST(Settings, RolesSayWhatTheyMay) {
    const auto usual = load(kSmallest);
    ASSERT_EQ(usual->api.roles.size(), 1U);
    EXPECT_EQ(usual->api.roles[0].name, "operatorReader");
    EXPECT_EQ(usual->api.roles[0].may, std::set{api::Right::read});
    const std::string head = std::string{kSmallest} + "[[role]]\n";
    const auto settings = load(head + "name = \"callCentre\"\nmay = [\"read\", \"change\"]\n");
    ASSERT_TRUE(settings);
    ASSERT_EQ(settings->api.roles.size(), 1U);
    EXPECT_EQ(settings->api.roles[0].may, (std::set{api::Right::read, api::Right::change}));
    EXPECT_THAT(problem_of(head + "name = \"a\"\nmay = [\"all\"]\n"), HasSubstr("role.may"));
    EXPECT_THAT(problem_of(head + "name = \"operatorRole\"\nmay = [\"read\"]\n"),
                HasSubstr("must be a role of its own"));
    EXPECT_THAT(problem_of(head + "may = [\"read\"]\n"), HasSubstr("must be a role of its own"));
}

TEST(Settings, TenantsThatShareALoginMustDifferInTheirCustomersNames) {
    const std::string two = std::string{kSmallest} + "[[tenant]]\nid = \"second\"\n";
    const Environment claim{{"USHER_AUTH_TENANT_CLAIM", "tenants"}};
    EXPECT_THAT(problem_of(two, claim), HasSubstr("share the login us at the partner"));
    auto named = claim;
    named["USHER_PARTNER_BANGO_CUSTOMER_ID"] = "{tenant}-{account}";
    EXPECT_EQ(problem_of(two, named), "");
    EXPECT_EQ(problem_of(two + "enabled = false\n", claim), "") << "a disabled one sells nothing";
    EXPECT_EQ(problem_of(two + "[[partner.bango.route]]\ntenant = \"second\"\n"
                               "username = \"them\"\n",
                         claim),
              "");
    EXPECT_THAT(problem_of(two + "[[partner.bango.route]]\ntenant = \"second\"\n"
                                 "username = \"them\"\n"
                                 "[[partner.bango.route]]\ntenant = \"second\"\n"
                                 "merchant = \"M\"\nusername = \"us\"\n",
                           claim),
                HasSubstr("share the login us"))
        << "for one merchant they do";
}

TEST(Settings, TheAdminListenersNamesAreNamesAlone) {
    const std::string tail = std::string{kSmallest} + "[admin]\nhosts = ";
    EXPECT_EQ(problem_of(tail + R"(["usher.internal", "usher"])"), "");
    for (const auto* wrong : {"http://usher", "usher:8082", "a b", ""}) {
        EXPECT_THAT(problem_of(tail + fmt::format(R"(["{}"])", wrong)), HasSubstr("admin.hosts"))
            << wrong;
    }
    const auto settings = load(kSmallest, {{"USHER_ADMIN_HOSTS", "usher.internal,usher"}});
    ASSERT_TRUE(settings);
    EXPECT_THAT(settings->api.admin_hosts, ElementsAre("usher.internal", "usher"));
}

TEST(Settings, EveryNameIsThereOnceAndExplained) {
    std::set<std::string> names;
    for (const auto& setting : settings_table()) {
        EXPECT_TRUE(names.insert(setting.name).second) << setting.name;
        EXPECT_TRUE(setting.sentence.ends_with('.')) << setting.name;
        const auto value = setting.get(Settings{});
        Settings changed;
        setting.set(changed, value);
        EXPECT_EQ(setting.get(changed), value) << setting.name;
    }
}

}  // namespace
}  // namespace usher::server
