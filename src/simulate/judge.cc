#include "simulate/judge.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>

#include <fmt/format.h>

#include "base/json.h"
#include "domain/convergence.h"
#include "simulate/judge_parts.h"

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
        for (const auto& sent : evidence.sent) {
            const auto meaning = meaning_of(sent.request);
            const auto plea = plea_of(sent.request);
            if (!plea || !sent.heard || !is_refusal(*sent.heard)) continue;
            if (sent.answer.contains("NOT_AVAILABLE")) not_available_.insert(*plea);
            refused_.emplace(meaning.our_id.empty() ? meaning.partner_id : meaning.our_id, *plea);
        }
    }

    Verdict all() && {
        for (const auto& [tenant, kept] : evidence_.tenants) {
            for (const auto& event : kept.feed) histories_[event.entitlement].push_back(&event);
        }
        for (const auto& [tenant, kept] : evidence_.tenants) {
            judge_feed(tenant, kept);
            for (const auto& [id, row] : kept.rows) judge_entitlement(kept, row);
        }
        judge_answers(evidence_, histories_, found_, verdict_.cells);
        judge_keys(evidence_, found_);
        judge_accounts(evidence_, histories_, found_);
        judge_readers(evidence_, found_);
        judge_partner();
        judge_wire(evidence_, found_);
        verdict_.looks = found_.looks();
        verdict_.violations = std::move(found_.violations());
        return std::move(verdict_);
    }

  private:
    template <class... Arguments>
    void fail(Invariant invariant, fmt::format_string<Arguments...> about,
              Arguments&&... arguments) {
        found_.fail(invariant, about, std::forward<Arguments>(arguments)...);
    }

    bool look(Invariant invariant, bool holds) { return found_.look(invariant, holds); }

    // About the action, not about the way there.
    static bool is_refusal(int status) {
        constexpr std::array kOfTheWay{401, 403, 404, 405, 407, 408, 425, 429};
        return status >= 400 && status < 500 &&
               std::ranges::find(kOfTheWay, status) == kOfTheWay.end();
    }

    static std::string text(const json::object& record, std::string_view key) {
        return base::find_string(record, key).value_or("");
    }

    void judge_feed(const domain::TenantId& tenant, const TenantEvidence& kept) {
        std::int64_t last = 0;
        for (const auto& event : kept.feed) {
            if (!look(Invariant::feed_is_whole, event.position == last + 1)) {
                fail(Invariant::feed_is_whole, "{}: {} comes after {}", tenant.text(),
                     event.position, last);
            }
            last = event.position;
        }
    }

    void judge_entitlement(const TenantEvidence& kept, const domain::Entitlement& row) {
        const auto& history = histories_[row.id];
        judge_history(row, history);
        judge_wish(row, history);
        judge_product_wish(row, history);
        judge_agreement(row);
        judge_product(row, kept);
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
            if (!look(Invariant::history_is_whole, follows)) {
                fail(Invariant::history_is_whole, "{}: the event at {} does not follow the last",
                     id, event->position);
            }
            before = event;
        }
        const auto& held = row.convergence;
        const bool leads_there = before->change.status_to == held.status &&
                                 before->change.partner_to == held.partner_status &&
                                 before->version == row.version &&
                                 before->position == row.last_position;
        if (!look(Invariant::history_is_whole, leads_there)) {
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
            // Another word for what is there is no new wish.
            const auto& change = event->change;
            const bool is_wish =
                change.kind == ChangeKind::requested &&
                (domain::meaning(change.status_from) != domain::meaning(change.status_to) ||
                 event->version == 1);
            if (is_wish || (wish && change.kind == ChangeKind::requested)) wish = change.status_to;
            if (wish && is_excuse(row, *event, *wish)) wish.reset();
        }
        if (!wish) return;
        const auto status = row.convergence.status;
        const bool holds = *wish == status || is_refinement(*wish, status);
        if (!look(Invariant::last_wish_holds, holds)) {
            fail(Invariant::last_wish_holds, "{}: asked {}, holds {}, and nobody else wanted that",
                 row.id.text(), to_text(*wish), to_text(status));
        }
    }

    // The product that was asked for last, unless an event says that it did not come true, or that
    // the partner has taken another one since.
    void judge_product_wish(const domain::Entitlement& row,
                            const std::vector<const domain::Event*>& history) {
        domain::ProductId wish;
        for (const auto* event : history) {
            const auto kind = event->change.kind;
            const bool is_wish = kind == ChangeKind::requested && !event->product.empty();
            const bool moved =
                kind == ChangeKind::product_moved && event->initiator == domain::Initiator::partner;
            const bool ended = kind == ChangeKind::refused || kind == ChangeKind::partner_moved ||
                               (kind == ChangeKind::requested && !is_wish &&
                                domain::meaning(event->change.status_to) != PartnerStatus::active);
            if (is_wish) wish = event->product;
            if (moved || ended) wish = {};
        }
        if (wish.empty()) return;
        const bool is_told = !row.other_product_key.empty();
        if (look(Invariant::last_wish_holds, row.product == wish || is_told)) return;
        fail(Invariant::last_wish_holds, "{}: asked for {}, has {}, and nobody else wanted that",
             row.id.text(), wish.text(), row.product.text());
    }

    // An event says that the request did not come true, and so it was.
    bool is_excuse(const domain::Entitlement& row, const domain::Event& event,
                   EntitlementStatus wish) const {
        const auto& change = event.change;
        if (change.kind == ChangeKind::refused) {
            return change.rejection && was_refused(row, *change.rejection, wish);
        }
        if (change.kind != ChangeKind::partner_moved) return false;
        // What has ended is over, whoever ended it; and what acts twice may act late.
        return domain::is_ended(actual_status(row)) || evidence_.moved.contains(row.id.text()) ||
               evidence_.short_memory || evidence_.clocks_step || is_out_of_reach(wish);
    }

    // The merchant has said that it does not know how to do that, of whichever record. What comes
    // true late then cannot be undone.
    bool is_out_of_reach(EntitlementStatus wish) const {
        return evidence_.unsupported && std::ranges::any_of(pleas_for(wish), [&](Plea plea) {
                   return not_available_.contains(plea);
               });
    }

    bool was_refused(const domain::Entitlement& row, domain::Rejection rejection,
                     EntitlementStatus wish) const {
        if (rejection == domain::Rejection::not_supported_by_partner) {
            return evidence_.unsupported;
        }
        if (rejection != domain::Rejection::refused_by_partner) return true;
        auto pleas = pleas_for(wish);
        pleas.push_back(Plea::create);  // without it nothing comes true
        return std::ranges::any_of(pleas, [&](Plea plea) {
            return refused_.contains({row.partner_id.text(), plea}) ||
                   refused_.contains({row.id.text(), plea});
        });
    }

    // What may have to be asked of the partner for it.
    static std::vector<Plea> pleas_for(EntitlementStatus wish) {
        switch (wish) {
            case EntitlementStatus::pending:
                return {};
            case EntitlementStatus::subscribed:
            case EntitlementStatus::active:
                return {Plea::resume};
            case EntitlementStatus::suspended:
                return {Plea::suspend, Plea::resume};
            case EntitlementStatus::active_ending:
            case EntitlementStatus::unsubscribed:
            case EntitlementStatus::cancelled:
                return {Plea::cancel};
            case EntitlementStatus::revoked:
                return {Plea::revoke};
        }
        return {};
    }

    void judge_agreement(const domain::Entitlement& row) {
        const auto& id = row.id.text();
        const auto& held = row.convergence;
        const auto actual = actual_status(row);
        if (is_shadowed(row)) {
            ++verdict_.repeats;
            return;
        }
        const auto meaning = domain::meaning(held.status);
        const bool lives = domain::is_live(meaning) && meaning != PartnerStatus::active_ending;
        if (!look(Invariant::both_agree, !row.deleted_at || !lives)) {
            fail(Invariant::both_agree, "{}: the operator does not see it any more, and it is {}",
                 id, to_text(held.status));
        }
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

    // The product follows the partner's, or the record says which of the two reasons it cannot.
    void judge_product(const domain::Entitlement& row, const TenantEvidence& kept) {
        const auto* record = record_of(row);
        if (record == nullptr || domain::is_ended(actual_status(row)) || is_shadowed(row)) return;
        const domain::ProductKey actual{text(*record, "productKey")};
        const bool follows = row.product_key == actual && row.other_product_key.empty();
        const bool is_told = row.other_product_key == actual && row.problem == why_not(row, kept);
        if (look(Invariant::product_follows, follows || is_told)) return;
        fail(Invariant::product_follows, "{}: has the product {} ({}, {}), the partner {}",
             row.id.text(), row.product_key.text(), row.other_product_key.text(),
             to_text(row.problem), actual.text());
    }

    static domain::Problem why_not(const domain::Entitlement& row, const TenantEvidence& kept) {
        if (!kept.known.contains(row.other_product_key)) return domain::Problem::product_not_ours;
        const bool taken = std::ranges::any_of(kept.rows, [&](const auto& item) {
            const auto& other = item.second;
            // One that has ended since is noticed with the next look.
            const bool held_it = other.occupies || other.modified > row.partner_said_at;
            return other.id != row.id && other.account == row.account && held_it &&
                   other.product_key == row.other_product_key;
        });
        return taken ? domain::Problem::product_taken : domain::Problem::none;
    }

    // Another record of the customer's has the product there: a second one, made when the partner
    // had forgotten a request id, or one whose product was changed. While that one lives, every
    // purchase of the product is answered with it, and no call settles this.
    bool is_shadowed(const domain::Entitlement& row) const {
        if (row.problem != domain::Problem::contradiction) return false;
        return std::ranges::any_of(evidence_.partner, [&](const json::value& value) {
            const auto& record = value.as_object();
            const auto* other = find_row(text(record, "externalEntitlementId"));
            const auto status = text(record, "status");
            const bool lives = status != "CANCELLED" && status != "REVOKED";
            return lives && other != nullptr && other->id != row.id &&
                   other->account == row.account && other->tenant == row.tenant &&
                   text(record, "productKey") == row.product_key.text() &&
                   (was_made_twice(*other, record) || evidence_.other_product.contains(other->id));
        });
    }

    bool was_made_twice(const domain::Entitlement& row, const json::object& record) const {
        return evidence_.short_memory && row.partner_id.text() != text(record, "entitlementId");
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
        const auto* mine = record_of(row);
        if (mine == nullptr) return PartnerStatus::none;
        return domain::parse_partner_status(text(*mine, "status")).value_or(PartnerStatus::unknown);
    }

    // The partner's; null when it has none.
    const json::object* record_of(const domain::Entitlement& row) const {
        const auto found = by_our_id_.find(row.id.text());
        if (found == by_our_id_.end()) return nullptr;
        const json::object* mine = found->second.back();
        for (const auto* record : found->second) {
            if (text(*record, "entitlementId") == row.partner_id.text()) mine = record;
        }
        return mine;
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
            if (look(Invariant::one_effect, count <= intended[action])) continue;
            if (evidence_.short_memory) {
                verdict_.repeats += count - intended[action];
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
        look(Invariant::one_record, true);
        if (row == nullptr) {
            if (lives) fail(Invariant::one_record, "nobody here knows {} ({})", our_id, status);
            return;
        }
        const bool is_held = row->partner_id.text() == text(record, "entitlementId");
        if (lives && !is_held && evidence_.short_memory) {
            ++verdict_.repeats;
        } else if (lives && !is_held) {
            fail(Invariant::one_record, "{}: {} lives at the partner beside the one we hold",
                 our_id, text(record, "entitlementId"));
        }
        // As the product is set up here.
        const auto name = fmt::format("{}-{}", row->tenant.text(), row->account.text());
        const bool is_theirs = text(record, "customerIdentifier") == name;
        if (!look(Invariant::tenants_apart, is_theirs)) {
            fail(Invariant::tenants_apart, "{}: is {}'s at the partner, {}'s here", our_id,
                 text(record, "customerIdentifier"), name);
        }
    }

    const Evidence& evidence_;
    std::map<std::string, std::vector<const json::object*>> by_our_id_;
    std::set<std::pair<std::string, Plea>> refused_;  // by the partner: its id or ours
    std::set<Plea> not_available_;                    // refused as such, of any record
    Histories histories_;
    Findings found_;
    Verdict verdict_;
};

}  // namespace

Verdict judge(const Evidence& evidence) {
    return Judgement{evidence}.all();
}

}  // namespace usher::simulate
