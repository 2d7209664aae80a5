#include "flow/recording.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/planted.h"

namespace usher::flow {

namespace {

// Both sides have ended, or nothing was ever made there: the account may buy the product again.
bool has_ended(const domain::Convergence& convergence) {
    const auto partner = convergence.partner_status;
    return domain::is_ended(convergence.status) && !convergence.intent &&
           (domain::is_ended(partner) || partner == domain::PartnerStatus::none);
}

}  // namespace

Recording::Recording(domain::Entitlement before, base::Time now)
    : entitlement_{std::move(before)}, now_{now} {}

void Recording::take(domain::Decision decision, domain::Initiator initiator, std::string note,
                     std::optional<std::uint32_t> call) {
    entitlement_.convergence = std::move(decision.after);
    const auto wanted = entitlement_.wanted_product;
    if (!entitlement_.convergence.product_wanted) {
        entitlement_.wanted_product = {};
        entitlement_.wanted_product_key = {};
    }
    for (auto& answered : decision.answered) writes_.answered.push_back(std::move(answered));
    // What was deleted and lives on must be seen again.
    const auto status = domain::meaning(entitlement_.convergence.status);
    if (domain::is_live(status) && status != domain::PartnerStatus::active_ending &&
        !base::planted(base::Planted::stays_hidden)) {
        entitlement_.deleted_at.reset();
    }
    if (!decision.change) return;
    const auto& change = *decision.change;
    if (change.kind == domain::ChangeKind::refused) {
        entitlement_.last_refusal = domain::LastRefusal{
            .asked = change.status_from,
            .rejection = change.rejection.value_or(domain::Rejection::refused_by_partner),
            .partner_code = change.partner_code,
            .at = now_,
            .request = entitlement_.request};
        entitlement_.refused_product = wanted;
        // It was given for the status that did not come true.
        if (wanted.empty()) entitlement_.reason = {};
    }
    add_event(change, initiator, std::move(note), call);
    if (change.kind == domain::ChangeKind::refused && !wanted.empty()) about(wanted);
}

void Recording::hold(const PartnerRecord& record) {
    auto& e = entitlement_;
    if (e.partner_id.empty()) e.partner_id = record.id;
    if (!record.product_key.empty() && !base::planted(base::Planted::product_not_followed)) {
        e.other_product_key =
            record.product_key == e.product_key ? domain::ProductKey{} : record.product_key;
    }
    const auto status = record.view.status;
    e.ends_at = status == domain::PartnerStatus::active_ending ? record.ends_at : std::nullopt;
    if (status != domain::PartnerStatus::pending)
        e.activation.reset();
    else if (record.activation)
        e.activation = record.activation;
}

void Recording::want_read(base::Time due) {
    auto& e = entitlement_;
    e.convergence.read_wanted = true;
    if (!e.claim.lease_until) e.due_at = std::min(e.due_at.value_or(due), due);
}

void Recording::blame(domain::Problem problem, std::string sentence) {
    entitlement_.problem = problem;
    entitlement_.last_problem = std::move(sentence);
}

void Recording::tell(domain::ChangeKind kind, domain::Initiator initiator, std::string note) {
    const auto& convergence = entitlement_.convergence;
    add_event({.kind = kind,
               .status_from = convergence.status,
               .status_to = convergence.status,
               .partner_from = convergence.partner_status,
               .partner_to = convergence.partner_status},
              initiator, std::move(note), std::nullopt);
}

void Recording::move_to(const domain::Product& product, domain::Initiator initiator) {
    auto& e = entitlement_;
    auto note = fmt::format("{} to {}", e.product.text(), product.id.text());
    e.product = product.id;
    e.product_key = product.product_key;
    e.other_product_key = {};
    blame(domain::Problem::none, {});
    tell(domain::ChangeKind::product_moved, initiator, std::move(note));
    about(e.product);
}

void Recording::about(const domain::ProductId& product) {
    writes_.events.back().product = product;
}

void Recording::add_event(domain::Change change, domain::Initiator initiator, std::string note,
                          std::optional<std::uint32_t> call) {
    ++entitlement_.version;
    entitlement_.modified = now_;
    writes_.events.push_back({.tenant = entitlement_.tenant,
                              .entitlement = entitlement_.id,
                              .version = entitlement_.version,
                              .at = now_,
                              .change = std::move(change),
                              .initiator = initiator,
                              .asker = entitlement_.asker,
                              .call = call,
                              .note = std::move(note)});
    entitlement_.asker.comment.clear();
}

Writes Recording::finish() && {
    auto& e = entitlement_;
    if (has_ended(e.convergence)) {
        e.occupies = false;
        e.activation.reset();
        e.ends_at.reset();
        e.other_product_key = {};
    }
    if (domain::is_settled(e)) {
        e.unsettled_since.reset();
        e.last_problem.clear();
        e.problem = domain::Problem::none;
    } else if (!e.unsettled_since) {
        e.unsettled_since = now_;
    }
    writes_.entitlement = std::move(e);
    return std::move(writes_);
}

}  // namespace usher::flow
