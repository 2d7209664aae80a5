#include "store/sqlite/rows.h"

#include "store/changes.h"
#include "store/sqlite/columns.h"

namespace usher::store::sqlite {

std::string_view word_of(domain::CallPhase phase) {
    switch (phase) {
        case domain::CallPhase::under_way:
            return "under_way";
        case domain::CallPhase::awaited:
            return "awaited";
        case domain::CallPhase::open:
            return "open";
        case domain::CallPhase::answered:
            return "answered";
    }
    return "";
}

std::optional<domain::CallPhase> parse_call_phase(std::string_view text) {
    using enum domain::CallPhase;
    for (const auto phase : {under_way, awaited, open, answered}) {
        if (word_of(phase) == text) return phase;
    }
    return std::nullopt;
}

namespace {

// `visit` is a Binder with a constant value or a Reader with one that is filled.
void key_fields(auto& visit, auto& e) {
    visit(e.tenant);
    visit(e.id);
}

void identity_fields(auto& visit, auto& e) {
    visit(e.account);
    visit(e.product);
    visit(e.merchant);
    visit(e.product_key);
    visit(e.customer);
    visit(e.occupies);
    visit.name_or_null(e.partner_id);
    visit(e.created);
    visit(e.wanted_product);
    visit(e.wanted_product_key);
    visit(e.refused_product);
}

void convergence_fields(auto& visit, auto& c) {
    visit(c.status);
    visit(c.partner_status);
    visit(c.intent);
    visit(c.read_wanted);
    visit(c.bound);
    visit(c.partner_date);
    visit(c.heard_at);
    visit(c.last_call);
    visit.group(c.refusal, 3, [](auto& inner, auto& refusal) {
        inner(refusal.action);
        inner(refusal.rejection);
        inner(refusal.partner_code);
    });
}

void asker_fields(auto& visit, auto& asker) {
    visit(asker.subject);
    visit(asker.client);
    visit(asker.correlation);
}

void told_fields(auto& visit, auto& e) {
    visit(e.reason.code);
    visit(e.reason.category);
    visit(e.reason.cancel_code);
    visit(e.reason.cancel_category);
    visit(e.reason.cancel_description);
    visit(e.valid_from);
    visit(e.expiry_date);
    visit(e.ends_at);
    visit.group(e.activation, 2, [](auto& inner, auto& activation) {
        inner(activation.url);
        inner(activation.expiry);
    });
    visit.group(e.last_refusal, 5, [](auto& inner, auto& refusal) {
        inner(refusal.asked);
        inner(refusal.rejection);
        inner(refusal.partner_code);
        inner(refusal.at);
        inner(refusal.request);
    });
}

// All but the last column, unsettled_from.
void state_fields(auto& visit, auto& e) {
    convergence_fields(visit, e.convergence);
    told_fields(visit, e);
    visit(e.modified);
    visit(e.version);
    visit(e.request);
    visit(e.last_position);
    visit(e.due_at);
    visit(e.attempts);
    visit(e.hints);
    visit(e.unsettled_since);
    visit(e.last_problem);
    visit(e.claim.fence);
    visit(e.claim.lease_until);
    asker_fields(visit, e.asker);
    visit(e.problem);
    visit(e.partner_said_at);
    visit(e.other_product_key);
    visit(e.deleted_at);
}

void call_fields(auto& visit, auto& call) {
    visit(call.number);
    visit(call.action);
    visit(call.phase);
    visit(call.request_id);
    visit(call.answer_read);
    visit(call.sent_before);
    visit(call.pushed_back);
    visit(call.begun);
    visit(call.deadline);
    visit(call.horizon);
    visit(call.body_digest);
    visit(call.result);
}

void event_fields(auto& visit, auto& event) {
    visit(event.tenant);
    visit(event.position);
    visit(event.entitlement);
    visit(event.previous);
    visit(event.version);
    visit(event.at);
    visit(event.change.kind);
    visit(event.change.status_from);
    visit(event.change.status_to);
    visit(event.change.partner_from);
    visit(event.change.partner_to);
    visit(event.change.action);
    visit(event.change.rejection);
    visit(event.change.partner_code);
    visit(event.initiator);
    asker_fields(visit, event.asker);
    visit(event.call);
    visit(event.note);
    visit(event.product);
    visit(event.asker.comment);
}

void product_fields(auto& visit, auto& product) {
    visit(product.tenant);
    visit(product.id);
    visit(product.name);
    visit(product.merchant);
    visit(product.product_key);
    visit(product.created);
    visit(product.modified);
}

void account_fields(auto& visit, auto& account) {
    visit(account.tenant);
    visit(account.id);
    visit(account.status);
    visit(account.created);
    visit(account.modified);
    visit(account.deleted_at);
    visit.group(account.cascade, 10, [](auto& inner, auto& cascade) {
        inner(cascade.kind);
        asker_fields(inner, cascade.asker);
        inner(cascade.asker.comment);
        inner(cascade.begun);
        inner(cascade.after);
        inner(cascade.asked);
        inner(cascade.rounds);
        inner(cascade.due_at);
    });
}

void sweep_fields(auto& visit, auto& sweep) {
    visit(sweep.tenant);
    visit(sweep.after);
    visit(sweep.round_begun);
    visit(sweep.passed);
    visit(sweep.missed);
    visit(sweep.last_round);
    visit(sweep.fresh_since);
    visit(sweep.holder);
    visit(sweep.lease_until);
}

void hold_fields(auto& visit, auto& hold) {
    visit(hold.tenant);
    visit(hold.merchant);
    visit(hold.kind);
    visit(hold.since);
    visit(hold.by);
    visit(hold.why);
    visit(hold.lifted);
    visit(hold.lifted_by);
    visit(hold.lifted_why);
}

void report_fields(auto& visit, auto& report) {
    visit(report.tenant);
    visit(report.entitlement);
    visit(report.digest);
    visit(report.received);
    visit(report.outcome);
    visit(report.named);
    visit(report.partner_id);
    visit(report.customer);
    visit(report.product_key);
    visit(report.status_word);
    visit(report.reason);
    visit(report.partner_date);
    visit(report.text);
}

void comparison_fields(auto& visit, auto& line) {
    visit(line.tenant);
    visit(line.merchant);
    visit(line.at);
    visit(line.by);
    visit(line.subject);
    visit(line.file);
    visit(line.digest);
    visit(line.as_of);
    visit(line.rows);
    visit(line.counts);
    visit(line.reads);
}

void pin_fields(auto& visit, auto& pin) {
    visit(pin.tenant);
    visit(pin.merchant);
    visit(pin.product);
    visit(pin.action);
    visit(pin.since);
    visit(pin.supported);
    visit(pin.by);
    visit(pin.why);
    visit(pin.lifted);
    visit(pin.lifted_by);
    visit(pin.lifted_why);
}

}  // namespace

void bind_new(Cursor& cursor, const domain::Entitlement& row) {
    Binder bind{cursor};
    key_fields(bind, row);
    identity_fields(bind, row);
    state_fields(bind, row);
    bind(unsettled_from(row));
}

void bind_identity(Cursor& cursor, const domain::Entitlement& row) {
    Binder bind{cursor};
    key_fields(bind, row);
    identity_fields(bind, row);
}

void bind_state(Cursor& cursor, const domain::Entitlement& row) {
    Binder bind{cursor};
    key_fields(bind, row);
    state_fields(bind, row);
    bind(unsettled_from(row));
}

bool same_identity(const domain::Entitlement& a, const domain::Entitlement& b) {
    return a.account == b.account && a.product == b.product && a.merchant == b.merchant &&
           a.product_key == b.product_key && a.customer == b.customer && a.occupies == b.occupies &&
           a.partner_id == b.partner_id && a.created == b.created &&
           a.wanted_product == b.wanted_product && a.wanted_product_key == b.wanted_product_key &&
           a.refused_product == b.refused_product;
}

bool read_row(const Cursor& cursor, domain::Entitlement& row, std::uint32_t& unsettled_from) {
    Reader read{cursor};
    key_fields(read, row);
    identity_fields(read, row);
    state_fields(read, row);
    read(unsettled_from);
    row.convergence.product_wanted = !row.wanted_product_key.empty();
    return read.good();
}

void bind_row(Cursor& cursor, const domain::Entitlement& of, const domain::Call& call) {
    Binder bind{cursor};
    key_fields(bind, of);
    call_fields(bind, call);
}

bool read_row(const Cursor& cursor, domain::Call& call) {
    Reader read{cursor};
    std::string key;
    read(key);
    read(key);
    call_fields(read, call);
    return read.good();
}

void bind_row(Cursor& cursor, const domain::Event& event) {
    Binder bind{cursor};
    event_fields(bind, event);
}

bool read_row(const Cursor& cursor, domain::Event& event) {
    Reader read{cursor};
    event_fields(read, event);
    return read.good();
}

void bind_row(Cursor& cursor, const domain::Product& product) {
    Binder bind{cursor};
    product_fields(bind, product);
}

bool read_row(const Cursor& cursor, domain::Product& product) {
    Reader read{cursor};
    product_fields(read, product);
    return read.good();
}

void bind_row(Cursor& cursor, const domain::Account& account) {
    Binder bind{cursor};
    account_fields(bind, account);
}

bool read_row(const Cursor& cursor, domain::Account& account) {
    Reader read{cursor};
    account_fields(read, account);
    return read.good();
}

void bind_row(Cursor& cursor, const flow::Sweep& sweep) {
    Binder bind{cursor};
    sweep_fields(bind, sweep);
}

bool read_row(const Cursor& cursor, flow::Sweep& sweep) {
    Reader read{cursor};
    sweep_fields(read, sweep);
    return read.good();
}

bool read_row(const Cursor& cursor, flow::SweepStop& stop) {
    Reader read{cursor};
    read(stop.entitlement);
    read(stop.partner_status);
    read(stop.due);
    return read.good();
}

bool read_row(const Cursor& cursor, flow::Unsettled& unsettled) {
    Reader read{cursor};
    read(unsettled.entitlement);
    read(unsettled.status);
    read(unsettled.partner_status);
    read(unsettled.problem);
    read(unsettled.since);
    read(unsettled.attempts);
    read(unsettled.next);
    return read.good();
}

void bind_row(Cursor& cursor, const flow::Hold& hold) {
    Binder bind{cursor};
    hold_fields(bind, hold);
}

bool read_row(const Cursor& cursor, flow::Hold& hold) {
    Reader read{cursor};
    hold_fields(read, hold);
    return read.good();
}

void bind_row(Cursor& cursor, const flow::KeptReport& report) {
    Binder bind{cursor};
    report_fields(bind, report);
}

bool read_row(const Cursor& cursor, flow::KeptReport& report) {
    Reader read{cursor};
    report_fields(read, report);
    return read.good();
}

bool read_row(const Cursor& cursor, flow::ReportMark& mark) {
    Reader read{cursor};
    read(mark.digest);
    read(mark.received);
    return read.good();
}

void bind_row(Cursor& cursor, const flow::Comparison& line) {
    Binder bind{cursor};
    comparison_fields(bind, line);
    bind(flow::differences_in(line.counts));
}

bool read_row(const Cursor& cursor, flow::Comparison& line) {
    Reader read{cursor};
    comparison_fields(read, line);
    return read.good();
}

void bind_row(Cursor& cursor, const flow::ActionPin& pin) {
    Binder bind{cursor};
    pin_fields(bind, pin);
}

bool read_row(const Cursor& cursor, flow::ActionPin& pin) {
    Reader read{cursor};
    pin_fields(read, pin);
    return read.good();
}

bool read_row(const Cursor& cursor, Waiting& waiting) {
    Reader read{cursor};
    read(waiting.problem);
    read(waiting.due_at);
    read(waiting.lease_until);
    read(waiting.since);
    return read.good();
}

}  // namespace usher::store::sqlite
