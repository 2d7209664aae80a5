#include "sandbox/replays.h"

#include <array>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <openssl/sha.h>

#include "base/base64.h"
#include "base/json.h"

namespace usher::sandbox {

namespace {

namespace json = boost::json;

constexpr std::string_view kHeader = "X-RequestIdentifier";

std::string digest_of(const http::Request& request) {
    std::string text = request.method;
    text.append(1, '\n').append(request.target).append(1, '\n').append(request.body);
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    return base::encode_base64url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace

Replays::Lookup Replays::find(const http::Request& request, base::Time now) {
    forget_old(now);
    const auto id = request.headers.find(kHeader);
    if (!id || id->empty()) return {};
    const auto found = entries_.find(*id);
    if (found == entries_.end()) return {};
    const auto& entry = found->second;
    if (entry.digest != digest_of(request)) return {.found = Found::other_request};
    return {.found = Found::same_request,
            .first = http::make_response(entry.status, "application/json", entry.body)};
}

void Replays::remember(const http::Request& request, const http::Response& response,
                       base::Time now) {
    const auto id = request.headers.find(kHeader);
    if (retention_ <= base::Duration::zero() || !id || id->empty()) return;
    if (entries_.contains(*id)) return;
    const Entry entry{digest_of(request), response.status, response.body, now};
    if (journal_ != nullptr) {
        const json::object row{{"digest", entry.digest},
                               {"status", entry.status},
                               {"body", entry.body},
                               {"at", base::to_micros(now)}};
        journal_->put(Table::replays, std::string{*id}, json::serialize(row));
    }
    insert(std::string{*id}, entry);
}

void Replays::insert(std::string id, Entry entry) {
    by_age_.emplace(entry.at, id);
    entries_.emplace(std::move(id), std::move(entry));
}

void Replays::forget_old(base::Time now) {
    while (!by_age_.empty() && by_age_.begin()->first + retention_ <= now) {
        const auto& id = by_age_.begin()->second;
        if (journal_ != nullptr) journal_->erase(Table::replays, id);
        entries_.erase(id);
        by_age_.erase(by_age_.begin());
    }
}

bool Replays::restore(std::string_view key, std::string_view row) {
    const auto parsed = base::parse_json(row);
    if (!parsed || !parsed->is_object()) return false;
    const auto& object = parsed->get_object();
    const auto digest = base::find_string(object, "digest");
    const auto body = base::find_string(object, "body");
    const auto* status = base::find_member(object, "status");
    const auto* at = base::find_member(object, "at");
    if (!digest || !body || !status || !status->is_int64() || !at || !at->is_int64()) return false;
    insert(std::string{key}, {*digest, static_cast<int>(status->get_int64()), *body,
                              base::from_micros(at->get_int64())});
    return true;
}

}  // namespace usher::sandbox
