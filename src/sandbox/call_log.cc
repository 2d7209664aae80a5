#include "sandbox/call_log.h"

#include <charconv>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/json.h"

namespace usher::sandbox {

namespace {

namespace json = boost::json;

json::object line_to_json(const CallLine& line) {
    json::object object{
        {"at", base::format_time(line.at)},
        {"method", line.method},
        {"path", line.path},
        {"X-RequestIdentifier", base::text_or_null(line.request_id)},
        {"action", base::text_or_null(line.action)},
        {"fault", base::text_or_null(line.fault)},
        {"replayed", line.replayed},
        {"answer", nullptr},
    };
    if (line.http != 0) {
        object["answer"] = json::object{{"http", line.http},
                                        {"responseCode", base::text_or_null(line.response_code)}};
    }
    return object;
}

std::string response_code_of(const http::Response& response) {
    const auto body = base::parse_json(response.body);
    if (!body || !body->is_object()) return {};
    return base::find_string(body->get_object(), "responseCode").value_or("");
}

}  // namespace

std::uint64_t CallLog::add(CallLine line) {
    const auto number = ++last_number_;
    keep(number, line);
    lines_.emplace(number, std::move(line));
    while (lines_.size() > limit_) {
        if (journal_ != nullptr) journal_->erase(Table::calls, number_key(lines_.begin()->first));
        lines_.erase(lines_.begin());
    }
    return number;
}

void CallLog::answered(std::uint64_t number, const http::Response& response, bool replayed) {
    const auto found = lines_.find(number);
    if (found == lines_.end()) return;
    auto& line = found->second;
    line.replayed = replayed;
    if (!response.abort) {
        line.http = response.status;
        line.response_code = response_code_of(response);
    }
    keep(number, line);
}

void CallLog::keep(std::uint64_t number, const CallLine& line) {
    if (journal_ == nullptr) return;
    journal_->put(Table::calls, number_key(number), json::serialize(line_to_json(line)));
}

bool CallLog::restore(std::string_view key, std::string_view row) {
    std::uint64_t number = 0;
    std::from_chars(key.data(), key.data() + key.size(), number);
    const auto parsed = base::parse_json(row);
    if (number == 0 || !parsed || !parsed->is_object()) return false;
    const auto& object = parsed->get_object();
    const auto text = [&object](std::string_view name) {
        return base::find_string(object, name).value_or("");
    };
    const auto at = base::parse_time(text("at"));
    if (!at) return false;
    CallLine line{.at = *at,
                  .method = text("method"),
                  .path = text("path"),
                  .request_id = text("X-RequestIdentifier"),
                  .action = text("action"),
                  .fault = text("fault")};
    const auto* replayed = base::find_member(object, "replayed");
    line.replayed = replayed != nullptr && replayed->is_bool() && replayed->get_bool();
    if (const auto* answer = base::find_member(object, "answer"); answer && answer->is_object()) {
        const auto* http = base::find_member(answer->get_object(), "http");
        if (http != nullptr && http->is_int64()) line.http = static_cast<int>(http->get_int64());
        line.response_code = base::find_string(answer->get_object(), "responseCode").value_or("");
    }
    last_number_ = std::max(last_number_, number);
    lines_.emplace(number, std::move(line));
    return true;
}

json::array CallLog::to_json() const {
    json::array list;
    for (const auto& [number, line] : lines_) list.push_back(line_to_json(line));
    return list;
}

}  // namespace usher::sandbox
