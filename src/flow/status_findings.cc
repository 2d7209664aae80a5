#include "flow/status_findings.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace usher::flow {

namespace {

using Findings = std::vector<StatusFinding>;

void trouble(Findings& all, std::string what, std::string_view todo) {
    all.push_back({Severity::trouble, std::move(what), std::string{todo}});
}

void notice(Findings& all, std::string what, std::string_view todo) {
    all.push_back({Severity::notice, std::move(what), std::string{todo}});
}

std::string name_of(const domain::TenantId& tenant, const domain::MerchantId& merchant) {
    const std::string all = "all";
    return fmt::format("{}/{}", tenant.empty() ? all : tenant.text(),
                       merchant.empty() ? all : merchant.text());
}

// The options that mean a scope.
std::string options_of(const domain::TenantId& tenant, const domain::MerchantId& merchant) {
    return fmt::format("{}{}{}", tenant.empty() ? "--all-tenants" : "--tenant " + tenant.text(),
                       merchant.empty() ? "" : " --merchant ", merchant.text());
}

std::string span_text(base::Duration span) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span).count();
    constexpr long kMinute = 60;
    constexpr long kHour = 60 * kMinute;
    constexpr long kDay = 24 * kHour;
    if (seconds < 2 * kMinute) return fmt::format("{} s", seconds);
    if (seconds < 2 * kHour) return fmt::format("{} min", seconds / kMinute);
    if (seconds < 2 * kDay) return fmt::format("{} h", seconds / kHour);
    return fmt::format("{} days", seconds / kDay);
}

std::string waiting_text(const RouteStatus& route) {
    return route.unsettled == 0 ? "nothing waits" : fmt::format("{} wait", route.unsettled);
}

void judge_store(Findings& all, const StatusFacts& facts) {
    if (facts.not_writable) {
        trouble(all, fmt::format("No change can be recorded: {}", *facts.not_writable),
                "Look at the disk that holds the store. Nothing that was accepted is lost.");
    }
    if (facts.not_readable) {
        trouble(all, fmt::format("What is not settled cannot be counted: {}", *facts.not_readable),
                "`usher check --store` says whether the store's file is damaged.");
    }
}

void judge_issuer(Findings& all, const IssuerStanding& issuer) {
    constexpr std::string_view kTodo =
        "Look at auth.issuer, auth.discovery_url and the way there; it is asked again by itself.";
    if (!issuer.has_keys) {
        trouble(all, "No access token can be checked: the issuer's keys were never got.", kTodo);
    } else if (!issuer.answers) {
        notice(all, "The issuer does not answer; tokens with known keys go on.", kTodo);
    }
}

void judge_route(Findings& all, const RouteStatus& route) {
    const auto& report = route.report;
    const auto name = name_of(report.tenant, report.merchant);
    if (report.paused) return;  // a hold tells of it
    switch (report.state) {
        case RouteState::open: {
            const auto code = report.problem_code;
            const auto next = report.next_probe ? base::format_time(*report.next_probe) : "soon";
            auto what = fmt::format("{}: {}; {}, and nothing is sent before {}.", name,
                                    report.problem, waiting_text(route), next);
            const auto& cause =
                describe(code == domain::Problem::none ? Cause::no_answer : cause_of(code));
            if (code == domain::Problem::slow_down) {
                notice(all, std::move(what), cause.safe_action);
            } else {
                trouble(all, std::move(what), cause.safe_action);
            }
            return;
        }
        case RouteState::half_open:
            notice(all,
                   fmt::format("{}: the partner answers again; one call is tried, and {}.", name,
                               waiting_text(route)),
                   "Wait: what it comes to is seen within seconds.");
            return;
        case RouteState::healthy:
            break;
    }
    const bool stands = route.waiting > 0 && report.rate_is_known && report.settled_per_minute <= 0;
    if (stands) {
        trouble(all,
                fmt::format("{}: {} wait for their turn and nothing was settled in the last two "
                            "minutes.",
                            name, route.waiting),
                fmt::format("`usher retry --all {} --reason …` says what they met; then `usher "
                            "explain` one of them.",
                            options_of(report.tenant, {})));
    } else if (report.most > 0 && report.window < static_cast<double>(report.most) / 2) {
        notice(all,
               fmt::format("{}: the partner sets the pace: {:.3g} of {} calls at once, {}.", name,
                           report.window, report.most, waiting_text(route)),
               describe(Cause::slow_down).safe_action);
    }
}

void judge_hold(Findings& all, const Hold& hold) {
    const auto told = fmt::format("{} since {}, by {}: {}", name_of(hold.tenant, hold.merchant),
                                  base::format_time(hold.since), hold.by, hold.why);
    const auto options = options_of(hold.tenant, hold.merchant);
    switch (hold.kind) {
        case HoldKind::paused:
            notice(all, fmt::format("Paused: {}", told),
                   fmt::format("`usher resume partner bango {} --reason …` goes on.", options));
            return;
        case HoldKind::endings:
            trouble(all, fmt::format("Endings are held back: {}", told),
                    fmt::format("Check that the settings name the partner's right environment. If "
                                "the endings are true: `usher confirm endings {} --reason …`",
                                options));
            return;
        case HoldKind::restored:
            trouble(all, fmt::format("What was asked before a restore is not sent: {}", told),
                    fmt::format("When it may be: `usher confirm restored {} --reason …`", options));
            return;
    }
}

void judge_tenant(Findings& all, const TenantStatus& tenant, const StatusFacts& facts) {
    if (tenant.attention > 0) {
        const auto worst = std::ranges::max_element(tenant.attention_causes, {},
                                                    [](const auto& entry) { return entry.second; });
        trouble(
            all,
            fmt::format("{}: {} need a person, not settled for more than {} or by no call; most "
                        "of all: {}.",
                        tenant.tenant.text(), tenant.attention, span_text(facts.give_up_after),
                        worst == tenant.attention_causes.end() ? "" : to_text(worst->first)),
            fmt::format("`usher explain` one of them; when the cause is over: `usher retry "
                        "--all --tenant {} --reason …`",
                        tenant.tenant.text()));
    }
    if (tenant.sweep_is_late) {
        trouble(all,
                fmt::format("{}: what lives at the partner was not looked at for {}, and should be "
                            "within {}.",
                            tenant.tenant.text(),
                            span_text(tenant.sweep_age.value_or(2 * tenant.freshness)),
                            span_text(tenant.freshness)),
                "A merchant in trouble or paused holds it up; else raise freshness_s or "
                "partner.bango.max_in_flight.");
    }
}

void judge_compared(Findings& all, const TenantStatus& tenant) {
    for (const auto& line : tenant.compared) {
        const auto differences = differences_in(line.counts);
        if (differences == 0) continue;
        notice(all,
               fmt::format("{}: the partner's file {} showed {} differences on {}.",
                           name_of(tenant.tenant, line.merchant), line.file, differences,
                           base::format_time(line.at)),
               "`usher compare` with the newest file shows those that are left.");
    }
}

void judge_learned(Findings& all, const StatusFacts& facts) {
    for (const auto& gap : facts.learned) {
        const auto* pin = pin_for(facts.pins, gap.tenant, gap.merchant, gap.product, gap.action);
        if (pin != nullptr) continue;
        notice(all,
               fmt::format("{}: {} does not support {}; it is asked for again from {} on.",
                           name_of(gap.tenant, gap.merchant), gap.product.text(),
                           domain::to_text(gap.action), base::format_time(gap.until)),
               fmt::format("If that is wrong: `usher actions clear {} --product {} --action {} "
                           "--reason …`",
                           options_of(gap.tenant, gap.merchant), gap.product.text(),
                           domain::to_text(gap.action)));
    }
}

}  // namespace

std::vector<StatusFinding> findings_of(const Status& status) {
    Findings all;
    const auto& facts = status.facts;
    judge_store(all, facts);
    judge_issuer(all, facts.issuer);
    for (const auto& route : status.routes) judge_route(all, route);
    for (const auto& hold : facts.holds) judge_hold(all, hold);
    for (const auto& tenant : status.tenants) judge_tenant(all, tenant, facts);
    for (const auto& tenant : status.tenants) judge_compared(all, tenant);
    judge_learned(all, facts);
    Findings sorted;
    for (const auto severity : {Severity::trouble, Severity::notice}) {
        for (const auto& finding : all) {
            if (finding.severity == severity) sorted.push_back(finding);
        }
    }
    return sorted;
}

}  // namespace usher::flow
