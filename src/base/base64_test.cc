#include "base/base64.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace usher::base {
namespace {

// RFC 4648 §10.
TEST(Base64, AgreesWithTheStandardsExamples) {
    const std::pair<std::string_view, std::string_view> examples[] = {{"", ""},
                                                                      {"f", "Zg=="},
                                                                      {"fo", "Zm8="},
                                                                      {"foo", "Zm9v"},
                                                                      {"foob", "Zm9vYg=="},
                                                                      {"fooba", "Zm9vYmE="},
                                                                      {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : examples) {
        EXPECT_EQ(encode_base64(bytes), text);
        EXPECT_EQ(decode_base64(text), std::string{bytes});
    }
}

TEST(Base64, HasTwoAlphabets) {
    EXPECT_EQ(encode_base64("\xfb\xff\xfe"), "+//+");
    EXPECT_EQ(encode_base64url("\xfb\xff\xfe"), "-__-");
    EXPECT_EQ(encode_base64url("f"), "Zg");
    EXPECT_EQ(decode_base64url("-__-"), "\xfb\xff\xfe");
    EXPECT_EQ(decode_base64url("Zg"), "f");
    EXPECT_EQ(decode_base64url(""), "");
    EXPECT_FALSE(decode_base64("-__-"));
    EXPECT_FALSE(decode_base64url("+//+"));
}

TEST(Base64, AcceptsOneTextForEachValueOnly) {
    for (const auto* text :
         {"Zg",       "Zg=",    "Zh==", "Zm9=",    "Zg==\n",   " Zg==",        "Zg= =", "Z",
          "====",     "A===",   "=",    "==",      "Zg==Zg==", "Zm9v\n\n\n\n", "    ",  "Zm9v-",
          "Zm9v----", "\n\n==", "Zm!v", "Zm9\x80", "AA==    ", "    AA=="}) {
        EXPECT_FALSE(decode_base64(text)) << text;
    }
    EXPECT_FALSE(decode_base64(std::string_view{"Zm9\0", 4}));
    for (const auto* text : {"Zg==", "Zh", "Zm9", "Z", "Zg\n", "Zm9v Zm9v", "AAAAA"}) {
        EXPECT_FALSE(decode_base64url(text)) << text;
    }
}

TEST(Base64, GivesBackWhatItWasGiven) {
    const auto seed = make_system_random()->next();
    SCOPED_TRACE(seed);
    const auto random = make_seeded_random(seed);
    for (std::size_t size = 0; size < 200; ++size) {
        std::string bytes(size, '\0');
        random->fill(std::as_writable_bytes(std::span{bytes}));
        ASSERT_EQ(decode_base64(encode_base64(bytes)), bytes);
        ASSERT_EQ(decode_base64url(encode_base64url(bytes)), bytes);
    }
}

TEST(Base64, DecodesNothingThatItWouldWriteDifferently) {
    const auto seed = make_system_random()->next();
    SCOPED_TRACE(seed);
    const auto random = make_seeded_random(seed);
    constexpr std::string_view kAlphabet = "AQgwZz019+/-_= \n";
    int accepted = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string text(random->next() % 13, '\0');
        for (auto& letter : text) letter = kAlphabet[random->next() % kAlphabet.size()];
        if (const auto bytes = decode_base64(text)) {
            ++accepted;
            ASSERT_EQ(encode_base64(*bytes), text);
        }
        if (const auto bytes = decode_base64url(text)) {
            ASSERT_EQ(encode_base64url(*bytes), text);
        }
    }
    EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace usher::base
