#include "sandbox/outbox.h"

#include <charconv>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/json.h"

namespace usher::sandbox {

namespace json = boost::json;

Outbox::Outbox(const PartnerOptions& options, DrawFault draw, Journal* journal)
    : options_{options}, draw_{std::move(draw)}, journal_{journal} {}

void Outbox::tell(const Record& record, std::string_view reason, base::Time now) {
    if (record.notification_url.empty()) return;
    const auto fault = draw_();
    if (fault && fault->effect == FaultEffect::drop) return;
    if (fault && fault->effect == FaultEffect::delay) now += fault->delay;

    json::object body{{"responseCode", "OK"},
                      {"responseMessage", "Success"},
                      {"parameters", nullptr},
                      {options_.reason_key, reason}};
    for (auto& [name, value] : to_json(record)) body[name] = value;
    const auto text = json::serialize(body);
    add({record.notification_url, text, now});
    if (fault && fault->effect == FaultEffect::duplicate) {
        add({record.notification_url, text, now + fault->delay});
    }
}

void Outbox::add(Waiting waiting) {
    const auto number = ++last_number_;
    keep(number, waiting);
    due_.emplace(waiting.due, number);
    waiting_.emplace(number, std::move(waiting));
}

void Outbox::keep(std::uint64_t number, const Waiting& waiting) {
    if (journal_ == nullptr) return;
    const json::object row{{"url", waiting.url},
                           {"body", waiting.body},
                           {"due", base::to_micros(waiting.due)},
                           {"attempts", waiting.attempts}};
    journal_->put(Table::notifications, number_key(number), json::serialize(row));
}

bool Outbox::restore(std::string_view key, std::string_view row) {
    std::uint64_t number = 0;
    std::from_chars(key.data(), key.data() + key.size(), number);
    const auto parsed = base::parse_json(row);
    if (number == 0 || !parsed || !parsed->is_object()) return false;
    const auto& object = parsed->get_object();
    const auto url = base::find_string(object, "url");
    const auto body = base::find_string(object, "body");
    const auto* due = base::find_member(object, "due");
    const auto* attempts = base::find_member(object, "attempts");
    if (!url || !body || !due || !due->is_int64() || !attempts || !attempts->is_int64()) {
        return false;
    }
    const auto when = base::from_micros(due->get_int64());
    last_number_ = std::max(last_number_, number);
    due_.emplace(when, number);
    waiting_.emplace(number,
                     Waiting{*url, *body, when, static_cast<std::size_t>(attempts->get_int64())});
    return true;
}

std::optional<base::Time> Outbox::next_event() const {
    if (due_.empty()) return std::nullopt;
    return due_.begin()->first;
}

std::vector<PartnerNotification> Outbox::take_due(base::Time now) {
    std::vector<PartnerNotification> taken;
    while (!due_.empty() && due_.begin()->first <= now) {
        const auto number = due_.begin()->second;
        const auto& waiting = waiting_.at(number);
        taken.push_back({number, waiting.url, waiting.body});
        due_.erase(due_.begin());
    }
    return taken;
}

void Outbox::settle(std::uint64_t number, bool delivered, base::Time now) {
    const auto found = waiting_.find(number);
    if (found == waiting_.end()) return;
    auto& waiting = found->second;
    if (delivered || waiting.attempts >= options_.notification_pauses.size()) {
        waiting_.erase(found);
        if (journal_ != nullptr) journal_->erase(Table::notifications, number_key(number));
        return;
    }
    waiting.due = now + options_.notification_pauses[waiting.attempts++];
    due_.emplace(waiting.due, number);
    keep(number, waiting);
}

}  // namespace usher::sandbox
