// What the tests of this room share: a clock that stands still, values with every field set, and a
// store turned by hand.
#pragma once

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "base/random.h"
#include "store/store.h"

namespace usher::store {

class StillClock final : public base::Clock {
  public:
    base::Time now() const override { return base::from_micros(now_micros); }
    base::Monotonic monotonic() const override {
        return base::Monotonic{base::Duration{monotonic_micros}};
    }
    TimerId arm(base::Monotonic /*when*/, base::Executor /*executor*/,
                Handler /*handler*/) override {
        std::abort();  // the store has no timers
    }
    void disarm(TimerId /*timer*/) override { std::abort(); }

    void pass(base::Duration span) {
        now_micros += span.count();
        monotonic_micros += span.count();
    }

    std::atomic<long long> now_micros = 1'700'000'000'000'000;
    std::atomic<long long> monotonic_micros = 1'000'000;
};

// A folder of its own, removed with everything in it.
class Folder {
  public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

// Each in `tenant`, with every field set; two calls, one under way and one open.
domain::Entitlement full_entitlement(const std::string& tenant, const std::string& id);
// As small as it can be.
domain::Entitlement bare_entitlement(const std::string& tenant, const std::string& id);
domain::Event event_of(const domain::Entitlement& row, const std::string& note);
domain::Account account_of(const std::string& tenant, const std::string& id);
domain::Product product_of(const std::string& tenant, const std::string& id);

using Committed = flow::StoreResult<base::Time>;

// A store without threads, turned by whoever asks.
class Lab {
  public:
    explicit Lab(std::unique_ptr<SteppedStore> store) : store_{std::move(store)} {}

    SteppedStore& store() { return *store_; }

    // Queues; the answer appears once a group was run.
    std::shared_ptr<std::optional<Committed>> queue(flow::Command command);
    Committed commit(flow::Command command);
    // Reads `wanted`, writes what `decide` says.
    Committed commit(flow::Wanted wanted, std::function<flow::Writes(const flow::Rows&)> decide);
    Committed insert(const domain::Entitlement& row);
    // Reads the row and writes what `change` makes of it, with one event.
    Committed update(const domain::Entitlement& row,
                     std::function<void(domain::Entitlement&)> change, std::string note = {});
    void turn();

    template <class T>
    T ask(base::Task<T> question) {
        boost::asio::io_context context;
        auto answer = boost::asio::co_spawn(context, std::move(question), boost::asio::use_future);
        while (answer.wait_for(std::chrono::seconds{0}) != std::future_status::ready) {
            context.restart();
            context.poll();
            while (store_->run_reads()) {
            }
        }
        return answer.get();
    }

    std::optional<domain::Entitlement> stored(const domain::Entitlement& row);
    std::vector<domain::Event> feed(const std::string& tenant);
    flow::DueList due(std::size_t limit, std::vector<flow::Route> left_out = {});

  private:
    std::unique_ptr<SteppedStore> store_;
};

// Random but valid rows from a seed, for tests that compare engines.
class Maker {
  public:
    explicit Maker(std::uint64_t seed) : random_{base::make_seeded_random(seed)} {}
    std::uint64_t below(std::uint64_t bound) { return random_->next() % bound; }
    bool flip() { return below(2) == 0; }
    void stir(domain::Entitlement& row, base::Time now);

  private:
    void stir_calls(domain::Entitlement& row, base::Time now);
    std::unique_ptr<base::Random> random_;
};

}  // namespace usher::store
