#include "http/tls.h"

#include <array>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace usher::http {

namespace {

namespace ssl = boost::asio::ssl;

// Forward secrecy and authenticated encryption only; what TLS 1.3 offers is so anyway.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
// Sessions are resumed only with the server that made them, as a verified client's must be.
constexpr std::string_view kSessionContext = "usher";
constexpr std::string_view kHttp11 = "http/1.1";

std::unexpected<ListenError> fail(std::string_view what, const std::string& file,
                                  std::string_view problem, std::string_view remedy) {
    return std::unexpected{ListenError{fmt::format("{} {} {}: {}.", what, file, problem, remedy)}};
}

std::expected<std::string, ListenError> read_file(std::string_view what, const std::string& file) {
    std::ifstream in{file, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    if (!in || text.empty()) {
        return fail(what, file, "cannot be read or is empty",
                    "name a PEM file that this user may read");
    }
    return text;
}

std::expected<void, ListenError> use_certificate(ssl::context& context, const TlsFiles& files) {
    constexpr std::string_view kWhat = "The certificate in operator.tls_certificate,";
    const auto pem = read_file(kWhat, files.certificate);
    if (!pem) return std::unexpected{pem.error()};
    boost::system::error_code error;
    context.use_certificate_chain(boost::asio::buffer(*pem), error);
    if (!error) return {};
    return fail(kWhat, files.certificate, "is not a certificate chain in PEM",
                "put the server's certificate first, then those of its authorities");
}

std::expected<void, ListenError> use_key(ssl::context& context, const TlsFiles& files) {
    constexpr std::string_view kWhat = "The key in operator.tls_key,";
    const auto pem = read_file(kWhat, files.key);
    if (!pem) return std::unexpected{pem.error()};
    // Without this OpenSSL would ask for a passphrase on the terminal.
    bool asked = false;
    boost::system::error_code error;
    context.set_password_callback(
        [&asked](std::size_t, ssl::context::password_purpose) {
            asked = true;
            return std::string{};
        },
        error);
    context.use_private_key(boost::asio::buffer(*pem), ssl::context::pem, error);
    if (asked) {
        return fail(kWhat, files.key, "is protected by a passphrase",
                    "store it without one, readable by this user only");
    }
    if (!error) SSL_CTX_set_default_passwd_cb(context.native_handle(), nullptr);
    if (!error && SSL_CTX_check_private_key(context.native_handle()) == 1) return {};
    return fail(kWhat, files.key, "does not fit the certificate, or is no private key in PEM",
                "name the key that the certificate was made for");
}

std::expected<void, ListenError> use_client_authorities(ssl::context& context,
                                                        const TlsFiles& files) {
    if (files.client_authorities.empty()) return {};
    constexpr std::string_view kWhat = "The authorities in operator.tls_client_ca,";
    const auto pem = read_file(kWhat, files.client_authorities);
    if (!pem) return std::unexpected{pem.error()};
    boost::system::error_code error;
    context.add_certificate_authority(boost::asio::buffer(*pem), error);
    auto* names = SSL_load_client_CA_file(files.client_authorities.c_str());
    if (error || names == nullptr) {
        return fail(kWhat, files.client_authorities, "are not certificates in PEM",
                    "name a file with the certificates that sign the portals' ones");
    }
    // A session that is resumed would outlive the certificate that it was begun with.
    SSL_CTX_set_session_cache_mode(context.native_handle(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context.native_handle(), SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context.native_handle(), 0);
    // Told to the client, so that it can choose among several certificates of its own.
    SSL_CTX_set_client_CA_list(context.native_handle(), names);
    context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, error);
    return {};
}

// A client that names protocols must be able to speak ours (RFC 7301 §3.2).
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
    for (unsigned int at = 0; at + 1 <= offered_size;) {
        const unsigned int size = offered[at];
        if (at + 1 + size > offered_size) break;
        const std::string_view name{reinterpret_cast<const char*>(offered + at + 1), size};
        if (name == kHttp11) {
            *chosen = offered + at + 1;
            *chosen_size = static_cast<unsigned char>(size);
            return SSL_TLSEXT_ERR_OK;
        }
        at += 1 + size;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void harden(SSL_CTX* context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_cipher_list(context, kCiphers);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_id_context(context,
                                   reinterpret_cast<const unsigned char*>(kSessionContext.data()),
                                   static_cast<unsigned int>(kSessionContext.size()));
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

}  // namespace

std::expected<TlsContext, ListenError> load_tls(const TlsFiles& files) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    harden(context->native_handle());
    if (auto used = use_certificate(*context, files); !used) return std::unexpected{used.error()};
    if (auto used = use_key(*context, files); !used) return std::unexpected{used.error()};
    if (auto used = use_client_authorities(*context, files); !used) {
        return std::unexpected{used.error()};
    }
    ERR_clear_error();
    return context;
}

}  // namespace usher::http
