#include "api/host.h"

#include <vector>

#include <gtest/gtest.h>

namespace usher::api {
namespace {

const std::vector<std::string> kNames{"usher.internal"};

TEST(Host, AddressesLocalhostAndWhatWasNamedAreKnown) {
    for (const auto* known :
         {"127.0.0.1", "127.0.0.1:8082", "10.1.2.3:80", "[::1]", "[::1]:8082", "[fe80::1]:1",
          "localhost", "LOCALHOST:8082", "localhost.", "usher.internal", "Usher.Internal:8082"}) {
        EXPECT_TRUE(is_known_host(known, kNames)) << known;
    }
}

TEST(Host, AnyOtherNameIsNot) {
    for (const auto* unknown :
         {"", ":8082", "evil.example", "evil.example:8082", "localhost.evil.example",
          "usher.internal.evil.example", "127.0.0.1.evil.example", "127.0.0.1.nip.io", "[::1",
          "[evil.example]", "xlocalhost", "@localhost"}) {
        EXPECT_FALSE(is_known_host(unknown, kNames)) << unknown;
    }
    EXPECT_FALSE(is_known_host("usher.internal", {}));
}

}  // namespace
}  // namespace usher::api
