// Fetches the issuer's keys and keeps them fresh. Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "auth/key_set.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/suspend.h"
#include "base/task.h"
#include "http/client.h"

namespace usher::auth {

struct KeySourceOptions {
    std::string issuer;
    std::string discovery_url;  // empty: the issuer
    std::chrono::milliseconds refresh{600'000};
    std::chrono::milliseconds min_interval{5'000};
    std::chrono::milliseconds fetch_timeout{5'000};  // discovery and key set together
    std::size_t max_waiting = 256;                   // callers that wait for one fetch
};

enum class Refetched {
    fresh,       // keys() is what the issuer said after this call
    joined,      // a fetch was under way already: what it brought may be older than the question
    remembered,  // not asked again so soon; the last fetch worked
    failed,      // the issuer could not be asked, too many wait, or stop() was called
};

// One fetch at a time; whoever needs one meanwhile waits for the same. A fetch that fails leaves
// the keys as they are: with the issuer away, known keys go on for as long as it takes.
//
// Held by shared_ptr, so that a fetch under way outlives its owner. Clock, client and the
// executor's context must outlive the last fetch; call stop() before that context goes.
class KeySource : public std::enable_shared_from_this<KeySource> {
  public:
    KeySource(KeySourceOptions options, base::Clock& clock, http::Client& client,
              base::Executor executor);

    // Never null; empty before the first fetch.
    std::shared_ptr<const KeySet> keys() const;

    // For a token whose key is not in keys(): fetches now, but not more often than once in
    // min_interval, counted from start to start over all callers. Beyond that it answers at once.
    base::Task<Refetched> refetch();

    // For a token that `joined` left in doubt: waits until the interval is over, and for the fetch
    // then. Brings `fresh` or `failed`, within min_interval and two fetch_timeouts.
    base::Task<Refetched> refetch_later();

    // Fetches at once and every `refresh`; while that fails, every min_interval. Ends after stop().
    // Its fetches do not count against refetch().
    base::Task<> run();

    // Ends run(), answers whoever waits with `failed`. For good.
    void stop();

    std::uint64_t fetches() const;  // started so far
    bool has_keys() const;
    bool answers() const;  // the last fetch worked, or there was none yet

  private:
    enum class Reason { unknown_key, still_unknown, schedule };
    using Loaded = std::expected<std::string, std::string>;  // the text, or what went wrong

    struct Waiting {
        base::Completion<Refetched> done;
        Refetched if_worked;
    };

    static base::Task<Refetched> ask(std::shared_ptr<KeySource> self, Reason reason);
    static base::Task<> run_until_stopped(std::shared_ptr<KeySource> self);
    static base::Task<> fetch(std::shared_ptr<KeySource> self, bool discover);

    void request(base::Completion<Refetched> done, Reason reason);
    void await_interval();
    void end_interval();
    void begin(Reason reason);
    void spawn(Reason reason);
    base::Task<Loaded> load(bool discover);
    base::Task<Loaded> get(std::string url, base::Monotonic deadline);
    bool take_over(const Loaded& loaded);
    bool stopped() const;

    const KeySourceOptions options_;
    base::Clock& clock_;
    http::Client& client_;
    const base::Executor executor_;
    base::Sleeper sleeper_;

    std::string jwks_uri_;  // of the fetch alone, of which there is one at a time
    base::Digest body_{};   // likewise: the key set's text as last taken over

    mutable std::mutex mutex_;  // guards all below
    std::shared_ptr<const KeySet> keys_ = std::make_shared<KeySet>();
    std::vector<Waiting> waiting_;                    // for the fetch under way
    std::vector<base::Completion<Refetched>> later_;  // for the next one
    std::optional<base::Clock::TimerId> interval_end_;
    base::Monotonic next_allowed_ = base::Monotonic::min();
    std::uint64_t fetches_ = 0;
    bool fetching_ = false;
    bool last_worked_ = false;
    bool last_failed_ = false;  // neither before the first has ended
    bool stopped_ = false;
};

}  // namespace usher::auth
