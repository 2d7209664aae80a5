#include "sandbox/crm_log.h"

#include <charconv>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/base64.h"

namespace usher::sandbox {

namespace json = boost::json;

namespace {

bool is_json_text(const std::string& text) {
    boost::json::error_code error;
    (void)json::parse(json::serialize(json::string{text}), error);
    return !error;
}

}  // namespace

void CrmLog::add(const http::Request& request, base::Time now) {
    json::object headers;
    for (const auto& [name, value] : request.headers) {
        auto& place = headers[name];
        place = place.is_string() ? std::string{place.get_string()} + ", " + value : value;
    }
    json::object row{{"at", base::format_time(now)},
                     {"method", request.method},
                     {"path", request.target},
                     {"headers", std::move(headers)},
                     {"body", request.body}};
    if (!is_json_text(request.body)) {
        row["body"] = nullptr;
        row["bodyBase64"] = base::encode_base64(request.body);
    }
    const auto number = ++last_number_;
    if (journal_ != nullptr) {
        journal_->put(Table::received, number_key(number), json::serialize(row));
    }
    received_.emplace(number, std::move(row));
    while (received_.size() > limit_) {
        const auto oldest = received_.begin()->first;
        if (journal_ != nullptr) journal_->erase(Table::received, number_key(oldest));
        received_.erase(oldest);
    }
}

bool CrmLog::restore(std::string_view key, std::string_view row) {
    std::uint64_t number = 0;
    std::from_chars(key.data(), key.data() + key.size(), number);
    boost::json::error_code error;
    auto parsed = json::parse({row.data(), row.size()}, error);
    if (number == 0 || error || !parsed.is_object()) return false;
    last_number_ = std::max(last_number_, number);
    received_.emplace(number, std::move(parsed.get_object()));
    return true;
}

std::size_t CrmLog::clear() {
    const auto count = received_.size();
    if (journal_ != nullptr) {
        for (const auto& [number, row] : received_) {
            journal_->erase(Table::received, number_key(number));
        }
    }
    received_.clear();
    return count;
}

json::array CrmLog::to_json() const {
    json::array list;
    for (const auto& [number, row] : received_) list.push_back(row);
    return list;
}

}  // namespace usher::sandbox
