#include "http/curl_handle.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "http/framing.h"

namespace usher::http {

namespace {

struct CurlText {
    char* text = nullptr;
    CurlText() = default;
    CurlText(const CurlText&) = delete;
    CurlText& operator=(const CurlText&) = delete;
    ~CurlText() { curl_free(text); }
};

// Connections idle for longer are not trusted: many servers close theirs after a minute.
constexpr long kMaxIdleSeconds = 45;

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Sending these twice changes nothing (RFC 9110 §9.2.1).
bool is_safe(std::string_view method) {
    return method == "GET" || method == "HEAD";
}

}  // namespace

std::optional<std::string> origin_of(const std::string& url) {
    const std::unique_ptr<CURLU, CurlClose> parsed{curl_url()};
    if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
        return std::nullopt;
    }
    CurlText scheme;
    CurlText host;
    CurlText port;
    if (curl_url_get(parsed.get(), CURLUPART_SCHEME, &scheme.text, 0) != CURLUE_OK ||
        curl_url_get(parsed.get(), CURLUPART_HOST, &host.text, 0) != CURLUE_OK ||
        curl_url_get(parsed.get(), CURLUPART_PORT, &port.text, CURLU_DEFAULT_PORT) != CURLUE_OK) {
        return std::nullopt;
    }
    const std::string_view name = scheme.text;
    if (name != "http" && name != "https") return std::nullopt;
    return fmt::format("{}://{}:{}", scheme.text, host.text, port.text);
}

Transfer::Transfer(OutgoingRequest request, std::string origin)
    : request_{std::move(request)}, origin_{std::move(origin)}, handle_{curl_easy_init()} {}

Transfer::~Transfer() = default;

bool Transfer::prepare(const ClientOptions& options) {
    if (!is_token(request_.method)) return false;
    auto* handle = handle_.get();
    curl_easy_setopt(handle, CURLOPT_URL, request_.url.c_str());
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, problem_);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, &Transfer::on_ready);
    curl_easy_setopt(handle, CURLOPT_PREREQDATA, this);
    if (request_.basic) {
        curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        curl_easy_setopt(handle, CURLOPT_USERNAME, request_.basic->username.c_str());
        curl_easy_setopt(handle, CURLOPT_PASSWORD, request_.basic->password.reveal().c_str());
    }
    set_limits_and_trust(options);
    set_method_and_body();
    return set_headers(options);
}

void Transfer::set_limits_and_trust(const ClientOptions& options) {
    auto* handle = handle_.get();
    curl_easy_setopt(
        handle, CURLOPT_CONNECTTIMEOUT_MS,
        static_cast<long>(std::max<std::int64_t>(1, request_.connect_timeout.count())));
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(handle, CURLOPT_MAXAGE_CONN, kMaxIdleSeconds);
    curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
    // Else removing a transfer whose name is being looked up would wait for the look-up.
    curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(handle, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!options.ca_file.empty()) {
        curl_easy_setopt(handle, CURLOPT_CAINFO, options.ca_file.c_str());
        curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
    }
}

void Transfer::set_method_and_body() {
    auto* handle = handle_.get();
    const bool bodiless = request_.method != "POST" && request_.method != "PUT" &&
                          request_.method != "PATCH" && request_.body.empty();
    if (request_.method == "HEAD") {
        curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    } else if (!bodiless) {
        curl_easy_setopt(handle, CURLOPT_POST, 1L);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                         static_cast<curl_off_t>(request_.body.size()));
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request_.body.data());
    }
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
}

bool Transfer::set_headers(const ClientOptions& options) {
    // libcurl's own: it would wait a second for a server's 100, and call every body a form.
    if (!add_header("Expect:")) return false;
    if (!request_.headers.find("Content-Type") && !add_header("Content-Type:")) return false;
    for (const auto& [name, value] : request_.headers) {
        if (!is_token(name) || !is_field_value(value)) return false;
        const auto line =
            value.empty() ? fmt::format("{};", name) : fmt::format("{}: {}", name, value);
        if (!add_header(line)) return false;
    }
    curl_easy_setopt(handle_.get(), CURLOPT_HTTPHEADER, headers_.get());
    curl_easy_setopt(handle_.get(), CURLOPT_USERAGENT, options.user_agent.c_str());
    return true;
}

bool Transfer::add_header(const std::string& line) {
    auto* grown = curl_slist_append(headers_.get(), line.c_str());
    if (grown == nullptr) return false;
    (void)headers_.release();
    headers_.reset(grown);
    return true;
}

// libcurl sends a request again by itself when a kept connection dies without an answer, though the
// other side may have acted on it. It asks here before every attempt, whatever the method or body.
int Transfer::on_ready(void* self, char*, char*, int, int) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (transfer.attempts_ > 0 && !is_safe(transfer.request_.method)) {
        return CURL_PREREQFUNC_ABORT;
    }
    ++transfer.attempts_;
    return CURL_PREREQFUNC_OK;
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_header({data, size * count}) ? size * count : 0;
}

bool Transfer::take_header(std::string_view line) {
    head_bytes_ += line.size();
    too_large_ = head_bytes_ > request_.max_response_bytes;
    if (too_large_) return false;
    if (head_complete_) return true;  // a trailer
    if (line.starts_with("HTTP/")) {  // again after an interim answer
        response_.headers = {};
        return true;
    }
    if (trim(line).empty()) {
        long status = 0;
        curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
        head_complete_ = status >= 200;
        return true;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return true;
    response_.headers.add(std::string{trim(line.substr(0, colon))},
                          std::string{trim(line.substr(colon + 1))});
    return true;
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    auto& body = transfer.response_.body;
    transfer.too_large_ = body.size() + size * count > transfer.request_.max_response_bytes;
    if (transfer.too_large_) return 0;
    body.append(data, size * count);
    return size * count;
}

std::expected<Response, TransportError> Transfer::finish(CURLcode code) {
    // libcurl takes a connection that ends inside the head for the end of an answer.
    if (code == CURLE_OK && !head_complete_) {
        return std::unexpected{error(TransportFailure::broken, "the answer's head is incomplete")};
    }
    if (code == CURLE_OK) {
        long status = 0;
        curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
        response_.status = static_cast<int>(status);
        return std::move(response_);
    }
    return std::unexpected{
        error(failure_of(code), problem_[0] == 0 ? curl_easy_strerror(code) : problem_)};
}

TransportError Transfer::error(TransportFailure failure, std::string detail) const {
    return {.failure = failure,
            .may_have_been_sent = may_have_been_sent(),
            .detail = fmt::format("{} {}: {}", request_.method, origin_, detail)};
}

TransportFailure Transfer::failure_of(CURLcode code) const {
    if (too_large_) return TransportFailure::response_too_large;
    switch (static_cast<int>(code)) {
        case CURLE_URL_MALFORMAT:
            return TransportFailure::bad_url;
        case CURLE_COULDNT_RESOLVE_HOST:
            return TransportFailure::resolve_failed;
        case CURLE_COULDNT_CONNECT:
            return TransportFailure::connect_failed;
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_INVALIDCERTSTATUS:
            return TransportFailure::tls_failed;
        case CURLE_UNSUPPORTED_PROTOCOL:  // an answer without a head, "HTTP/0.9"
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_BAD_CONTENT_ENCODING:
            return TransportFailure::unreadable;
        default:
            break;
    }
    // The only time limit that libcurl keeps here is that of connecting.
    return may_have_been_sent() ? TransportFailure::broken : TransportFailure::connect_failed;
}

}  // namespace usher::http
