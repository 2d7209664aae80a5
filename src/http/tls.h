// The server's side of TLS: PEM files become a context that connections are made with. Internal to
// the room.
#pragma once

#include <expected>
#include <memory>
#include <mutex>
#include <utility>

#include <boost/asio/ssl/context.hpp>

#include "http/server.h"

namespace usher::http {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

// TLS 1.2 and 1.3, no renegotiation, HTTP/1.1 by ALPN, client certificates when an authority for
// them is named. The error names the file, what is wrong with it and the remedy.
std::expected<TlsContext, ListenError> load_tls(const TlsFiles& files);

// The context for new connections; none: plain text. Those that are open keep the one they began
// with. Thread-safe.
class TlsHolder {
  public:
    explicit TlsHolder(TlsContext context) : context_{std::move(context)} {}

    TlsContext get() const {
        const std::lock_guard lock{mutex_};
        return context_;
    }
    void set(TlsContext context) {
        const std::lock_guard lock{mutex_};
        context_ = std::move(context);
    }

  private:
    mutable std::mutex mutex_;
    TlsContext context_;
};

}  // namespace usher::http
