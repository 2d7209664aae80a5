#include "http/framing.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/lab_test.h"

namespace usher::http {
namespace {

using namespace std::string_literals;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// A raw stream, the answers it must get and the requests that the handler must see.
struct Case {
    const char* name;
    std::string bytes;
    int status;            // of the first answer; 0: none
    std::size_t requests;  // seen by the handler
};

std::string get(std::string fields, std::string host = "Host: h\r\n") {
    return "GET /a HTTP/1.1\r\n" + host + fields + "\r\n";
}

std::string post(std::string fields, std::string body) {
    return "POST /a HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body;
}

const std::string kSmuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string kChunked = "Transfer-Encoding: chunked\r\n";

std::vector<Case> accepted() {
    return {
        {"plain", get(""), 200, 1},
        {"two_pipelined", get("") + get(""), 200, 2},
        {"length", post("Content-Length: 5\r\n", "hello"), 200, 1},
        {"length_then_another", post("Content-Length: 5\r\n", "hello") + kSmuggled, 200, 2},
        {"length_zero", post("Content-Length: 0\r\n", ""), 200, 1},
        {"length_leading_zeros", post("Content-Length: 005\r\n", "hello"), 200, 1},
        {"chunked", post(kChunked, "5\r\nhello\r\n0\r\n\r\n"), 200, 1},
        {"chunked_then_another", post(kChunked, "5\r\nhello\r\n0\r\n\r\n") + kSmuggled, 200, 2},
        {"chunked_any_case", post("transfer-ENCODING: Chunked\r\n", "1\r\na\r\n0\r\n\r\n"), 200, 1},
        {"chunk_extension", post(kChunked, "1;a=b\r\na\r\n0\r\n\r\n"), 200, 1},
        {"chunk_trailer", post(kChunked, "1\r\na\r\n0\r\nX: y\r\n\r\n"), 200, 1},
        {"http10_without_host", "GET /a HTTP/1.0\r\n\r\n", 200, 1},
        {"http10_ends", "GET /a HTTP/1.0\r\nHost: h\r\n\r\n" + kSmuggled, 200, 1},
        {"close_ends", get("Connection: close\r\n") + kSmuggled, 200, 1},
        {"raw_query", "GET /a?f={\"a\":[1]}|b HTTP/1.1\r\nHost: h\r\n\r\n", 200, 1},
        {"tab_in_value", get("X: a\tb\r\n"), 200, 1},
        {"empty_value", get("X:\r\n"), 200, 1},
        {"ipv6_host", get("", "Host: [::1]:80\r\n"), 200, 1},
        {"h2c_is_ignored",
         get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
             "HTTP2-Settings: AAEAAA\r\n"),
         200, 1},
    };
}

std::vector<Case> refused_lines() {
    return {
        {"lf_after_request_line", "GET /a HTTP/1.1\nHost: h\r\n\r\n", 400, 0},
        {"lf_after_field", "GET /a HTTP/1.1\r\nHost: h\n\r\n", 400, 0},
        {"lf_ends_head", "GET /a HTTP/1.1\r\nHost: h\r\n\n", 400, 0},
        {"only_lf", "GET /a HTTP/1.1\nHost: h\n\n", 400, 0},
        {"bare_cr", get("X: a\rb\r\n"), 400, 0},
        {"cr_cr_lf", get("X: a\r\r\n"), 400, 0},
        {"leading_crlf", "\r\n" + get(""), 400, 0},
        {"leading_lf", "\n" + get(""), 400, 0},
        {"leading_blank", " " + get(""), 400, 0},
        {"fold", get("X: a\r\n b\r\n"), 400, 0},
        {"fold_with_tab", get("X: a\r\n\tb\r\n"), 400, 0},
        {"fold_in_length", post("Content-Length:\r\n 5\r\n", "hello"), 400, 0},
        {"fold_in_encoding", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), 400, 0},
        {"fold_of_first_field", "GET /a HTTP/1.1\r\n Host: h\r\n\r\n", 400, 0},
        {"blank_before_colon", get("X : a\r\n"), 400, 0},
        {"no_colon", get("X\r\n"), 400, 0},
        {"empty_name", get(": a\r\n"), 400, 0},
        {"nul_in_value", get("X: a\0b\r\n"s), 400, 0},
        {"nul_in_name", get("X\0: a\r\n"s), 400, 0},
        {"delete_in_value", get("X: \x7F\r\n"), 400, 0},
        {"high_byte_in_value", get("X: \xFF\r\n"), 400, 0},
        {"high_byte_in_target", "GET /\x80 HTTP/1.1\r\nHost: h\r\n\r\n", 400, 0},
        {"vertical_tab", get("Transfer-Encoding: \vchunked\r\n"), 400, 0},
        {"two_blanks", "GET  /a HTTP/1.1\r\nHost: h\r\n\r\n", 400, 0},
        {"tab_in_request_line", "GET\t/a HTTP/1.1\r\nHost: h\r\n\r\n", 400, 0},
        {"blank_in_target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400, 0},
        {"no_target", "GET HTTP/1.1\r\nHost: h\r\n\r\n", 400, 0},
        {"no_version", "GET /a\r\nHost: h\r\n\r\n", 400, 0},
        {"blank_after_version", "GET /a HTTP/1.1 \r\nHost: h\r\n\r\n", 400, 0},
        {"lower_case_version", "GET /a http/1.1\r\nHost: h\r\n\r\n", 400, 0},
        {"absolute_form", "GET http://h/a HTTP/1.1\r\nHost: h\r\n\r\n", 400, 0},
        {"asterisk_form", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 400, 0},
        {"fragment", "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", 400, 0},
        {"bad_method", "G(T /a HTTP/1.1\r\nHost: h\r\n\r\n", 400, 0},
        {"http_2", "GET /a HTTP/2.0\r\nHost: h\r\n\r\n", 505, 0},
        {"http_2_preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, 0},
        {"http_1_2", "GET /a HTTP/1.2\r\nHost: h\r\n\r\n", 505, 0},
        {"http_0_9", "GET /a HTTP/0.9\r\n\r\n", 505, 0},
        {"connect", "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", 501, 0},
        {"upgrade", get("Connection: Upgrade\r\nUpgrade: websocket\r\n"), 501, 0},
        {"tls_hello", "\x16\x03\x01\x02\x00\x01"s, 400, 0},
        {"ends_in_the_head", "GET /a HTTP/1.1\r\nHost: h\r\n", 0, 0},
    };
}

std::vector<Case> refused_framing() {
    return {
        {"no_host", get("", ""), 400, 0},
        {"two_hosts", get("Host: h\r\n"), 400, 0},
        {"two_hosts_10", "GET /a HTTP/1.0\r\nHost: h\r\nHost: h\r\n\r\n", 400, 0},
        {"empty_host", get("", "Host:\r\n"), 400, 0},
        {"host_list", get("", "Host: a, b\r\n"), 400, 0},
        {"host_with_path", get("", "Host: a/b\r\n"), 400, 0},
        {"host_with_user", get("", "Host: a@b\r\n"), 400, 0},
        {"two_equal_lengths", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400, 0},
        {"two_lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), 400, 0},
        {"length_list", post("Content-Length: 5, 5\r\n", "hello"), 400, 0},
        {"length_signed", post("Content-Length: +5\r\n", "hello"), 400, 0},
        {"length_negative", post("Content-Length: -5\r\n", "hello"), 400, 0},
        {"length_hex", post("Content-Length: 0x5\r\n", "hello"), 400, 0},
        {"length_empty", post("Content-Length:\r\n", "hello"), 400, 0},
        {"length_words", post("Content-Length: 5 5\r\n", "hello"), 400, 0},
        {"length_overflow", post("Content-Length: 18446744073709551621\r\n", "hello"), 400, 0},
        {"length_and_chunked", post("Content-Length: 5\r\n" + kChunked, "0\r\n\r\n"), 400, 0},
        {"chunked_and_length", post(kChunked + "Content-Length: 5\r\n", "0\r\n\r\n"), 400, 0},
        {"identity_and_length",
         post("Transfer-Encoding: identity\r\nContent-Length: 5\r\n", "hello"), 400, 0},
        {"xchunked", post("Transfer-Encoding: xchunked\r\n", kSmuggled), 400, 0},
        {"identity", post("Transfer-Encoding: identity\r\n", kSmuggled), 400, 0},
        {"gzip_chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 400, 0},
        {"chunked_identity", post("Transfer-Encoding: chunked, identity\r\n", kSmuggled), 400, 0},
        {"chunked_chunked", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 400, 0},
        {"chunked_quoted", post("Transfer-Encoding: \"chunked\"\r\n", kSmuggled), 400, 0},
        {"chunked_comma", post("Transfer-Encoding: chunked,\r\n", "0\r\n\r\n"), 400, 0},
        {"encoding_empty", post("Transfer-Encoding:\r\n", kSmuggled), 400, 0},
        {"encoding_in_two_lines", post("Transfer-Encoding: gzip\r\n" + kChunked, "0\r\n\r\n"), 400,
         0},
        {"encoding_twice", post(kChunked + kChunked, "0\r\n\r\n"), 400, 0},
        {"encoding_on_10", "POST /a HTTP/1.0\r\nHost: h\r\n" + kChunked + "\r\n0\r\n\r\n", 400, 0},
        {"chunk_size_bad", post(kChunked, "x\r\n"), 400, 0},
        {"chunk_size_signed", post(kChunked, "+1\r\na\r\n0\r\n\r\n"), 400, 0},
        {"chunk_size_hex_prefix", post(kChunked, "0x1\r\na\r\n0\r\n\r\n"), 400, 0},
        {"chunk_size_blank", post(kChunked, "1 \r\na\r\n0\r\n\r\n"), 400, 0},
        {"chunk_size_overflow", post(kChunked, "10000000000000001\r\na\r\n0\r\n\r\n"), 400, 0},
        {"chunk_longer", post(kChunked, "1\r\nab\r\n0\r\n\r\n"), 400, 0},
        {"chunk_lf", post(kChunked, "1\na\r\n0\r\n\r\n"), 400, 0},
        {"chunk_data_lf", post(kChunked, "1\r\na\n0\r\n\r\n"), 400, 0},
        {"chunk_extension_lf", post(kChunked, "1;a\nb\r\na\r\n0\r\n\r\n"), 400, 0},
        {"last_chunk_lf", post(kChunked, "1\r\na\r\n0\r\n\n"), 400, 0},
        {"last_chunk_two_lf", post(kChunked, "1\r\na\r\n0\n\n"), 400, 0},
        {"trailer_lf", post(kChunked, "0\r\nX: y\n\r\n\r\n"), 400, 0},
        {"length_in_trailer", post(kChunked, "0\r\nContent-Length: 5\r\n\r\n"), 400, 0},
        {"ends_in_the_body", post("Content-Length: 5\r\n", "hell"), 0, 0},
    };
}

std::vector<Case> all_cases() {
    auto all = accepted();
    for (const auto& list : {refused_lines(), refused_framing()}) {
        all.insert(all.end(), list.begin(), list.end());
    }
    return all;
}

class Framing : public testing::TestWithParam<Case> {
  protected:
    std::string converse(std::vector<std::string> pieces) {
        std::string answer;
        lab_.run([&]() -> base::Task<> {
            answer = co_await lab::converse(lab_.server->port(), pieces);
        });
        return answer;
    }

    void expect_outcome(const std::string& answer) const {
        const auto statuses = lab::statuses_of(answer);
        const auto& wanted = GetParam();
        EXPECT_THAT(lab_.seen, SizeIs(wanted.requests)) << answer;
        if (wanted.status == 0) {
            EXPECT_THAT(statuses, IsEmpty()) << answer;
        } else if (wanted.status == 200) {
            EXPECT_THAT(statuses, SizeIs(wanted.requests)) << answer;
            EXPECT_THAT(statuses, Each(200)) << answer;
        } else {
            EXPECT_THAT(statuses, ElementsAre(wanted.status)) << answer;
            EXPECT_THAT(answer, testing::HasSubstr("Connection: close\r\n"));
        }
    }

    lab::Lab lab_;
};

TEST_P(Framing, InOnePiece) {
    expect_outcome(converse({GetParam().bytes}));
}

TEST_P(Framing, ByteByByte) {
    expect_outcome(converse(lab::bytes_of(GetParam().bytes)));
}

// Behind a good request the outcome is the same, and the good one is answered first.
TEST_P(Framing, Pipelined) {
    auto answer = converse({get("") + GetParam().bytes + kSmuggled});
    const auto& wanted = GetParam();
    const auto statuses = lab::statuses_of(answer);
    ASSERT_FALSE(statuses.empty());
    EXPECT_EQ(statuses.front(), 200);
    if (wanted.status >= 400) {
        EXPECT_THAT(statuses, ElementsAre(200, wanted.status));
        EXPECT_THAT(lab_.seen, SizeIs(1));
    } else if (wanted.status == 200) {
        EXPECT_THAT(statuses, Each(200));
        EXPECT_GE(lab_.seen.size(), 1 + wanted.requests);
    }
}

INSTANTIATE_TEST_SUITE_P(Cases, Framing, testing::ValuesIn(all_cases()),
                         [](const auto& info) { return std::string{info.param.name}; });

TEST(ChunkLines, HaveALimit) {
    lab::Lab lab;
    std::string answer;
    lab.run([&]() -> base::Task<> {
        answer = co_await lab::converse(lab.server->port(),
                                        {post(kChunked, "1;" + std::string(5000, 'a'))});
    });
    EXPECT_THAT(lab::statuses_of(answer), ElementsAre(400));
    EXPECT_THAT(lab.seen, IsEmpty());
}

TEST(CheckHead, JudgesWholeHeads) {
    EXPECT_FALSE(check_head(get(""), 100));
    EXPECT_EQ(check_head("GET /a HTTP/1.1\r\nHost: h\r\n\n", 100)->error, ProtocolError::malformed);
    EXPECT_EQ(check_head("GET /a HTTP/1.1\r\nX: a\r\n b\r\n\r\n", 100)->error,
              ProtocolError::malformed);
    EXPECT_EQ(check_head("GET /a HTTP/3.0\r\n\r\n", 100)->error, ProtocolError::version);
    EXPECT_EQ(check_head("GET /aa HTTP/1.1\r\n\r\n", 2)->error, ProtocolError::target_too_long);
    EXPECT_EQ(check_head(get("") + "more", 100)->error, ProtocolError::malformed);
    EXPECT_EQ(check_head("", 100)->error, ProtocolError::malformed);
}

TEST(ScanHead, SeesTheSameInPieces) {
    for (const auto& one : refused_lines()) {
        const auto whole = scan_head(one.bytes, 0);
        HeadScan scan{.scanned = 0, .complete = false, .refusal = {}};
        for (std::size_t size = 1; size <= one.bytes.size() && !scan.refusal && !scan.complete;
             ++size) {
            scan = scan_head(std::string_view{one.bytes}.substr(0, size), scan.scanned);
        }
        EXPECT_EQ(scan.scanned, whole.scanned) << one.name;
        EXPECT_EQ(scan.complete, whole.complete) << one.name;
        EXPECT_EQ(scan.refusal.has_value(), whole.refusal.has_value()) << one.name;
    }
}

}  // namespace
}  // namespace usher::http
