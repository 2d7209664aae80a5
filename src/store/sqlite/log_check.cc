#include "store/sqlite/log_check.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "store/sqlite/page.h"

namespace usher::store::sqlite {

namespace {

constexpr std::size_t kFrameHeaderBytes = 24;
constexpr std::size_t kFrameBytes = kFrameHeaderBytes + kPageBytes;
// One that was on its way, and one of a crash before that, over which it was begun; or the store's
// own try to go on after a sync that failed, which is not repeated (open.cc).
constexpr int kMostTornTransactions = 2;
constexpr std::uint32_t kMagic = 0x377f0682;  // the last bit: the checksums' byte order

using Bytes = std::span<const std::byte>;

std::uint32_t big_endian(Bytes bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (const auto byte : bytes.subspan(at, 4)) {
        value = value << 8 | std::to_integer<std::uint32_t>(byte);
    }
    return value;
}

std::uint32_t little_endian(Bytes bytes, std::size_t at) {
    const auto value = big_endian(bytes, at);
    return value >> 24 | (value >> 8 & 0xFF00U) | (value << 8 & 0xFF0000U) | value << 24;
}

using Sums = std::pair<std::uint32_t, std::uint32_t>;

Sums add(Sums sums, Bytes bytes, bool big) {
    const auto word = big ? big_endian : little_endian;
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
        sums.first += word(bytes, at) + sums.second;
        sums.second += word(bytes, at + 4) + sums.first;
    }
    return sums;
}

void put_big_endian(std::span<std::byte> bytes, std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) {
        bytes[at + i] = static_cast<std::byte>(value >> (24 - 8 * i));
    }
}

Sums sums_at(Bytes bytes, std::size_t at) {
    return {big_endian(bytes, at), big_endian(bytes, at + 4)};
}

bool read_whole(std::istream& log, std::span<std::byte> to) {
    log.read(reinterpret_cast<char*>(to.data()), static_cast<std::streamsize>(to.size()));
    return log.gcount() == static_cast<std::streamsize>(to.size());
}

// Of a head, that stand at its end.
Sums sums_of(const LogHead& head) {
    return add({}, Bytes{head}.first(24), (big_endian(head, 0) & 1U) != 0);
}

bool begins_a_log(const LogHead& head) {
    return (big_endian(head, 0) & ~1U) == kMagic;
}

// Of a page of the log, that stand in its own header.
Sums sums_of(Bytes frame, Sums before, bool big) {
    return add(add(before, frame.first(8), big), frame.subspan(kFrameHeaderBytes), big);
}

std::optional<LogHead> head_before(LogHead head, Bytes frame) {
    std::ranges::copy(frame.subspan(8, 8), head.begin() + 16);  // the salts
    const auto turn = big_endian(head, 12);
    for (const auto candidate : {turn, turn - 1}) {
        put_big_endian(head, 12, candidate);
        const auto sums = sums_of(head);
        if (sums_of(frame, sums, (big_endian(head, 0) & 1U) != 0) != sums_at(frame, 16)) continue;
        put_big_endian(head, 24, sums.first);
        put_big_endian(head, 28, sums.second);
        return head;
    }
    return std::nullopt;
}

}  // namespace

std::optional<LogHead> proven_head(std::istream& log) {
    LogHead head{};
    std::vector<std::byte> frame(kFrameBytes);
    const bool is_spoiled = read_whole(log, head) && begins_a_log(head) &&
                            sums_of(head) != sums_at(head, 24) && read_whole(log, frame);
    return is_spoiled ? head_before(head, frame) : std::nullopt;
}

LogReport judge_log(std::istream& log) {
    LogReport report;
    LogHead header{};
    if (!read_whole(log, header)) return report;
    // A new log's head is synced before anything follows it: cut off before that, the file may have
    // its length already.
    const bool is_blank =
        std::ranges::all_of(header, [](auto byte) { return byte == std::byte{}; });
    if (is_blank && log.peek() == std::istream::traits_type::eof()) return report;
    const bool big = (big_endian(header, 0) & 1U) != 0;
    if (!begins_a_log(header) || sums_of(header) != sums_at(header, 24)) {
        log.seekg(0);
        const auto proven = proven_head(log);
        if (!proven) {
            report.state = LogState::headless;
            return report;
        }
        header = *proven;
        log.seekg(kLogHeadBytes);
    }
    auto sums = sums_of(header);
    bool readable = true;
    int commits_behind = 0;
    std::vector<std::byte> frame(kFrameBytes);
    while (read_whole(log, frame)) {
        const Bytes bytes{frame};
        // What an earlier turn of the log left has other salts.
        if (!std::ranges::equal(bytes.subspan(8, 8), Bytes{header}.subspan(16, 8))) {
            readable = false;
            continue;
        }
        if (readable) {
            const auto next = sums_of(bytes, sums, big);
            readable = next == sums_at(bytes, 16);
            sums = next;
        }
        if (readable) {
            ++report.readable_frames;
        } else if (big_endian(bytes, 4) != 0) {
            ++commits_behind;
        }
    }
    if (commits_behind > kMostTornTransactions) report.state = LogState::broken;
    return report;
}

}  // namespace usher::store::sqlite
