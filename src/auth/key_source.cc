#include "auth/key_source.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include "auth/discovery.h"
#include "base/log.h"

namespace usher::auth {

namespace {

constexpr std::size_t kMaxDocumentBytes = 512 * 1024;

void log_keys(const KeySet& keys) {
    for (const auto& skipped : keys.skipped()) {
        base::log(base::LogLevel::warning, "token_key_skipped",
                  {{"kid", skipped.kid}, {"problem", to_text(skipped.problem)}});
    }
    base::log(base::LogLevel::info, "token_keys", {{"usable", keys.size()}});
}

}  // namespace

KeySource::KeySource(KeySourceOptions options, base::Clock& clock, http::Client& client,
                     base::Executor executor)
    : options_{std::move(options)},
      clock_{clock},
      client_{client},
      executor_{std::move(executor)},
      sleeper_{clock} {}

std::shared_ptr<const KeySet> KeySource::keys() const {
    const std::lock_guard lock{mutex_};
    return keys_;
}

std::uint64_t KeySource::fetches() const {
    const std::lock_guard lock{mutex_};
    return fetches_;
}

bool KeySource::has_keys() const {
    const std::lock_guard lock{mutex_};
    return keys_->size() > 0;
}

bool KeySource::answers() const {
    const std::lock_guard lock{mutex_};
    return !last_failed_;
}

bool KeySource::stopped() const {
    const std::lock_guard lock{mutex_};
    return stopped_;
}

// The coroutines own the source from their first moment: they start only when awaited.
base::Task<Refetched> KeySource::refetch() {
    return ask(shared_from_this(), Reason::unknown_key);
}

base::Task<Refetched> KeySource::refetch_later() {
    return ask(shared_from_this(), Reason::still_unknown);
}

base::Task<> KeySource::run() {
    return run_until_stopped(shared_from_this());
}

base::Task<Refetched> KeySource::ask(std::shared_ptr<KeySource> self, Reason reason) {
    co_return co_await base::suspend<Refetched>([self, reason](base::Completion<Refetched> done) {
        self->request(std::move(done), reason);
    });
}

base::Task<> KeySource::run_until_stopped(std::shared_ptr<KeySource> self) {
    const auto& options = self->options_;
    while (!self->stopped()) {
        const bool worked = co_await ask(self, Reason::schedule) != Refetched::failed;
        const auto pause =
            worked ? options.refresh : std::min(options.refresh, options.min_interval);
        co_await self->sleeper_.until(self->clock_.monotonic() + pause);
    }
}

void KeySource::stop() {
    std::vector<base::Completion<Refetched>> waiting;
    {
        const std::lock_guard lock{mutex_};
        stopped_ = true;
        waiting.swap(later_);
        for (auto& one : waiting_) waiting.push_back(std::move(one.done));
        waiting_.clear();
        if (interval_end_) clock_.disarm(*interval_end_);
    }
    for (auto& done : waiting) done(Refetched::failed);
    sleeper_.wake();
}

void KeySource::request(base::Completion<Refetched> done, Reason reason) {
    std::optional<Refetched> answer;
    bool start = false;
    {
        const std::lock_guard lock{mutex_};
        const bool too_soon = clock_.monotonic() < next_allowed_;
        const bool full =
            reason != Reason::schedule && waiting_.size() + later_.size() >= options_.max_waiting;
        const bool is_known = !stopped_ && !fetching_ && too_soon && last_worked_;
        if (is_known && reason == Reason::unknown_key) {
            answer = Refetched::remembered;
        } else if (stopped_ || full || (!fetching_ && too_soon && reason == Reason::unknown_key)) {
            answer = Refetched::failed;
        } else if (reason == Reason::still_unknown && (fetching_ || too_soon)) {
            later_.push_back(std::exchange(done, nullptr));
            await_interval();
        } else {
            start = !fetching_;
            waiting_.push_back(
                {std::exchange(done, nullptr), start ? Refetched::fresh : Refetched::joined});
        }
        if (start) begin(reason);
    }
    if (answer) done(*answer);
    // Outside the lock: the coroutine may begin before co_spawn returns.
    if (start) spawn(reason);
}

// Under the lock, as begin().
void KeySource::await_interval() {
    if (fetching_ || interval_end_ || later_.empty()) return;
    interval_end_ = clock_.arm(next_allowed_, executor_, [weak = weak_from_this()](bool fired) {
        const auto self = weak.lock();
        if (fired && self) self->end_interval();
    });
}

void KeySource::end_interval() {
    {
        const std::lock_guard lock{mutex_};
        interval_end_.reset();
        // A fetch that began meanwhile took them along, and began another interval.
        if (stopped_ || later_.empty() || fetching_) return;
        if (clock_.monotonic() < next_allowed_) return await_interval();
        begin(Reason::still_unknown);
    }
    spawn(Reason::still_unknown);
}

void KeySource::begin(Reason reason) {
    fetching_ = true;
    ++fetches_;
    for (auto& done : later_) waiting_.push_back({std::move(done), Refetched::fresh});
    later_.clear();
    if (reason != Reason::schedule) next_allowed_ = clock_.monotonic() + options_.min_interval;
}

void KeySource::spawn(Reason reason) {
    boost::asio::co_spawn(executor_, fetch(shared_from_this(), reason == Reason::schedule),
                          [](const std::exception_ptr& bug) {
                              if (bug) std::rethrow_exception(bug);
                          });
}

base::Task<> KeySource::fetch(std::shared_ptr<KeySource> self, bool discover) {
    const auto loaded = co_await self->load(discover);
    const bool worked = self->take_over(loaded);
    std::vector<Waiting> waiting;
    {
        const std::lock_guard lock{self->mutex_};
        self->fetching_ = false;
        self->last_worked_ = worked;
        self->last_failed_ = !worked;
        waiting.swap(self->waiting_);
        self->await_interval();
    }
    for (auto& one : waiting) one.done(worked ? one.if_worked : Refetched::failed);
}

base::Task<KeySource::Loaded> KeySource::load(bool discover) {
    const auto deadline = clock_.monotonic() + options_.fetch_timeout;
    if (discover || jwks_uri_.empty()) {
        const auto document =
            co_await get(configuration_url(options_.issuer, options_.discovery_url), deadline);
        if (!document) co_return document;
        auto uri = key_set_url(*document, options_.issuer, options_.discovery_url);
        if (!uri) co_return std::unexpected{std::string{to_text(uri.error())}};
        jwks_uri_ = std::move(*uri);
    }
    auto keys = co_await get(jwks_uri_, deadline);
    // The set may have moved: the next fetch looks for it anew.
    if (!keys) jwks_uri_.clear();
    co_return keys;
}

base::Task<KeySource::Loaded> KeySource::get(std::string url, base::Monotonic deadline) {
    http::OutgoingRequest request;
    request.method = "GET";
    request.url = url;
    request.headers.add("Accept", "application/json");
    request.deadline = deadline;
    request.connect_timeout = std::min(request.connect_timeout, options_.fetch_timeout);
    request.max_response_bytes = kMaxDocumentBytes;
    auto answer = co_await client_.send(std::move(request));
    if (!answer) {
        co_return std::unexpected{fmt::format("{}: {}", url, answer.error().detail)};
    }
    if (answer->status != 200) {
        co_return std::unexpected{fmt::format("{}: answered {}", url, answer->status)};
    }
    co_return std::move(answer->body);
}

// Whether keys() now is what the issuer says. Logs what is new, not every fetch.
bool KeySource::take_over(const Loaded& loaded) {
    auto problem = loaded ? std::string{} : loaded.error();
    std::shared_ptr<const KeySet> fresh;
    if (loaded && (base::sha256(*loaded) != body_)) {
        auto parsed = KeySet::parse(*loaded);
        if (parsed) {
            fresh = std::make_shared<const KeySet>(std::move(*parsed));
            body_ = base::sha256(*loaded);
        } else {
            problem = to_text(parsed.error());
        }
    }
    const bool worked = problem.empty();
    bool turned = false;
    std::shared_ptr<const KeySet> keys;
    {
        const std::lock_guard lock{mutex_};
        turned = fetches_ == 1 || worked != last_worked_;
        if (fresh != nullptr) keys_ = fresh;
        keys = keys_;
    }
    if (worked && (turned || fresh != nullptr)) log_keys(*keys);
    if (!worked && turned) {
        base::log(base::LogLevel::warning, "token_keys_unavailable", {{"problem", problem}});
    }
    return worked;
}

}  // namespace usher::auth
