// One request as libcurl sees it. Internal to the room; used on one thread at a time.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>

#include <curl/curl.h>

#include "http/client.h"

namespace usher::http {

struct CurlClose {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

using EasyHandle = std::unique_ptr<CURL, CurlClose>;

// "scheme://host:port" of a URL, by the parser that will also connect. Nothing when it is no
// absolute http or https URL or holds credentials.
std::optional<std::string> origin_of(const std::string& url);

class Transfer {
  public:
    // `origin` is that of the request's URL.
    Transfer(OutgoingRequest request, std::string origin);
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    // False when the method or a header holds what would break the framing.
    bool prepare(const ClientOptions& options);

    const OutgoingRequest& request() const { return request_; }
    const std::string& origin() const { return origin_; }
    CURL* handle() const { return handle_.get(); }

    // A connection was ready and libcurl was let go ahead: from here on bytes may leave.
    bool may_have_been_sent() const { return attempts_ > 0; }

    std::expected<Response, TransportError> finish(CURLcode code);
    TransportError error(TransportFailure failure, std::string detail) const;

  private:
    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
    static int on_ready(void* self, char*, char*, int, int);

    bool take_header(std::string_view line);
    bool add_header(const std::string& line);
    void set_limits_and_trust(const ClientOptions& options);
    void set_method_and_body();
    bool set_headers(const ClientOptions& options);
    TransportFailure failure_of(CURLcode code) const;

    const OutgoingRequest request_;
    const std::string origin_;
    const EasyHandle handle_;
    std::unique_ptr<curl_slist, CurlClose> headers_;
    char problem_[CURL_ERROR_SIZE] = {};
    Response response_;
    std::size_t head_bytes_ = 0;
    bool head_complete_ = false;
    bool too_large_ = false;
    int attempts_ = 0;
};

}  // namespace usher::http
