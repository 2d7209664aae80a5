#include "simulate/judge.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>

#include <fmt/format.h>

#include "api/errors.h"
#include "base/json.h"
#include "domain/convergence.h"

namespace usher::simulate {

namespace {

namespace json = boost::json;
using domain::ChangeKind;
using domain::EntitlementStatus;
using domain::PartnerStatus;

class Judgement {
  public:
    explicit Judgement(const Evidence& evidence) : evidence_{evidence} {
        for (const auto& item : evidence.partner) {
            const auto& record = item.as_object();
            by_our_id_[text(record, "externalEntitlementId")].push_back(&record);
        }
    }

    Verdict all() && {
        for (const auto& [tenant, kept] : evidence_.tenants) {
            judge_feed(tenant, kept);
            for (const auto& [id, row] : kept.rows) judge_entitlement(kept, row);
        }
        judge_answers();
        judge_partner();
        if (evidence_.calls > evidence_.calls_allowed) {
            fail(Invariant::calls_bounded, "{} calls, {} would do", evidence_.calls,
                 evidence_.calls_allowed);
        }
        return {.violations = std::move(found_), .repeats = repeats_};
    }

  private:
    using Events = std::map<std::string, std::vector<const domain::Event*>>;

    template <class... Arguments>
    void fail(Invariant invariant, fmt::format_string<Arguments...> about,
              Arguments&&... arguments) {
        found_.push_back({invariant, fmt::format(about, std::forward<Arguments>(arguments)...)});
    }

    static std::string text(const json::object& record, std::string_view key) {
        return base::find_string(record, key).value_or("");
    }

    void judge_feed(const domain::TenantId& tenant, const TenantEvidence& kept) {
        std::int64_t last = 0;
        for (const auto& event : kept.feed) {
            if (event.position != last + 1) {
                fail(Invariant::feed_is_whole, "{}: {} comes after {}", tenant.text(),
                     event.position, last);
            }
            last = event.position;
        }
    }

    void judge_entitlement(const TenantEvidence& kept, const domain::Entitlement& row) {
        std::vector<const domain::Event*> history;
        for (const auto& event : kept.feed) {
            if (event.entitlement == row.id) history.push_back(&event);
        }
        judge_history(row, history);
        judge_wish(row, history);
        judge_agreement(row);
        judge_effects(row, kept);
    }

    void judge_history(const domain::Entitlement& row,
                       const std::vector<const domain::Event*>& history) {
        const auto& id = row.id.text();
        if (history.empty()) return fail(Invariant::history_is_whole, "{} has no history", id);
        const domain::Event* before = nullptr;
        for (const auto* event : history) {
            const bool follows = before == nullptr
                                     ? event->previous == 0 && event->version == 1
                                     : event->previous == before->position &&
                                           event->version == before->version + 1 &&
                                           event->change.status_from == before->change.status_to &&
                                           event->change.partner_from == before->change.partner_to;
            if (!follows) {
                fail(Invariant::history_is_whole, "{}: the event at {} does not follow the last",
                     id, event->position);
            }
            before = event;
        }
        const auto& held = row.convergence;
        if (before->change.status_to != held.status ||
            before->change.partner_to != held.partner_status || before->version != row.version ||
            before->position != row.last_position) {
            fail(Invariant::history_is_whole,
                 "{}: ends with {}/{} version {}, the row has {}/{} {}", id,
                 to_text(before->change.status_to), to_text(before->change.partner_to),
                 before->version, to_text(held.status), to_text(held.partner_status), row.version);
        }
    }

    void judge_wish(const domain::Entitlement& row,
                    const std::vector<const domain::Event*>& history) {
        std::optional<EntitlementStatus> wish;
        for (const auto* event : history) {
            if (event->change.kind == ChangeKind::requested) wish = event->change.status_to;
            if (event->change.kind == ChangeKind::refused ||
                event->change.kind == ChangeKind::partner_moved) {
                wish.reset();
            }
        }
        const auto status = row.convergence.status;
        if (wish && *wish != status && !is_refinement(*wish, status)) {
            fail(Invariant::last_wish_holds, "{}: asked {}, holds {}, and nothing says why",
                 row.id.text(), to_text(*wish), to_text(status));
        }
    }

    // What a wish may have become by itself (lifecycle §2).
    static bool is_refinement(EntitlementStatus wish, EntitlementStatus status) {
        switch (wish) {
            case EntitlementStatus::pending:
                return true;  // a purchase becomes whatever the customer makes of it
            case EntitlementStatus::cancelled:
            case EntitlementStatus::unsubscribed:
            case EntitlementStatus::active_ending:
                return status == EntitlementStatus::active_ending ||
                       status == EntitlementStatus::cancelled;
            case EntitlementStatus::subscribed:
            case EntitlementStatus::active:
            case EntitlementStatus::suspended:
            case EntitlementStatus::revoked:
                return false;
        }
        return false;
    }

    void judge_agreement(const domain::Entitlement& row) {
        const auto& id = row.id.text();
        const auto& held = row.convergence;
        const auto actual = actual_status(row);
        if (is_open(held)) {
            fail(Invariant::both_agree, "{}: holds {}/{}, still open; the partner has {}", id,
                 to_text(held.status), to_text(held.partner_status), to_text(actual));
        } else if (held.partner_status != actual && !both_ended(held.partner_status, actual)) {
            fail(Invariant::both_agree, "{}: believes that the partner has {}, it has {}", id,
                 to_text(held.partner_status), to_text(actual));
        } else if (!agree(held.status, actual)) {
            fail(Invariant::both_agree, "{}: the record says {}, the partner {}", id,
                 to_text(held.status), to_text(actual));
        }
    }

    // The product has its own words for these two; a fault in those must not blind the judge.
    static bool is_open(const domain::Convergence& held) {
        return held.intent || held.read_wanted || held.refusal || !held.calls.empty() ||
               held.partner_status == PartnerStatus::unknown;
    }

    static bool agree(EntitlementStatus status, PartnerStatus actual) {
        switch (status) {
            case EntitlementStatus::subscribed:
            case EntitlementStatus::active:
                return actual == PartnerStatus::active;
            case EntitlementStatus::suspended:
                return actual == PartnerStatus::suspended;
            case EntitlementStatus::pending:
                return actual == PartnerStatus::pending;
            case EntitlementStatus::active_ending:
                return actual == PartnerStatus::active_ending;
            case EntitlementStatus::unsubscribed:
            case EntitlementStatus::cancelled:
            case EntitlementStatus::revoked:
                return actual == PartnerStatus::cancelled || actual == PartnerStatus::revoked ||
                       actual == PartnerStatus::none;
        }
        return false;
    }

    static bool both_ended(PartnerStatus held, PartnerStatus actual) {
        const auto ended = [](PartnerStatus status) {
            return status == PartnerStatus::cancelled || status == PartnerStatus::revoked;
        };
        return ended(actual) && (ended(held) || held == PartnerStatus::none);
    }

    PartnerStatus actual_status(const domain::Entitlement& row) const {
        const auto found = by_our_id_.find(row.id.text());
        if (found == by_our_id_.end()) return PartnerStatus::none;
        const json::object* mine = found->second.back();
        for (const auto* record : found->second) {
            if (text(*record, "entitlementId") == row.partner_id.text()) mine = record;
        }
        return domain::parse_partner_status(text(*mine, "status")).value_or(PartnerStatus::unknown);
    }

    void judge_effects(const domain::Entitlement& row, const TenantEvidence& kept) {
        const auto found = by_our_id_.find(row.id.text());
        if (found == by_our_id_.end()) return;
        std::map<std::string_view, std::uint64_t> intended;
        for (const auto& call : kept.calls.at(row.id)) ++intended[kind(to_text(call.action))];
        std::map<std::string, std::uint64_t> effects;
        for (const auto* record : found->second) {
            for (const auto& [action, count] : record->at("effects").as_object()) {
                effects[std::string{kind(action)}] += count.to_number<std::uint64_t>();
            }
        }
        for (const auto& [action, count] : effects) {
            if (count <= intended[action]) continue;
            if (evidence_.short_memory) {
                repeats_ += count - intended[action];
            } else {
                fail(Invariant::one_effect, "{}: {} took effect {} times, meant {} times",
                     row.id.text(), action, count, intended[action]);
            }
        }
    }

    // At the partner these two are one call: which it is depends on when it acts.
    static std::string_view kind(std::string_view action) {
        return action == "undo_cancel" ? "resume" : action;
    }

    void judge_answers() {
        Events asked_events;
        for (const auto& [tenant, kept] : evidence_.tenants) {
            for (const auto& event : kept.feed) {
                if (event.change.kind != ChangeKind::requested) continue;
                asked_events[event.asker.correlation.text()].push_back(&event);
            }
        }
        for (const auto& asked : evidence_.asked) judge_answer(asked, asked_events);
        for (const auto& asked : evidence_.asked) asked_events.erase(asked.correlation);
        for (const auto& [correlation, requested] : asked_events) {
            fail(Invariant::nothing_invented, "{} for {}, which nobody asked", correlation,
                 requested.front()->entitlement.text());
        }
    }

    void judge_answer(const Asked& asked, const Events& events) {
        if (!asked.answer) {
            if (!asked.cut_off) fail(Invariant::everybody_answered, "{}", asked.correlation);
            return;
        }
        constexpr std::chrono::seconds kLongest{60};
        if (asked.answered_at - asked.at > kLongest) {
            fail(Invariant::everybody_answered, "{} only after {} s", asked.correlation,
                 (asked.answered_at - asked.at).count() / 1'000'000);
        }
        // What they ask for is there, is theirs, and names no version.
        constexpr std::array kKnown{200, 201, 202, 400, 503};
        if (std::ranges::find(kKnown, *asked.answer) == kKnown.end()) {
            fail(Invariant::answers_as_promised, "{}: {} {}", asked.correlation, *asked.answer,
                 asked.error_code);
        }
        const auto found = events.find(asked.correlation);
        if (found == events.end()) return judge_unrecorded(asked);
        if (found->second.size() > 1) {
            fail(Invariant::nothing_invented, "{} is in the history {} times", asked.correlation,
                 found->second.size());
        }
        judge_recorded(asked, *found->second.front());
    }

    void judge_unrecorded(const Asked& asked) {
        if (*asked.answer >= 300 || asked.kind == AskedKind::other) return;
        // What was bought already is answered with what that made.
        if (asked.kind == AskedKind::purchase) {
            if (find_row(asked.entitlement) != nullptr) return;
        } else if (!asked.modified && was_ever(asked)) {
            return;
        }
        fail(Invariant::nothing_lost, "{} was told {} for {} of {}", asked.correlation,
             *asked.answer, asked.status, asked.entitlement);
    }

    // Whether the record ever had what was asked for, as an unchanged one must.
    bool was_ever(const Asked& asked) const {
        const auto wish = domain::parse_entitlement_status(asked.status);
        const auto& feed = evidence_.tenants.at(asked.tenant).feed;
        return std::ranges::any_of(feed, [&](const domain::Event& event) {
            return event.entitlement.text() == asked.entitlement && wish &&
                   is_or_becomes(*wish, event.change.status_to);
        });
    }

    static bool is_or_becomes(EntitlementStatus wish, EntitlementStatus status) {
        return wish == status || is_refinement(wish, status);
    }

    void judge_recorded(const Asked& asked, const domain::Event& event) {
        const auto wish = domain::parse_entitlement_status(asked.status);
        // A purchase that was refused in the end was told no id.
        const bool told_none = asked.kind == AskedKind::purchase && *asked.answer >= 300;
        const bool same_one = told_none || event.entitlement.text() == asked.entitlement;
        if (event.tenant != asked.tenant || !same_one || !wish ||
            !is_or_becomes(*wish, event.change.status_to)) {
            fail(Invariant::nothing_invented, "{} asked {} {} for {}, the history has {} {} for {}",
                 asked.correlation, asked.tenant.text(), asked.status, asked.entitlement,
                 event.tenant.text(), to_text(event.change.status_to), event.entitlement.text());
        }
        const bool turned_away = *asked.answer == 503 &&
                                 asked.error_code != api::number_of(api::ErrorCode::not_confirmed);
        const bool refused = *asked.answer == 400 && !is_refused_after(event);
        if (turned_away || refused) {
            fail(Invariant::nothing_invented, "{} was told {} {}", asked.correlation, *asked.answer,
                 asked.error_code);
        }
    }

    // A request that was recorded and then refused by the partner is answered with that.
    bool is_refused_after(const domain::Event& asked) const {
        const auto& feed = evidence_.tenants.at(asked.tenant).feed;
        return std::ranges::any_of(feed, [&](const domain::Event& event) {
            const auto kind = event.change.kind;
            return event.entitlement == asked.entitlement && event.position > asked.position &&
                   (kind == ChangeKind::refused || kind == ChangeKind::partner_moved);
        });
    }

    const domain::Entitlement* find_row(const std::string& id) const {
        for (const auto& [tenant, kept] : evidence_.tenants) {
            const auto found = kept.rows.find(domain::EntitlementId{id});
            if (found != kept.rows.end()) return &found->second;
        }
        return nullptr;
    }

    void judge_partner() {
        for (const auto& [our_id, records] : by_our_id_) {
            for (const auto* record : records) judge_record(our_id, *record, find_row(our_id));
        }
    }

    void judge_record(const std::string& our_id, const json::object& record,
                      const domain::Entitlement* row) {
        const auto status = text(record, "status");
        const bool lives = status != "CANCELLED" && status != "REVOKED";
        if (row == nullptr) {
            if (lives) fail(Invariant::one_record, "nobody here knows {} ({})", our_id, status);
            return;
        }
        const bool is_held = row->partner_id.text() == text(record, "entitlementId");
        if (lives && !is_held && evidence_.short_memory) {
            ++repeats_;
        } else if (lives && !is_held) {
            fail(Invariant::one_record, "{}: {} lives at the partner beside the one we hold",
                 our_id, text(record, "entitlementId"));
        }
        if (text(record, "customerIdentifier") != row->customer.text()) {
            fail(Invariant::tenants_apart, "{}: is {}'s at the partner, {}'s here", our_id,
                 text(record, "customerIdentifier"), row->customer.text());
        }
    }

    const Evidence& evidence_;
    std::map<std::string, std::vector<const json::object*>> by_our_id_;
    std::vector<Violation> found_;
    std::uint64_t repeats_ = 0;
};

}  // namespace

std::string_view to_text(Invariant invariant) {
    switch (invariant) {
        case Invariant::both_agree:
            return "both-agree";
        case Invariant::nothing_lost:
            return "nothing-lost";
        case Invariant::nothing_invented:
            return "nothing-invented";
        case Invariant::last_wish_holds:
            return "last-wish-holds";
        case Invariant::history_is_whole:
            return "history-is-whole";
        case Invariant::feed_is_whole:
            return "feed-is-whole";
        case Invariant::one_effect:
            return "one-effect";
        case Invariant::one_record:
            return "one-record";
        case Invariant::tenants_apart:
            return "tenants-apart";
        case Invariant::everybody_answered:
            return "everybody-answered";
        case Invariant::answers_as_promised:
            return "answers-as-promised";
        case Invariant::calls_bounded:
            return "calls-bounded";
        case Invariant::starts:
            return "starts";
        case Invariant::no_crash:
            return "no-crash";
    }
    std::abort();
}

Verdict judge(const Evidence& evidence) {
    return Judgement{evidence}.all();
}

}  // namespace usher::simulate
