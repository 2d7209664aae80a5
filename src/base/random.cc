#include "base/random.h"

#include <array>
#include <cstdlib>
#include <mutex>
#include <random>
#include <vector>

#include <fmt/format.h>
#include <openssl/rand.h>

#include "base/base64.h"

namespace usher::base {

namespace {

class SystemRandom final : public Random {
  public:
    void fill(std::span<std::byte> bytes) override {
        auto* out = reinterpret_cast<unsigned char*>(bytes.data());
        // Without randomness no id is unique and no key is safe: there is nothing to go on with.
        if (RAND_bytes(out, static_cast<int>(bytes.size())) != 1) std::abort();
    }
};

class SeededRandom final : public Random {
  public:
    explicit SeededRandom(std::uint64_t seed) : engine_{seed} {}

    void fill(std::span<std::byte> bytes) override {
        const std::lock_guard lock{mutex_};
        for (auto& byte : bytes) byte = static_cast<std::byte>(engine_() >> 32);
    }

  private:
    std::mutex mutex_;
    std::mt19937_64 engine_;
};

std::string to_hex(std::span<const std::byte> bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const auto byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned>(byte));
    return text;
}

}  // namespace

std::uint64_t Random::next() {
    std::uint64_t value{};
    fill(std::as_writable_bytes(std::span{&value, 1}));
    return value;
}

double Random::fraction() {
    constexpr int kMantissaBits = 53;
    return static_cast<double>(next() >> (64 - kMantissaBits)) * 0x1.0p-53;
}

std::unique_ptr<Random> make_system_random() {
    return std::make_unique<SystemRandom>();
}

std::unique_ptr<Random> make_seeded_random(std::uint64_t seed) {
    return std::make_unique<SeededRandom>(seed);
}

std::string make_uuid(Random& random) {
    std::array<std::byte, 16> bytes{};
    random.fill(bytes);
    bytes[6] = (bytes[6] & std::byte{0x0f}) | std::byte{0x40};
    bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};
    const auto hex = to_hex(bytes);
    return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                       hex.substr(16, 4), hex.substr(20));
}

std::string make_object_id(Random& random, Time now) {
    std::array<std::byte, 8> bytes{};
    random.fill(bytes);
    const auto seconds = static_cast<std::uint32_t>(to_micros(now) / 1'000'000);
    return fmt::format("{:08x}{}", seconds, to_hex(bytes));
}

std::string make_token(Random& random, std::size_t bytes) {
    std::vector<std::byte> raw(bytes);
    random.fill(raw);
    return encode_base64url({reinterpret_cast<const char*>(raw.data()), raw.size()});
}

}  // namespace usher::base
