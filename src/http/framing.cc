#include "http/framing.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/url/authority_view.hpp>

namespace usher::http {

namespace {

constexpr std::size_t kMaxMethodBytes = 32;

constexpr Refusal malformed(std::string_view detail) {
    return {.error = ProtocolError::malformed, .detail = detail};
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
}

bool is_token_char(char c) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return boost::beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

std::optional<Refusal> check_version(std::string_view version) {
    if (version == "HTTP/1.1" || version == "HTTP/1.0") return std::nullopt;
    const bool well_formed = version.size() == 8 && version.starts_with("HTTP/") &&
                             is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
    if (!well_formed) return malformed("The request line does not end with an HTTP version.");
    return Refusal{.error = ProtocolError::version,
                   .detail = "The only versions spoken here are 1.1 and 1.0."};
}

std::optional<Refusal> check_content_length(const Headers& headers) {
    const auto count = headers.count("Content-Length");
    if (count == 0) return std::nullopt;
    if (count > 1) return malformed("Content-Length is given more than once.");
    const auto value = *headers.find("Content-Length");
    if (value.empty() || value.size() > 18 || !std::ranges::all_of(value, is_digit)) {
        return malformed("Content-Length is not one decimal number.");
    }
    return std::nullopt;
}

std::optional<Refusal> check_transfer_encoding(const Headers& headers, HttpVersion version) {
    const auto count = headers.count("Transfer-Encoding");
    if (count == 0) return std::nullopt;
    if (version == HttpVersion::http10) return malformed("HTTP/1.0 has no Transfer-Encoding.");
    if (count > 1 || !equals_ignoring_case(*headers.find("Transfer-Encoding"), "chunked")) {
        return malformed("The only Transfer-Encoding accepted is chunked, once.");
    }
    if (headers.count("Content-Length") != 0) {
        return malformed("Content-Length and Transfer-Encoding exclude each other.");
    }
    return std::nullopt;
}

std::optional<Refusal> check_host(const Headers& headers, HttpVersion version) {
    const auto count = headers.count("Host");
    if (count == 0 && version == HttpVersion::http10) return std::nullopt;
    if (count == 0) return malformed("The Host header is missing.");
    if (count > 1) return malformed("Host is given more than once.");
    const auto host = *headers.find("Host");
    const auto parsed = boost::urls::parse_authority({host.data(), host.size()});
    const bool names_one = parsed && !parsed->has_userinfo() && !parsed->encoded_host().empty() &&
                           host.find(',') == std::string_view::npos;  // as two joined Hosts have
    if (names_one) return std::nullopt;
    return malformed("Host is not a host name with an optional port.");
}

std::optional<Refusal> check_upgrade(const Headers& headers) {
    const auto count = headers.count("Upgrade");
    if (count == 0) return std::nullopt;
    if (count == 1 && equals_ignoring_case(*headers.find("Upgrade"), "h2c")) return std::nullopt;
    return Refusal{.error = ProtocolError::not_implemented,
                   .detail = "Upgrading to another protocol is not offered here."};
}

// Whether eight bytes are all visible ASCII or blanks.
bool is_plain_word(const char* bytes) {
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    constexpr std::uint64_t kHigh = 0x8080808080808080;
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    const auto below_blank = (word - kOnes * 0x20) & ~word;
    const auto is_delete = ((word ^ kOnes * 0x7F) - kOnes) & ~(word ^ kOnes * 0x7F);
    return ((word | below_blank | is_delete) & kHigh) == 0;
}

bool is_inside_line(char previous) {
    return previous != 0 && previous != '\r' && previous != '\n';
}

}  // namespace

std::optional<Refusal> check_byte(char previous, char c) {
    if (c == '\n') {
        if (previous != '\r') return malformed("A line ends with LF alone; CR LF is needed.");
        return std::nullopt;
    }
    if (previous == '\r') return malformed("A line holds a CR that no LF follows.");
    if ((c == ' ' || c == '\t') && (previous == '\n' || previous == 0)) {
        return malformed("A line begins with a blank; folded lines are not accepted.");
    }
    if (c == '\r' || c == '\t') return std::nullopt;
    if (is_control(c)) return malformed("A line holds a control character.");
    if (static_cast<unsigned char>(c) >= 0x80) {
        return malformed("A line holds a character beyond ASCII.");
    }
    return std::nullopt;
}

HeadScan scan_head(std::string_view bytes, std::size_t from) {
    for (std::size_t i = from; i < bytes.size(); ++i) {
        // Most of a head is plain text, which is taken by eights.
        if (i > 0 && is_inside_line(bytes[i - 1])) {
            while (i + 8 <= bytes.size() && is_plain_word(bytes.data() + i)) i += 8;
            if (i == bytes.size()) break;
        }
        const char previous = i == 0 ? '\0' : bytes[i - 1];
        if (auto refusal = check_byte(previous, bytes[i])) {
            return {.scanned = i, .complete = false, .refusal = refusal};
        }
        if (bytes[i] != '\n') continue;
        if (i == 1) {
            return {.scanned = i,
                    .complete = false,
                    .refusal = malformed("An empty line stands before the request line.")};
        }
        if (bytes.substr(0, i + 1).ends_with("\r\n\r\n")) {
            return {.scanned = i + 1, .complete = true, .refusal = std::nullopt};
        }
    }
    return {.scanned = bytes.size(), .complete = false, .refusal = std::nullopt};
}

std::optional<Refusal> check_request_line(std::string_view head, std::size_t max_target_bytes) {
    const auto line = head.substr(0, head.find('\r'));
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) {
        return malformed("The request line does not have three parts.");
    }
    const auto method = line.substr(0, first);
    const auto target = line.substr(first + 1, last - first - 1);
    if (!is_token(method) || method.size() > kMaxMethodBytes) {
        return malformed("The method is not a token.");
    }
    if (auto refusal = check_version(line.substr(last + 1))) return refusal;
    if (method == "CONNECT") {
        return Refusal{.error = ProtocolError::not_implemented,
                       .detail = "CONNECT is not offered here."};
    }
    if (target.size() > max_target_bytes) {
        return Refusal{.error = ProtocolError::target_too_long, .detail = ""};
    }
    const bool origin_form =
        target.starts_with('/') && target.find_first_of(" \t#") == std::string_view::npos;
    if (!origin_form) return malformed("The request target is not a path with optional query.");
    return std::nullopt;
}

std::optional<Refusal> check_head(std::string_view raw_head, std::size_t max_target_bytes) {
    const auto scan = scan_head(raw_head, 0);
    if (scan.refusal) return scan.refusal;
    if (!scan.complete || scan.scanned != raw_head.size()) {
        return malformed("The head does not end with its first empty line.");
    }
    return check_request_line(raw_head, max_target_bytes);
}

std::optional<Refusal> check_fields(const Headers& headers, HttpVersion version) {
    if (auto refusal = check_content_length(headers)) return refusal;
    if (auto refusal = check_transfer_encoding(headers, version)) return refusal;
    if (auto refusal = check_host(headers, version)) return refusal;
    return check_upgrade(headers);
}

bool keeps_alive(const Headers& headers, HttpVersion version) {
    bool close = false;
    bool keep_alive = false;
    for (const auto& [name, value] : headers) {
        if (!equals_ignoring_case(name, "Connection")) continue;
        boost::beast::http::token_list tokens{value};
        close = close || tokens.exists("close");
        keep_alive = keep_alive || tokens.exists("keep-alive");
    }
    return !close && (version == HttpVersion::http11 || keep_alive);
}

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_token_char);
}

bool is_field_value(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c == '\t' || !is_control(c); });
}

}  // namespace usher::http
