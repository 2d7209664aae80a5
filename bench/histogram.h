// Latencies in buckets of at most 1 % width, as HdrHistogram has them.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace usher::bench {

class Histogram {
  public:
    void add(std::int64_t nanoseconds) {
        const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds, 0));
        ++counts_[std::min(index_of(value), counts_.size() - 1)];
        ++total_;
        longest_ = std::max(longest_, nanoseconds);
    }

    void add(const Histogram& other) {
        for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
        total_ += other.total_;
        longest_ = std::max(longest_, other.longest_);
    }

    std::uint64_t total() const { return total_; }

    // In microseconds: no more than `share` of all were slower.
    double quantile(double share) const {
        const auto wanted = static_cast<double>(total_) * share;
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            seen += counts_[i];
            if (seen > 0 && static_cast<double>(seen) >= wanted) return upper_end(i) / 1e3;
        }
        return 0;
    }

    // Members of a JSON object.
    std::string json() const {
        std::string text;
        for (const auto& [name, share] : {std::pair{"p50", 0.5}, {"p99", 0.99}, {"p999", 0.999}}) {
            text += "\"" + std::string{name} + "_us\": " + std::to_string(quantile(share)) + ", ";
        }
        return text + "\"longest_us\": " + std::to_string(static_cast<double>(longest_) / 1e3);
    }

  private:
    static constexpr int kBits = 7;  // of a value that are kept
    static constexpr std::uint64_t kHalf = 1ULL << kBits;

    static std::size_t index_of(std::uint64_t value) {
        const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kBits - 1);
        return static_cast<std::size_t>(shift) * kHalf + (value >> shift);
    }
    static double upper_end(std::size_t index) {
        if (index < 2 * kHalf) return static_cast<double>(index);
        const auto shift = index / kHalf - 1;
        return static_cast<double>((index - shift * kHalf + 1) << shift);
    }

    std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(40 * kHalf);
    std::uint64_t total_ = 0;
    std::int64_t longest_ = 0;
};

}  // namespace usher::bench
