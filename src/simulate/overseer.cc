#include "simulate/overseer.h"

#include <utility>

#include <fmt/format.h>

namespace usher::simulate {

namespace {

constexpr std::chrono::seconds kPatience{30};  // for one answer
// After this nothing that was asked of a node can still come true.
constexpr std::chrono::minutes kToComeTrue{5};

}  // namespace

void Overseer::pause() {
    if (wish_ != Wish::none) return;
    wish_ = Wish::pause;
    const auto& all = stage_.operators();
    const auto which = dice_.below(all.size() + 1);
    tenant_ = which == all.size() ? domain::TenantId{} : all.at(which).tenant;
    ever_.insert(tenant_);
    ask();
}

void Overseer::resume() {
    if (wish_ != Wish::pause) return;
    wish_ = Wish::resume;
    // Whether or not it was placed: from now on calls may leave.
    if (!pauses_.empty() && !pauses_.back().until) pauses_.back().until = timeline_.now();
    ask();
}

void Overseer::put_right() {
    resume();
    for (const auto& tenant : ever_) lift(tenant);
    // A node that stood still may have been asked to pause before, and do so after all.
    timeline_.after(kToComeTrue, kWorld, [this](bool) {
        right_.clear();
        for (const auto& tenant : ever_) lift(tenant);
    });
}

void Overseer::lift(const domain::TenantId& tenant) {
    if (right_.contains(tenant)) return;
    serve_(request(tenant, true), [this, tenant](const http::Response& response) {
        if (response.status < 300) right_.insert(tenant);
    });
    timeline_.after(kPatience, kWorld, [this, tenant](bool) { lift(tenant); });
}

http::Request Overseer::request(const domain::TenantId& tenant, bool lifts) const {
    http::Request made{
        .method = "POST",
        .target = fmt::format("/admin/v1/{}holds{}", tenant.empty() ? "all-tenants/" : "",
                              lifts ? "/lift" : ""),
        .headers = {{"Host", "127.0.0.1"},
                    {"Authorization", "Bearer " + stage_.overseer_token()},
                    {"Content-Type", "application/json"}},
        .body = R"({"kind":"paused","reason":"works at the partner"})"};
    if (!tenant.empty()) made.headers.add("nv-tenant-id", tenant.text());
    return made;
}

void Overseer::ask() {
    const auto number = ++asked_;
    auto asks = request(tenant_, wish_ == Wish::resume);
    trace_.say(timeline_.now(), "a person asks {} {}", asks.target, tenant_.text());
    serve_(std::move(asks),
           [this, number](const http::Response& response) { hear(number, response); });
    timeline_.after(kPatience, kWorld, [this, number](bool) {
        if (number == asked_ && wish_ != Wish::none) ask();
    });
}

void Overseer::hear(std::uint64_t number, const http::Response& response) {
    if (number != asked_) return;
    trace_.say(timeline_.now(), "a person is told {}", response.status);
    const bool is_done = response.status < 300;
    if (!is_done) return;  // asks again when patience has run out
    if (wish_ == Wish::resume) {
        wish_ = Wish::none;
        ++asked_;
        return;
    }
    pauses_.push_back({.tenant = tenant_, .from = timeline_.now()});
    ++asked_;
}

}  // namespace usher::simulate
