#include "simulate/trace.h"

#include <string_view>

namespace usher::simulate {

namespace {

// FNV-1a: the same on every machine, and what it is to tell apart is not hostile.
void mix(std::uint64_t& hash, std::string_view bytes) {
    for (const char byte : bytes) {
        hash ^= static_cast<unsigned char>(byte);
        hash *= 0x100000001b3ULL;
    }
}

}  // namespace

void Trace::keep(base::Monotonic at, const std::string& text) {
    const auto micros = at.time_since_epoch().count();
    lines_.push_back(fmt::format("{:>6}.{:06} {}", micros / 1'000'000, micros % 1'000'000, text));
}

void Trace::add(base::Monotonic at, const std::string& text) {
    const auto micros = at.time_since_epoch().count();
    mix(hash_, {reinterpret_cast<const char*>(&micros), sizeof micros});
    mix(hash_, text);
    if (keeps_) keep(at, text);
}

}  // namespace usher::simulate
