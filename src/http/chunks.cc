#include "http/chunks.h"

#include <algorithm>
#include <charconv>

namespace usher::http {

namespace {

constexpr std::size_t kMaxSizeDigits = 16;
constexpr std::size_t kMaxExtensionBytes = 256;
constexpr std::size_t kMaxTrailerBytes = 4096;

constexpr std::string_view kBadEnd = "A chunk's data does not end with CR LF.";

// The line up to its LF, inclusive; empty while that has not come. Judges each byte as in the head.
std::string_view take_line(std::string_view rest, std::size_t longest, Refusal too_long,
                           std::optional<Refusal>& refusal) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end == std::string_view::npos ? end : end + 1);
    char previous = '\n';
    for (const char c : line) {
        refusal = check_byte(previous, c);
        if (refusal) return {};
        previous = c;
    }
    if (line.size() > longest) {
        refusal = too_long;
        return {};
    }
    return end == std::string_view::npos ? std::string_view{} : line;
}

constexpr Refusal kBadSize{.error = ProtocolError::malformed,
                           .detail =
                               "A chunk's size is not a hexadecimal number with an optional "
                               "extension."};
constexpr Refusal kLongTrailer{.error = ProtocolError::head_too_large,
                               .detail = "The trailer is too long."};

// Beast would look for the closing quote beyond the line's end.
bool has_open_quote(std::string_view extension) {
    bool open = false;
    for (std::size_t i = 0; i < extension.size(); ++i) {
        if (extension[i] == '"') open = !open;
        if (open && extension[i] == '\\') ++i;
    }
    return open;
}

// Of a line without its end.
std::optional<std::uint64_t> size_in(std::string_view line) {
    const auto digits = line.substr(0, line.find(';'));
    if (digits.empty() || digits.size() > kMaxSizeDigits) return std::nullopt;
    if (has_open_quote(line.substr(digits.size()))) return std::nullopt;
    std::uint64_t size = 0;
    const auto [end, problem] =
        std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
    if (problem != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return size;
}

}  // namespace

ChunkScanner::Scan ChunkScanner::scan(std::string_view bytes) {
    Scan found;
    while (expects_ != Expects::nothing) {
        const auto taken = take(bytes.substr(found.ready), found.refusal);
        if (found.refusal || taken == 0) break;
        found.ready += taken;
    }
    return found;
}

std::size_t ChunkScanner::take(std::string_view rest, std::optional<Refusal>& refusal) {
    switch (expects_) {
        case Expects::size:
            return take_size(rest, refusal);
        case Expects::data: {
            const auto taken = std::min<std::uint64_t>(left_, rest.size());
            left_ -= taken;
            if (left_ == 0) expects_ = Expects::end_of_data;
            return taken;
        }
        case Expects::end_of_data:
            if (!std::string_view{"\r\n"}.starts_with(rest.substr(0, 2))) {
                refusal = Refusal{.error = ProtocolError::malformed, .detail = kBadEnd};
            }
            if (refusal || rest.size() < 2) return 0;
            expects_ = Expects::size;
            return 2;
        case Expects::last_chunk: {
            // The size line again, then the lines of the trailer.
            std::size_t at = rest.find('\n') + 1;
            while (true) {
                const auto line =
                    take_line(rest.substr(at), kMaxTrailerBytes, kLongTrailer, refusal);
                if (refusal || line.empty()) return 0;
                at += line.size();
                if (at > kMaxTrailerBytes) refusal = kLongTrailer;
                if (refusal) return 0;
                if (line == "\r\n") break;
            }
            expects_ = Expects::nothing;
            return at;
        }
        case Expects::nothing:
            break;
    }
    return 0;
}

std::size_t ChunkScanner::take_size(std::string_view rest, std::optional<Refusal>& refusal) {
    constexpr auto kLongest = kMaxSizeDigits + kMaxExtensionBytes + 2;
    const auto line = take_line(rest, kLongest, kBadSize, refusal);
    if (refusal || line.empty()) return 0;
    const auto size = size_in(line.substr(0, line.size() - 2));
    if (!size) {
        refusal = kBadSize;
        return 0;
    }
    if (*size == 0) {
        expects_ = Expects::last_chunk;
        return take(rest, refusal);
    }
    left_ = *size;
    expects_ = Expects::data;
    return line.size();
}

}  // namespace usher::http
