#include "base/random.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <random>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <openssl/rand.h>

#include "base/base64.h"

namespace usher::base {

namespace {

// Asking for a few bytes costs as much as asking for many, so each thread keeps some in stock.
class Stock {
  public:
    void take(std::span<std::byte> bytes) {
        if (bytes.size() > bytes_.size()) return draw(bytes);
        if (left_ < bytes.size()) {
            draw(bytes_);
            left_ = bytes_.size();
        }
        const auto given = std::span{bytes_}.subspan(left_ - bytes.size(), bytes.size());
        std::ranges::copy(given, bytes.begin());
        std::ranges::fill(given, std::byte{0});
        left_ -= bytes.size();
    }

  private:
    static void draw(std::span<std::byte> bytes) {
        auto* out = reinterpret_cast<unsigned char*>(bytes.data());
        // Without randomness no id is unique and no key is safe: there is nothing to go on with.
        if (RAND_bytes(out, static_cast<int>(bytes.size())) != 1) std::abort();
    }

    std::array<std::byte, 1024> bytes_{};
    std::size_t left_ = 0;
};

class SystemRandom final : public Random {
  public:
    void fill(std::span<std::byte> bytes) override {
        thread_local Stock stock;
        stock.take(bytes);
    }
};

class SeededRandom final : public Random {
  public:
    explicit SeededRandom(std::uint64_t seed) : engine_{seed} {}

    void fill(std::span<std::byte> bytes) override {
        const std::lock_guard lock{mutex_};
        while (!bytes.empty()) {
            const std::uint64_t drawn = engine_();
            const auto some = std::as_bytes(std::span{&drawn, 1});
            const auto count = std::min(bytes.size(), some.size());
            std::ranges::copy(some.first(count), bytes.begin());
            bytes = bytes.subspan(count);
        }
    }

  private:
    std::mutex mutex_;
    std::mt19937_64 engine_;
};

std::string to_hex(std::span<const std::byte> bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const auto byte : bytes) {
        text += kDigits[std::to_integer<unsigned>(byte) >> 4];
        text += kDigits[std::to_integer<unsigned>(byte) & 15];
    }
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
    auto text = to_hex(bytes);
    for (const std::size_t at : {20, 16, 12, 8}) text.insert(at, 1, '-');
    return text;
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
