#include "simulate/readers.h"

#include <utility>

#include <fmt/format.h>

#include "base/json.h"

namespace usher::simulate {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint64_t kUseOfReaders = 9;  // of its dice, see world.cc
constexpr double kWorldsThatRead = 0.2;
constexpr seconds kForOneAnswer{30};
constexpr std::uint64_t kLongestWait = 3;

}  // namespace

Readers::Readers(const Stage& stage, std::uint64_t seed, Timeline& timeline, Trace& trace,
                 Serve serve)
    : stage_{stage},
      dice_{seed, kUseOfReaders},
      timeline_{timeline},
      trace_{trace},
      serve_{std::move(serve)} {}

void Readers::plan(base::Monotonic trouble_ends) {
    trouble_ends_ = trouble_ends;
    if (!dice_.chance(kWorldsThatRead)) return;
    for (std::size_t i = 0; i < stage_.operators().size(); ++i) {
        crms_.push_back({.by = i});
        read_[stage_.operators().at(i).tenant] = {};
    }
    for (auto& crm : crms_) ask_later(crm, pause());
}

base::Duration Readers::pause() {
    if (timeline_.now() >= trouble_ends_) return minutes{20};
    return dice_.log_between(base::Duration{seconds{1}}, base::Duration{minutes{15}});
}

void Readers::ask_later(Crm& crm, base::Duration span) {
    timeline_.after(span, kWorld, [this, &crm](bool) { ask(crm); });
}

void Readers::ask(Crm& crm) {
    const auto number = ++crm.asked;
    const auto& who = stage_.operators().at(crm.by);
    const auto after = crm.next.empty() ? std::string{} : "&after=" + crm.next;
    http::Request asks{
        .method = "GET",
        .target = fmt::format("/crm-gateway/v2/usher/events?limit={}&wait={}{}",
                              1 + dice_.below(20), dice_.below(kLongestWait), after),
        .headers = {{"Authorization", "Bearer " + who.token}, {"nv-tenant-id", who.tenant.text()}}};
    serve_(std::move(asks),
           [this, &crm, number](const http::Response& response) { hear(crm, number, response); });
    // Whoever died with the question, or lost the answer: it is asked again from the same place.
    timeline_.after(kForOneAnswer, kWorld, [this, &crm, number](bool) {
        if (crm.asked == number) ask_later(crm, pause());
    });
}

void Readers::hear(Crm& crm, std::uint64_t number, const http::Response& response) {
    if (number != crm.asked) return;
    ++crm.asked;
    const auto& tenant = stage_.operators().at(crm.by).tenant;
    auto& read = read_.at(tenant);
    trace_.say(timeline_.now(), "{} reads events: {}", tenant.text(), response.status);
    bool more = false;
    if (response.status == 200) {
        const auto body = base::parse_json(response.body).value().as_object();
        for (const auto& event : body.at("events").as_array()) {
            read.ids.emplace_back(event.at("id").as_string());
        }
        crm.next = body.at("next").as_string();
        more = body.at("more").as_bool();
        if (!more) read.complete_at = timeline_.now();
    } else if (response.status == 410) {
        read.lost_its_place = true;
    }
    ask_later(crm, more ? base::Duration{seconds{1}} : pause());
}

}  // namespace usher::simulate
