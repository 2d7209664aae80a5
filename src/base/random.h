// Randomness as something handed in, so that a simulation can repeat it. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/time.h"

namespace usher::base {

class Random {
  public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::byte> bytes) = 0;

    std::uint64_t next();
    // Evenly in [0, 1).
    double fraction();
};

// The operating system's generator, fit for keys and ids.
std::unique_ptr<Random> make_system_random();

// Repeatable from `seed`; for tests and simulation, never for ids that must not be guessed.
std::unique_ptr<Random> make_seeded_random(std::uint64_t seed);

// Random UUID (version 4) in its text form.
std::string make_uuid(Random& random);

// 24 lower-case hexadecimal digits, the first 8 from `now` in seconds: ids sort by time and look
// like the ones that the published pages show (OpenTV §3.1).
std::string make_object_id(Random& random, Time now);

// `bytes` random bytes in base64url without padding.
std::string make_token(Random& random, std::size_t bytes);

}  // namespace usher::base
