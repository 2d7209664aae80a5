// What was asked of whole accounts (OpenTV §2.1 G9, §2.3).
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "simulate/judge_parts.h"
#include "simulate/timeline.h"

namespace usher::simulate {

namespace {

using domain::ChangeKind;
using domain::EntitlementStatus;

// An end that has not come yet is one all the same.
bool is_over(EntitlementStatus status) {
    const auto meaning = domain::meaning(status);
    return domain::is_ended(meaning) || meaning == domain::PartnerStatus::active_ending;
}

class Accounts {
  public:
    Accounts(const Evidence& evidence, const Histories& histories, Findings& found)
        : evidence_{evidence}, histories_{histories}, found_{found} {
        std::set<Plea> unknown;
        for (const auto& sent : evidence.sent) {
            const auto plea = plea_of(sent.request);
            if (plea && sent.answer.contains("NOT_AVAILABLE")) unknown.insert(*plea);
        }
        knows_no_end_ = evidence.unsupported && unknown.contains(Plea::cancel) &&
                        unknown.contains(Plea::revoke);
    }

    void judge() {
        for (const auto& asked : evidence_.asked) {
            if (asked.kind != AskedKind::account) continue;
            judge_recorded(asked);
            const bool has_ended =
                asked.answer == 200 &&
                // What had ended before is told so, and nothing is promised anew.
                ((asked.account_wish == AccountWish::end && asked.modified) ||
                 asked.account_wish == AccountWish::deletion);
            if (has_ended) judge_what_it_holds(asked);
        }
    }

  private:
    using Events = std::vector<const domain::Event*>;

    // Of one request there may be several for an entitlement: what was refused is asked again.
    Events recorded_for(const Asked& asked) const {
        Events found;
        for (const auto& [tenant, kept] : evidence_.tenants) {
            for (const auto& event : kept.feed) {
                const bool is_asked = event.change.kind == ChangeKind::requested &&
                                      event.initiator == domain::Initiator::op;
                if (is_asked && event.asker.correlation.text() == asked.correlation) {
                    found.push_back(&event);
                }
            }
        }
        return found;
    }

    const domain::Entitlement* row_of(const domain::Event& event) const {
        const auto kept = evidence_.tenants.find(event.tenant);
        if (kept == evidence_.tenants.end()) return nullptr;
        const auto row = kept->second.rows.find(event.entitlement);
        return row == kept->second.rows.end() ? nullptr : &row->second;
    }

    static bool is_as_asked(const Asked& asked, EntitlementStatus status) {
        if (asked.status == "CANCELLED") return is_over(status);
        const auto wish = domain::parse_entitlement_status(asked.status);
        return wish && domain::meaning(*wish) == domain::meaning(status);
    }

    void judge_recorded(const Asked& asked) {
        const auto events = recorded_for(asked);
        std::set<domain::EntitlementId> about;
        for (const auto* event : events) {
            about.insert(event->entitlement);
            const auto* row = row_of(*event);
            const bool holds = row != nullptr && event->tenant == asked.tenant &&
                               row->account.text() == asked.account &&
                               is_as_asked(asked, event->change.status_to);
            if (found_.look(Invariant::nothing_invented, holds)) continue;
            found_.fail(Invariant::nothing_invented, "{} asked {} of {}, the history has {} for {}",
                        asked.correlation, asked.status, asked.account,
                        to_text(event->change.status_to), event->entitlement.text());
        }
        // Of what it has by then, as many as it was told.
        const bool deletes = asked.account_wish == AccountWish::deletion_of_all_it_has;
        if (!deletes || asked.answer != 200) return;
        if (found_.look(Invariant::nothing_lost, about.size() == asked.deleted)) return;
        found_.fail(Invariant::nothing_lost, "{} was told of {} deleted of {}, the history has {}",
                    asked.correlation, asked.deleted, asked.account, about.size());
    }

    void judge_what_it_holds(const Asked& asked) {
        const auto kept = evidence_.tenants.find(asked.tenant);
        if (kept == evidence_.tenants.end()) return;
        for (const auto& [id, row] : kept->second.rows) {
            if (row.account.text() != asked.account) continue;
            const bool holds = is_over(row.convergence.status) || is_excused(asked, id);
            if (found_.look(Invariant::account_carries, holds)) continue;
            found_.fail(Invariant::account_carries, "{} ended {}, which still has {} as {}",
                        asked.correlation, asked.account, id.text(),
                        to_text(row.convergence.status));
        }
    }

    // The merchant has said, of whichever record, that it knows no way to end one. Or since the
    // account ended, the partner refused or moved, or somebody asked for it anew. A node's clock
    // may be wrong by as much as it steps.
    bool is_excused(const Asked& asked, const domain::EntitlementId& id) const {
        if (knows_no_end_) return true;
        constexpr std::chrono::hours kStep{1};
        const auto begun =
            wall_time(asked.at) - (evidence_.clocks_step ? 2 * kStep : base::Duration{});
        return std::ranges::any_of(histories_.at(id), [&](const domain::Event* event) {
            if (event->at < begun) return false;
            const auto kind = event->change.kind;
            const bool is_anew = kind == ChangeKind::requested &&
                                 event->asker.correlation.text() != asked.correlation &&
                                 event->version > 1 && !is_over(event->change.status_to);
            return is_anew || kind == ChangeKind::refused || kind == ChangeKind::partner_moved;
        });
    }

    const Evidence& evidence_;
    const Histories& histories_;
    Findings& found_;
    bool knows_no_end_ = false;
};

}  // namespace

void judge_accounts(const Evidence& evidence, const Histories& histories, Findings& found) {
    Accounts{evidence, histories, found}.judge();
}

}  // namespace usher::simulate
