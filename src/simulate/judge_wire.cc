#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/json.h"
#include "simulate/judge_parts.h"
#include "simulate/setup.h"

namespace usher::simulate {

namespace {

// What is known of the calls for one entitlement so far.
struct Thread {
    base::Monotonic busy_until{};
    bool doubt = false;  // a change was sent and never answered, and nothing was read since
    struct Change {
        std::string request_id;
        base::Monotonic last;
        bool left = false;
        bool heard = false;  // an answer to it was read
    };
    std::map<std::string, Change> changes;  // by what was sent
    std::deque<base::Monotonic> lately;
    struct Waiting {
        base::Monotonic until;
        std::string status;   // when it was accepted
        std::string product;  // likewise
        std::string request_id;
        std::string what;
    };
    std::optional<Waiting> waiting;  // for what the partner accepted
};

class Wire {
  public:
    Wire(const Evidence& evidence, Findings& found) : evidence_{evidence}, found_{found} {
        std::map<std::string, std::string> customers;  // by our id
        // By tenant, account and product: a purchase that was not answered names no entitlement.
        std::map<std::tuple<std::string, std::string, std::string>, std::vector<std::string>>
            bought;
        std::map<std::pair<std::string, std::string>, std::vector<std::string>> held;
        for (const auto& item : evidence.partner) {
            const auto& record = item.as_object();
            ours_[base::find_string(record, "entitlementId").value_or("")] =
                base::find_string(record, "externalEntitlementId").value_or("");
        }
        for (const auto& [tenant, kept] : evidence.tenants) {
            for (const auto& [id, row] : kept.rows) {
                of_customer_[row.customer.text()].push_back(id.text());
                tenants_[id.text()] = tenant;
                tenants_[row.customer.text()] = tenant;
                customers[id.text()] = row.customer.text();
                bought[{tenant.text(), row.account.text(), row.product_key.text()}].push_back(
                    id.text());
                held[{tenant.text(), row.account.text()}].push_back(id.text());
            }
        }
        for (const auto& asked : evidence.asked) {
            std::vector about{asked.entitlement};
            if (asked.kind == AskedKind::account) {
                about = held[{asked.tenant.text(), asked.account}];
            }
            if (asked.kind == AskedKind::purchase && asked.entitlement.empty()) {
                about = bought[{asked.tenant.text(), asked.account, asked.product_key}];
            }
            for (const auto& id : about) {
                asked_[id].push_back(asked.at);
                asked_[customers[id]].push_back(asked.at);
            }
        }
        // Excused ones count from later on.
        for (auto& [id, times] : asked_) std::ranges::sort(times);
    }

    void judge() && {
        const auto calls = evidence_.sent.size();
        const bool few = calls <= evidence_.calls_allowed;
        if (!found_.look(Invariant::calls_bounded, few)) {
            found_.fail(Invariant::calls_bounded, "{} calls, {} would do", calls,
                        evidence_.calls_allowed);
        }
        for (const auto& sent : evidence_.sent) judge_sent(sent);
    }

  private:
    void judge_sent(const Sent& sent) {
        const auto meaning = meaning_of(sent.request);
        judge_pause(meaning, sent);
        if (meaning.kind == Meaning::Kind::other) return;
        if (meaning.kind == Meaning::Kind::find) {
            const auto& ids = of_customer_[meaning.customer];
            for (const auto& id : ids) note_read(threads_[id], sent);
            judge_pace(meaning.customer, threads_[meaning.customer], sent, ids.size());
            return;
        }
        auto id = meaning.our_id;
        if (id.empty()) id = ours_[meaning.partner_id];
        if (is_look(sent.request)) return;
        auto& thread = threads_[id];
        // A clock that is set forward ends a lease while its call is still out.
        const bool is_alone = thread.busy_until <= sent.at || evidence_.clocks_step;
        if (!found_.look(Invariant::one_at_a_time, is_alone)) {
            found_.fail(Invariant::one_at_a_time, "{}: {} {} left while another was under way", id,
                        sent.request.method, sent.request.target);
        }
        thread.busy_until = std::max(thread.busy_until, sent.until);
        judge_pace(id, thread, sent, 1);
        if (meaning.kind == Meaning::Kind::read) return note_read(thread, sent);
        judge_change(id, thread, sent);
    }

    static void note_read(Thread& thread, const Sent& sent) {
        if (sent.heard != 200) return;
        thread.doubt = false;
        // A list shows the record too, among others.
        if (!thread.waiting) return;
        const bool shows_effect = status_in(sent.answer) != thread.waiting->status ||
                                  product_in(sent.answer) != thread.waiting->product;
        if (shows_effect) thread.waiting.reset();
    }

    void judge_change(const std::string& id, Thread& thread, const Sent& sent) {
        if (!found_.look(Invariant::read_first, !thread.doubt)) {
            found_.fail(Invariant::read_first, "{}: {} {} left in doubt about the one before", id,
                        sent.request.method, sent.request.target);
        }
        judge_waiting(id, thread, sent);
        thread.doubt = sent.heard ? *sent.heard >= 500 : sent.left;
        const auto& request = sent.request;
        const std::string request_id{request.headers.find("X-RequestIdentifier").value_or("")};
        auto& change = thread.changes[request.method + request.target + request.body];
        if (change.request_id != request_id) {
            judge_new_id(id, change, sent);
            change = {.request_id = request_id};
        }
        change.last = sent.until;
        change.left = change.left || sent.left;
        change.heard = change.heard || sent.heard;
    }

    // Under the same id it is the same call, whose acceptance was not written down: so may that be
    // before another change, which a newer request asks for.
    void judge_waiting(const std::string& id, Thread& thread, const Sent& sent) {
        const auto request_id =
            std::string{sent.request.headers.find("X-RequestIdentifier").value_or("")};
        const auto what = sent.request.method + sent.request.target + sent.request.body;
        auto& waiting = thread.waiting;
        if (waiting && !evidence_.clocks_step) {
            const bool is_over = sent.at >= waiting->until || what != waiting->what ||
                                 request_id == waiting->request_id;
            if (!found_.look(Invariant::waits, is_over)) {
                found_.fail(Invariant::waits, "{}: {} {} left while another was waited for", id,
                            sent.request.method, sent.request.target);
            }
        }
        waiting.reset();
        const bool creates = plea_of(sent.request) == Plea::create;
        if (sent.heard != 202 || creates) return;
        waiting = {sent.until + domain::CallLimits{}.awaited, status_in(sent.answer),
                   product_in(sent.answer), request_id, what};
    }

    void judge_new_id(const std::string& id, const Thread::Change& last, const Sent& sent) {
        // To resume and to undo an ending are two changes that look the same.
        const bool is_either = sent.request.body.contains("NORMAL");
        if (last.request_id.empty() || evidence_.clocks_step || is_either) return;
        // Beyond the horizon it is over, answered or not.
        constexpr std::chrono::minutes kNearly{1};
        const bool is_over = !last.left || last.heard || sent.at > last.last + kHorizon - kNearly;
        if (found_.look(Invariant::one_id, is_over)) return;
        found_.fail(Invariant::one_id, "{}: {} {} has a new id, the last was never answered", id,
                    sent.request.method, sent.request.target);
    }

    void judge_pause(const Meaning& meaning, const Sent& sent) {
        auto about = meaning.our_id.empty() ? meaning.customer : meaning.our_id;
        if (about.empty()) about = ours_[meaning.partner_id];
        const auto tenant = tenants_.find(about);
        for (const auto& pause : evidence_.pauses) {
            // At the same instant as the answer: before it, for all that can be told.
            if (sent.at <= pause.from) continue;
            if (tenant == tenants_.end() && !pause.tenant.empty()) continue;
            if (!pause.tenant.empty() && pause.tenant != tenant->second) continue;
            const bool is_over = pause.until && sent.at >= *pause.until;
            const bool is_unheard = sent.at < pause.from + evidence_.pause_takes;
            if (found_.look(Invariant::pause_holds, is_over || is_unheard)) continue;
            found_.fail(Invariant::pause_holds, "{}: {} {} left during a pause", about,
                        sent.request.method, sent.request.target);
        }
    }

    // `id` may be a customer's, who has `count` of them.
    void judge_pace(const std::string& id, Thread& thread, const Sent& sent, std::size_t count) {
        constexpr std::chrono::minutes kWhile{10};
        auto& lately = thread.lately;
        lately.push_back(sent.at);
        while (lately.front() + kWhile < sent.at) lately.pop_front();
        const auto& asked = asked_[id];
        // A request may have to wait for the ones before it.
        const auto first = std::ranges::lower_bound(asked, sent.at - 2 * kWhile);
        const auto requests = static_cast<std::uint64_t>(asked.end() - first);
        const auto allowed =
            evidence_.calls_in_a_while * count + evidence_.calls_for_a_request * requests;
        // A clock that was set back counts no time as waited until it has caught up.
        const bool few = lately.size() <= allowed || evidence_.clocks_step;
        if (found_.look(Invariant::backs_off, few)) return;
        found_.fail(Invariant::backs_off, "{}: {} calls within ten minutes, for {} requests", id,
                    lately.size(), requests);
    }

    const Evidence& evidence_;
    Findings& found_;
    std::map<std::string, std::string> ours_;  // by the partner's id
    std::map<std::string, std::vector<std::string>> of_customer_;
    std::map<std::string, domain::TenantId> tenants_;            // by our id, and by the customer's
    std::map<std::string, Thread> threads_;                      // by our id
    std::map<std::string, std::vector<base::Monotonic>> asked_;  // when, in order, by our id
};

}  // namespace

void judge_wire(const Evidence& evidence, Findings& found) {
    Wire{evidence, found}.judge();
}

}  // namespace usher::simulate
