#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "api/errors.h"
#include "simulate/judge_parts.h"
#include "simulate/timeline.h"

namespace usher::simulate {

namespace {

using domain::ChangeKind;
using domain::EntitlementStatus;
using domain::PartnerStatus;

bool is_or_becomes(EntitlementStatus wish, EntitlementStatus status) {
    return wish == status || is_refinement(wish, status);
}

// The published table of what may be asked (lifecycle §1), as far as it knows only the record and
// what the partner was last known to have. Written here once more: the product has its own.
bool may_be_asked(EntitlementStatus from, PartnerStatus partner, EntitlementStatus to) {
    using enum PartnerStatus;
    const auto is = domain::meaning(from);
    const auto wish = domain::meaning(to);
    const bool not_there_yet = partner == none || partner == pending;
    if (not_there_yet && (wish == suspended || wish == active_ending)) return false;
    if (wish == pending) return false;
    if (is == wish) return from != to;
    switch (is) {
        case pending:
        case active:
        case suspended:
            return true;
        case active_ending:
            return wish == active || wish == revoked;
        case cancelled:
            return (wish == active || wish == revoked) && !domain::is_ended(partner);
        case revoked:
            return wish == active && !domain::is_ended(partner);
        case none:
        case unknown:
            break;
    }
    return false;
}

class Answers {
  public:
    Answers(const Evidence& evidence, const Histories& histories, Findings& found, Cells& cells)
        : evidence_{evidence}, histories_{histories}, found_{found}, cells_{cells} {
        for (const auto& [tenant, kept] : evidence.tenants) {
            for (const auto& event : kept.feed) {
                // What Usher asks for instead goes under the same correlation.
                const bool is_asked = event.change.kind == ChangeKind::requested &&
                                      event.initiator == domain::Initiator::op;
                if (!is_asked) continue;
                recorded_[event.asker.correlation.text()].push_back(&event);
            }
        }
    }

    void judge() && {
        for (const auto& asked : evidence_.asked) judge_one(asked);
        for (const auto& asked : evidence_.asked) recorded_.erase(asked.correlation);
        for (const auto& [correlation, requested] : recorded_) {
            found_.fail(Invariant::nothing_invented, "{} for {}, which nobody asked", correlation,
                        requested.front()->entitlement.text());
        }
    }

  private:
    bool look(Invariant invariant, bool holds) { return found_.look(invariant, holds); }

    void judge_one(const Asked& asked) {
        if (!asked.answer) {
            if (!look(Invariant::everybody_answered, asked.cut_off)) {
                found_.fail(Invariant::everybody_answered, "{}", asked.correlation);
            }
            return;
        }
        judge_time(asked);
        if (asked.foreign) return judge_foreign(asked);
        // What they ask for is there, is theirs, and names no version.
        constexpr std::array kKnown{200, 201, 202, 400, 503};
        const bool is_known = std::ranges::find(kKnown, *asked.answer) != kKnown.end() ||
                              (*asked.answer == 404 && may_be_gone(asked)) ||
                              (*asked.answer == 409 && !asked.key.empty());
        if (!look(Invariant::answers_as_promised, is_known)) {
            found_.fail(Invariant::answers_as_promised, "{}: {} {}", asked.correlation,
                        *asked.answer, asked.error_code);
        }
        if (asked.replayed) return;                    // judge_keys holds it against the first
        if (asked.kind == AskedKind::account) return;  // judge_accounts
        count_cell(asked);
        const auto found = recorded_.find(asked.correlation);
        if (found == recorded_.end()) return judge_unrecorded(asked);
        if (!look(Invariant::nothing_invented, found->second.size() == 1)) {
            found_.fail(Invariant::nothing_invented, "{} is in the history {} times",
                        asked.correlation, found->second.size());
        }
        judge_recorded(asked, *found->second.front());
    }

    void judge_time(const Asked& asked) {
        constexpr std::chrono::seconds kLongest{60};
        const auto took = asked.answered_at - asked.at;
        if (look(Invariant::everybody_answered, took <= kLongest)) return;
        found_.fail(Invariant::everybody_answered, "{} only after {} s", asked.correlation,
                    took.count() / 1'000'000);
    }

    // Of another tenant's: as if it were not there, and nothing comes of it.
    void judge_foreign(const Asked& asked) {
        const bool is_apart = (*asked.answer == 404 || *asked.answer == 503) &&
                              !recorded_.contains(asked.correlation);
        if (look(Invariant::tenants_apart, is_apart)) return;
        found_.fail(Invariant::tenants_apart, "{} of {} was told {} about {}, another tenant's",
                    asked.correlation, asked.tenant.text(), *asked.answer, asked.entitlement);
    }

    void count_cell(const Asked& asked) {
        const auto wish = domain::parse_entitlement_status(asked.status);
        if (asked.kind != AskedKind::update || !wish) return;
        if (const auto recorded = recorded_.find(asked.correlation); recorded != recorded_.end()) {
            ++cells_[{recorded->second.front()->change.status_from, *wish}];
            return;
        }
        // Turned away or nothing to do: what the record had by then.
        const auto* events = history_of(asked.entitlement);
        if (events == nullptr) return;
        const auto answered = wall_time(asked.answered_at);
        const domain::Event* last = nullptr;
        for (const auto* event : *events) {
            if (event->at <= answered) last = event;
        }
        if (last != nullptr) ++cells_[{last->change.status_to, *wish}];
    }

    const std::vector<const domain::Event*>* history_of(const std::string& id) const {
        const auto found = histories_.find(domain::EntitlementId{id});
        return found == histories_.end() ? nullptr : &found->second;
    }

    void judge_unrecorded(const Asked& asked) {
        if (*asked.answer >= 300 || asked.kind == AskedKind::other) return;
        // What was bought already is answered with what that made.
        if (asked.kind == AskedKind::purchase) {
            const bool is_own = is_of(asked.tenant, asked.entitlement);
            const bool is_anybodys = is_own || history_of(asked.entitlement) != nullptr;
            if (!look(Invariant::tenants_apart, is_own || !is_anybodys)) {
                found_.fail(Invariant::tenants_apart, "{} of {} was told of {}, another tenant's",
                            asked.correlation, asked.tenant.text(), asked.entitlement);
            }
            if (look(Invariant::nothing_lost, is_anybodys)) return;
        } else if (asked.kind == AskedKind::deletion) {
            if (look(Invariant::nothing_lost, false)) return;
        } else if (asked.kind == AskedKind::product) {
            if (look(Invariant::nothing_lost, had_product(asked))) return;
        } else if (look(Invariant::nothing_lost, !asked.modified && was_ever(asked))) {
            return;
        }
        found_.fail(Invariant::nothing_lost, "{} was told {} for {} of {}", asked.correlation,
                    *asked.answer, asked.status, asked.entitlement);
    }

    bool is_of(const domain::TenantId& tenant, const std::string& id) const {
        const auto kept = evidence_.tenants.find(tenant);
        return kept != evidence_.tenants.end() &&
               kept->second.rows.contains(domain::EntitlementId{id});
    }

    // Whether the record ever had what was asked for, as an unchanged one must.
    bool was_ever(const Asked& asked) const {
        const auto wish = domain::parse_entitlement_status(asked.status);
        const auto* events = history_of(asked.entitlement);
        if (events == nullptr || !wish) return false;
        return std::ranges::any_of(*events, [&](const domain::Event* event) {
            return is_or_becomes(*wish, event->change.status_to);
        });
    }

    // Whenever somebody asked for that: its time is another one when a node stood still.
    bool may_be_gone(const Asked& asked) const {
        const bool is_account = asked.kind == AskedKind::account;
        const auto account = is_account ? asked.account : account_of(asked);
        return std::ranges::any_of(evidence_.asked, [&](const Asked& other) {
            if (other.kind == AskedKind::deletion && !is_account) {
                return other.entitlement == asked.entitlement;
            }
            const auto gone =
                is_account ? AccountWish::deletion : AccountWish::deletion_of_all_it_has;
            return other.kind == AskedKind::account && other.account_wish == gone &&
                   other.account == account && other.tenant == asked.tenant;
        });
    }

    std::string account_of(const Asked& asked) const {
        const auto kept = evidence_.tenants.find(asked.tenant);
        if (kept == evidence_.tenants.end()) return {};
        const auto row = kept->second.rows.find(domain::EntitlementId{asked.entitlement});
        return row == kept->second.rows.end() ? std::string{} : row->second.account.text();
    }

    static bool has_what_was_asked(const Asked& asked, EntitlementStatus status) {
        const auto meaning = domain::meaning(status);
        if (asked.kind == AskedKind::product) return meaning == domain::PartnerStatus::active;
        if (asked.kind == AskedKind::deletion) {
            return domain::is_ended(meaning) || meaning == domain::PartnerStatus::active_ending;
        }
        const auto wish = domain::parse_entitlement_status(asked.status);
        return wish && is_or_becomes(*wish, status);
    }

    // Whether the record ever had that product, or it was asked for already.
    bool had_product(const Asked& asked) const {
        const auto kept = evidence_.tenants.find(asked.tenant);
        const auto* events = history_of(asked.entitlement);
        if (events == nullptr || kept == evidence_.tenants.end()) return false;
        const auto& row = kept->second.rows.at(domain::EntitlementId{asked.entitlement});
        return row.product_key.text() == asked.product_key ||
               std::ranges::any_of(*events, [&](const domain::Event* event) {
                   return event->note.contains(asked.product_key);
               });
    }

    void judge_recorded(const Asked& asked, const domain::Event& event) {
        const auto wish = domain::parse_entitlement_status(asked.status);
        if (wish && asked.kind == AskedKind::update) judge_transition(asked, *wish, event);
        // A purchase that was refused in the end was told no id.
        const bool told_none = asked.kind == AskedKind::purchase && *asked.answer >= 300;
        const bool same_one = told_none || event.entitlement.text() == asked.entitlement;
        const bool same_status = has_what_was_asked(asked, event.change.status_to);
        const bool as_asked = event.tenant == asked.tenant && same_one && same_status;
        if (!look(Invariant::nothing_invented, as_asked)) {
            found_.fail(Invariant::nothing_invented,
                        "{} asked {} {} for {}, the history has {} {} for {}", asked.correlation,
                        asked.tenant.text(), asked.status, asked.entitlement, event.tenant.text(),
                        to_text(event.change.status_to), event.entitlement.text());
        }
        judge_up_to_date(asked, event);
        const bool turned_away = *asked.answer == 503 &&
                                 asked.error_code != api::number_of(api::ErrorCode::not_confirmed);
        const bool refused = *asked.answer == 400 && !is_refused_after(event);
        if (!look(Invariant::nothing_invented, !turned_away && !refused)) {
            found_.fail(Invariant::nothing_invented, "{} was told {} {}", asked.correlation,
                        *asked.answer, asked.error_code);
        }
    }

    // Who is told that it was recorded, long after it was refused, was told what is not so any
    // more.
    void judge_up_to_date(const Asked& asked, const domain::Event& event) {
        if (!evidence_.sees_clearly || *asked.answer >= 300) return;
        constexpr std::chrono::seconds kToTell{3};
        const auto answered = wall_time(asked.answered_at);
        bool is_refused = false;
        for (const auto* later : histories_.at(event.entitlement)) {
            if (later->position <= event.position) continue;
            // A newer request leaves no trace of it in the record.
            if (later->change.kind == ChangeKind::requested) {
                is_refused = is_refused && later->at > answered;
                break;
            }
            is_refused = is_refused || (later->change.kind == ChangeKind::refused &&
                                        later->at + kToTell < answered);
        }
        if (look(Invariant::answers_as_promised, !is_refused)) return;
        found_.fail(Invariant::answers_as_promised, "{} was told {}, and had been refused before",
                    asked.correlation, *asked.answer);
    }

    void judge_transition(const Asked& asked, EntitlementStatus wish, const domain::Event& event) {
        const auto from = event.change.status_from;
        const auto partner = event.change.partner_from;
        if (look(Invariant::asked_as_allowed, may_be_asked(from, partner, wish))) return;
        found_.fail(Invariant::asked_as_allowed, "{} asked {} of {}, which had {}/{}",
                    asked.correlation, asked.status, asked.entitlement, to_text(from),
                    to_text(partner));
    }

    // A request that was recorded and then refused by the partner is answered with that.
    bool is_refused_after(const domain::Event& asked) const {
        return std::ranges::any_of(
            histories_.at(asked.entitlement), [&](const domain::Event* event) {
                const auto kind = event->change.kind;
                return event->position > asked.position &&
                       (kind == ChangeKind::refused || kind == ChangeKind::partner_moved);
            });
    }

    const Evidence& evidence_;
    const Histories& histories_;
    Findings& found_;
    Cells& cells_;
    std::map<std::string, std::vector<const domain::Event*>> recorded_;  // by correlation
};

}  // namespace

bool is_refinement(EntitlementStatus wish, EntitlementStatus status) {
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

void judge_answers(const Evidence& evidence, const Histories& histories, Findings& found,
                   Cells& cells) {
    Answers{evidence, histories, found, cells}.judge();
}

}  // namespace usher::simulate
