// Strong strings and secrets: what they allow, and what does not compile.
#include <sstream>
#include <unordered_set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/strong.h"

namespace usher::base {
namespace {

using Left = Strong<struct LeftTag>;
using Right = Strong<struct RightTag>;

static_assert(!std::is_convertible_v<Left, Right> && !std::is_constructible_v<Left, Right>);
static_assert(!std::is_convertible_v<std::string, Left> &&
              !std::is_convertible_v<Left, std::string>);
static_assert(!std::equality_comparable_with<Left, Right>);

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) { out << value; };

static_assert(Streamable<Left> && !Streamable<Secret>);
static_assert(!fmt::is_formattable<Secret>::value);
static_assert(!std::is_constructible_v<LogField, std::string_view, Secret>);
static_assert(!std::is_convertible_v<std::string, Secret> &&
              !std::is_convertible_v<Secret, std::string>);

TEST(Strong, ComparesAndHashesByItsText) {
    EXPECT_EQ(Left{"a"}, Left{std::string{"a"}});
    EXPECT_LT(Left{"a"}, Left{std::string_view{"b"}});
    EXPECT_TRUE(Left{}.empty());
    const std::unordered_set<Left> set{Left{"a"}, Left{"b"}, Left{"a"}};
    EXPECT_EQ(set.size(), 2U);
    EXPECT_TRUE(set.contains(Left{"b"}));
    std::ostringstream out;
    out << Left{"shown"};
    EXPECT_EQ(out.str(), "shown");
}

TEST(Secret, IsShownOnlyToWhoAsks) {
    const Secret secret{"hidden"};
    EXPECT_EQ(secret.reveal(), "hidden");
    EXPECT_FALSE(secret.empty());
    EXPECT_TRUE(Secret{}.empty());
    EXPECT_TRUE(secret == Secret{"hidden"});
    EXPECT_FALSE(secret == Secret{"other"});
}

}  // namespace
}  // namespace usher::base
