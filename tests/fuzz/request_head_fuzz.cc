// Any bytes as a stream of requests: the same comes out of every cut, and what is accepted is
// framed as a second, simpler reader of the standard (RFC 9112) frames it. Input: two bytes that
// choose the cut, then the stream.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>

#include "http/request_reader.h"

namespace {

using usher::http::RequestReader;

void require(bool kept) {
    if (!kept) std::abort();
}

struct Outcome {
    std::vector<std::string> requests;
    std::size_t taken = 0;  // bytes of the stream that belong to them
    bool refused = false;
    bool operator==(const Outcome&) const = default;
};

Outcome read_all(const std::vector<std::string_view>& pieces) {
    static const usher::http::ServerOptions options{.max_header_bytes = 2048,
                                                    .max_body_bytes = 4096};
    boost::beast::flat_buffer input;
    auto reader = std::make_unique<RequestReader>(options);
    Outcome outcome;
    std::size_t given = 0;
    for (const auto piece : pieces) {
        given += piece.size();
        input.commit(boost::asio::buffer_copy(input.prepare(piece.size()),
                                              boost::asio::buffer(piece.data(), piece.size())));
        while (true) {
            if (reader->read(input)) {
                outcome.refused = true;
                return outcome;
            }
            if (!reader->is_done()) break;
            const auto request = reader->take_request();
            outcome.requests.push_back(request.method + " " + request.target + "\n" + request.body);
            outcome.taken = given - input.size();
            reader = std::make_unique<RequestReader>(options);
        }
    }
    return outcome;
}

// --- the second reader: knows only how long a request is

std::string_view take_line(std::string_view& rest) {
    const auto end = rest.find("\r\n");
    require(end != std::string_view::npos);
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    return line;
}

std::string read_chunks(std::string_view& rest) {
    std::string body;
    while (true) {
        const auto line = take_line(rest);
        const auto digits = line.substr(0, line.find(';'));
        std::size_t size = 0;
        const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
        require(parsed.ec == std::errc{} && parsed.ptr == digits.data() + digits.size());
        if (size == 0) break;
        require(rest.size() >= size + 2);
        body.append(rest.substr(0, size));
        rest.remove_prefix(size);
        require(take_line(rest).empty());
    }
    while (!take_line(rest).empty()) {
    }
    return body;
}

std::string read_one(std::string_view& rest) {
    const auto line = take_line(rest);
    const auto first = line.find(' ');
    const auto second = line.find(' ', first + 1);
    require(second != std::string_view::npos && line.find(' ', second + 1) == line.npos);
    std::string request{line.substr(0, second)};
    std::optional<std::size_t> length;
    bool chunked = false;
    for (auto field = take_line(rest); !field.empty(); field = take_line(rest)) {
        const auto colon = field.find(':');
        require(colon != std::string_view::npos && colon > 0);
        auto value = field.substr(colon + 1);
        while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
        while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
        const boost::beast::string_view name{field.data(), colon};
        if (boost::beast::iequals(name, "content-length")) {
            require(!length);
            length = 0;
            const auto parsed = std::from_chars(value.data(), value.data() + value.size(), *length);
            require(parsed.ec == std::errc{} && parsed.ptr == value.data() + value.size());
        }
        if (boost::beast::iequals(name, "transfer-encoding")) {
            require(!chunked && boost::beast::iequals({value.data(), value.size()}, "chunked"));
            chunked = true;
        }
    }
    require(!(chunked && length));
    request += '\n';
    if (chunked) return request + read_chunks(rest);
    require(rest.size() >= length.value_or(0));
    request += rest.substr(0, length.value_or(0));
    rest.remove_prefix(length.value_or(0));
    return request;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view stream{reinterpret_cast<const char*>(data + 2), size - 2};
    const auto whole = read_all({stream});

    auto rest = stream;
    for (const auto& request : whole.requests) require(read_one(rest) == request);
    require(stream.size() - rest.size() == whole.taken);

    const auto a = std::min<std::size_t>(data[0], stream.size());
    const auto b = std::min<std::size_t>(a + data[1], stream.size());
    require(read_all({stream.substr(0, a), stream.substr(a, b - a), stream.substr(b)}) == whole);
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < stream.size(); ++i) bytes.push_back(stream.substr(i, 1));
    require(read_all(bytes) == whole);
    return 0;
}
