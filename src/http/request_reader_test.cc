// However a stream of requests is cut into pieces, the same comes out of it.
#include "http/request_reader.h"

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <gtest/gtest.h>

namespace usher::http {
namespace {

struct Outcome {
    std::vector<std::string> requests;
    std::string refusal;
    bool operator==(const Outcome&) const = default;
};

Outcome read_all(const std::vector<std::string>& pieces) {
    const ServerOptions options;
    boost::beast::flat_buffer input;
    auto reader = std::make_unique<RequestReader>(options);
    Outcome outcome;
    for (const auto& piece : pieces) {
        input.commit(
            boost::asio::buffer_copy(input.prepare(piece.size()), boost::asio::buffer(piece)));
        while (true) {
            if (const auto refusal = reader->read(input)) {
                outcome.refusal = refusal->detail;
                return outcome;
            }
            if (!reader->is_done()) break;
            const auto request = reader->take_request();
            outcome.requests.push_back(request.method + " " + request.target + " " + request.body);
            reader = std::make_unique<RequestReader>(options);
        }
    }
    return outcome;
}

const std::string kSizedPut = "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
const std::string kChunkedPost =
    "POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    "3\r\nabc\r\n2;x=1\r\nde\r\n0\r\nTrailer: t\r\n\r\n";
const std::string kEmptyPost =
    "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
const std::string kPlainGet = "GET /d HTTP/1.1\r\nHost: h\r\n\r\n";

TEST(RequestReader, EveryCutGivesTheSame) {
    const std::vector<std::string> streams{
        kSizedPut + kPlainGet + kChunkedPost + kEmptyPost + kPlainGet, kPlainGet + "0\r\n\r\n",
        kPlainGet + "GET /e HTTP/1.1\nHost: h\r\n\r\n",
        kPlainGet + "GET /e HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        kChunkedPost +
            "POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n"};
    for (const auto& stream : streams) {
        const auto whole = read_all({stream});
        EXPECT_FALSE(whole.requests.empty());
        for (std::size_t a = 0; a <= stream.size(); ++a) {
            const std::size_t b = a + (stream.size() - a) / 2;
            EXPECT_EQ(read_all({stream.substr(0, a), stream.substr(a, b - a), stream.substr(b)}),
                      whole)
                << a << " " << b;
        }
    }
}

TEST(RequestReader, TakesNoMoreThanItsOwnBytes) {
    const ServerOptions options;
    boost::beast::flat_buffer input;
    const auto bytes = kSizedPut + kPlainGet;
    input.commit(boost::asio::buffer_copy(input.prepare(bytes.size()), boost::asio::buffer(bytes)));
    RequestReader reader{options};
    EXPECT_FALSE(reader.read(input).has_value());
    EXPECT_TRUE(reader.is_done());
    EXPECT_EQ(input.size(), kPlainGet.size());
}

}  // namespace
}  // namespace usher::http
