#include "base/digest.h"

#include <gtest/gtest.h>

namespace usher::base {
namespace {

// FIPS 180-4 examples.
TEST(Sha256Hex, AgreesWithTheStandardsExamples) {
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, InPiecesIsAsInOne) {
    Sha256 nothing;
    EXPECT_EQ(nothing.finish_hex(), sha256_hex(""));
    Sha256 pieces;
    for (const auto* piece : {"a", "", "bc"}) pieces.add(piece);
    EXPECT_EQ(pieces.finish_hex(), sha256_hex("abc"));
}

TEST(Digests, AreTheSameAsTheirText) {
    const auto digest = sha256("abc");
    EXPECT_EQ(digest.front(), 0xba);
    EXPECT_EQ(digest.back(), 0xad);
    EXPECT_NE(digest, sha256("abd"));
    EXPECT_NE(DigestHash{}(digest), DigestHash{}(sha256("abd")));
}

}  // namespace
}  // namespace usher::base
