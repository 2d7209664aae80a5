// The product's own store and decision, without HTTP, tokens and JSON: the same commands, rows and
// groups from as many submitters as there are connections. Also fills a store for other runs.
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <future>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "base/clock.h"
#include "base/random.h"
#include "flow/update_status.h"
#include "histogram.h"
#include "store/store.h"

namespace usher::bench {
namespace {

constexpr const char* kUsage =
    "Usage: raw_store run --store sqlite:PATH --entitlements FILE --run-in FILE\n"
    "                     [--connections N] [--seconds S] [--warmup S] [--run-in-seconds S]\n"
    "       raw_store fill --store sqlite:PATH --count N [--tenant ID] [--open 1]\n"
    "FILE: lines of an id and the status that it has. Submitter i changes its own part of them\n"
    "between SUSPENDED and ACTIVE, over and over. --run-in: others, that 64 change before.\n"
    "--open: SUSPENDED was asked for and is not settled, the first of them longest ago.\n";

[[noreturn]] void fail(const std::string& why) {
    std::cerr << "raw_store: " << why << '\n';
    std::exit(1);
}

struct Options {
    std::string command;
    std::string store;
    std::string entitlements;
    std::string run_in;
    std::string tenant = "demo";
    std::size_t connections = 64;
    std::size_t count = 0;
    bool open = false;
    double seconds = 5;
    double warmup = 0.5;
    double run_in_seconds = 1;
};

// A partner that is away: nobody calls it.
class NoPartner final : public flow::Partner {
  public:
    base::Task<flow::ActionReply> act(flow::ActionCall /*call*/) override { std::abort(); }
    base::Task<flow::ReadReply> read(flow::ReadCall /*call*/) override { std::abort(); }
    base::Task<flow::ReadReply> activation(flow::ReadCall /*call*/) override { std::abort(); }
    base::Task<flow::RecoveryReply> recovery(flow::ReadCall) override { std::abort(); }
    base::Task<flow::EchoReply> echo(domain::TenantId /*tenant*/, domain::MerchantId /*merchant*/,
                                     base::Monotonic /*deadline*/) override {
        std::abort();
    }
    std::string digest(const domain::Entitlement& /*row*/,
                       domain::PartnerAction /*action*/) const override {
        return {};
    }
    std::optional<domain::AccountId> account_of(const domain::TenantId&, const domain::CustomerId&,
                                                const domain::MerchantId&) const override {
        return std::nullopt;
    }
    flow::ReportNote understand_report(std::string_view) const override { return {}; }
    domain::CustomerId customer_of(const domain::TenantId& /*tenant*/,
                                   const domain::AccountId& account,
                                   const domain::MerchantId& /*merchant*/) const override {
        return domain::CustomerId{account.text()};
    }
};

class NoWatch final : public flow::Watch {
  public:
    base::Task<std::shared_ptr<const domain::Entitlement>> next(
        base::Monotonic /*deadline*/) override {
        co_return nullptr;
    }
};

class NoPropagator final : public flow::Propagator {
  public:
    bool worth_waiting(const domain::TenantId& /*tenant*/,
                       const domain::MerchantId& /*merchant*/) const override {
        return false;
    }
    bool takes_calls(const domain::TenantId& /*tenant*/,
                     const domain::MerchantId& /*merchant*/) const override {
        return false;
    }
    flow::RouteStanding standing(const domain::TenantId& /*tenant*/,
                                 const domain::MerchantId& /*merchant*/) const override {
        return {};
    }
    bool may_send(const domain::Entitlement& /*row*/) const override { return true; }
    bool takes_endings(const domain::TenantId& /*tenant*/) const override { return true; }
    void hear_of_holds(std::vector<flow::Hold> /*in_force*/) override {}
    void hear_of_pins(std::vector<flow::ActionPin> /*in_force*/) override {}
    std::vector<flow::RouteReport> routes() const override { return {}; }
    std::vector<flow::LearnedGap> learned() const override { return {}; }
    std::size_t forget_learned(const flow::GapScope& /*scope*/) override { return 0; }
    std::unique_ptr<flow::Watch> watch(const domain::TenantId& /*tenant*/,
                                       const domain::EntitlementId& /*id*/) override {
        return std::make_unique<NoWatch>();
    }
    void start(flow::Work /*work*/) override { std::abort(); }
    void wake() override {}
    domain::ActionSet supported(const domain::TenantId& /*tenant*/,
                                const domain::MerchantId& /*merchant*/,
                                const domain::ProductKey& /*product*/) const override {
        return domain::ActionSet::all();
    }
};

using Steady = std::chrono::steady_clock;

struct Schedule {
    Steady::time_point begin;  // of what is measured
    Steady::time_point end;
};

struct Result {
    Histogram latency;
    std::uint64_t counted = 0;
    std::uint64_t refused = 0;
};

struct Owned {
    domain::EntitlementId id;
    bool suspended = false;
};

// What one submitter works on.
struct Part {
    std::vector<Owned> owned;
    std::size_t position = 0;
};

base::Task<> submit(flow::Ports& ports, const Options& options, Part& part, Schedule schedule,
                    Result& result) {
    while (true) {
        const auto started = Steady::now();
        if (started >= schedule.end) co_return;
        auto& next = part.owned[part.position];
        part.position = (part.position + 1) % part.owned.size();
        next.suspended = !next.suspended;
        flow::UpdateStatus request{
            .tenant = domain::TenantId{options.tenant},
            .entitlement = next.id,
            .status = next.suspended ? domain::EntitlementStatus::suspended
                                     : domain::EntitlementStatus::active,
            .asker = {.subject = "portal",
                      .client = "operator-portal",
                      .correlation = domain::CorrelationId{base::make_uuid(ports.random)}}};
        const auto updated = co_await flow::update_status(ports, std::move(request));
        if (updated && updated->modified) {
            ++result.counted;
        } else {
            ++result.refused;
        }
        const auto now = Steady::now();
        if (now >= schedule.begin && now < schedule.end) {
            result.latency.add((now - started).count());
        }
    }
}

std::vector<Part> read_parts(const std::string& name, std::size_t submitters) {
    std::vector<Owned> all;
    std::ifstream file{name};
    for (std::string id, status; file >> id >> status;) {
        all.push_back({domain::EntitlementId{id}, status == "SUSPENDED"});
    }
    const auto each = all.size() / submitters;
    if (each == 0) fail("fewer entitlements than submitters");
    std::vector<Part> parts(submitters);
    for (std::size_t i = 0; i < parts.size() * each; ++i) {
        parts[i / each].owned.push_back(std::move(all[i]));
    }
    return parts;
}

std::unique_ptr<store::SteppedStore> open(const Options& options, base::Clock& clock) {
    auto opened = store::open_store(options.store, clock);
    if (!opened) fail(opened.error().sentence);
    return std::move(*opened);
}

Result submit_all(flow::Ports& ports, const Options& options, std::vector<Part> parts,
                  double warmup, double seconds) {
    const auto of = [](double span) {
        return std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>{span});
    };
    const auto begin = Steady::now() + of(warmup);
    const Schedule schedule{begin, begin + of(seconds)};
    Result result;
    boost::asio::io_context context{1};
    for (auto& part : parts) {
        boost::asio::co_spawn(context, submit(ports, options, part, schedule, result),
                              [](const std::exception_ptr& error) {
                                  if (error) std::rethrow_exception(error);
                              });
    }
    context.run();
    return result;
}

int run(const Options& options) {
    constexpr std::size_t kRunningIn = 64;
    const auto clock = base::make_system_clock();
    const auto random = base::make_system_random();
    const auto store = open(options, *clock);
    NoPartner partner;
    NoPropagator propagator;
    flow::Ports ports{*store, partner, propagator, *clock, *random, {}};
    const auto run_in = submit_all(ports, options, read_parts(options.run_in, kRunningIn), 0,
                                   options.run_in_seconds);
    const auto result =
        submit_all(ports, options, read_parts(options.entitlements, options.connections),
                   options.warmup, options.seconds);
    store->close();
    std::cout << "{\"per_second\": "
              << static_cast<double>(result.latency.total()) / options.seconds
              << ", \"measured\": " << result.latency.total() << ", " << result.latency.json()
              << ", \"counted\": " << result.counted << ", \"run_in\": " << run_in.counted
              << ", \"broken\": " << result.refused + run_in.refused
              << ", \"answers\": {\"200\": " << result.counted << "}}\n";
    return 0;
}

flow::Writes row_of(const Options& options, std::size_t number, base::Time now) {
    const auto text = std::to_string(number);
    domain::Entitlement row;
    row.tenant = domain::TenantId{options.tenant};
    row.id = domain::EntitlementId{"filled-" + text};
    row.account = domain::AccountId{"filled-account-" + text};
    row.product = domain::ProductId{"BANGO_US_MUSIC_PREMIUM"};
    row.merchant = domain::MerchantId{"BANGO_US"};
    row.product_key = domain::ProductKey{"MUSIC_PREMIUM"};
    row.customer = domain::CustomerId{options.tenant + "-filled-account-" + text};
    row.partner_id = domain::PartnerEntitlementId{options.tenant + "-held-" + text};
    row.convergence.status = domain::EntitlementStatus::active;
    row.convergence.partner_status = domain::PartnerStatus::active;
    row.convergence.bound = true;
    if (options.open) {
        row.convergence.status = domain::EntitlementStatus::suspended;
        row.convergence.intent = true;
        // In the order in which they were asked for, over the last hours.
        row.unsettled_since = now - std::chrono::hours{2} + std::chrono::milliseconds{number};
        row.due_at = row.unsettled_since;
    }
    row.created = row.modified = now;
    row.version = row.request = 1;
    row.asker = {.subject = "portal",
                 .client = "operator-portal",
                 .correlation = domain::CorrelationId{"filled-" + text},
                 .comment = ""};
    flow::Writes writes;
    writes.account =
        domain::Account{.tenant = row.tenant, .id = row.account, .created = now, .modified = now};
    writes.events.push_back({.tenant = row.tenant,
                             .entitlement = row.id,
                             .version = 1,
                             .at = now,
                             .change = {.kind = domain::ChangeKind::requested,
                                        .status_from = domain::EntitlementStatus::pending,
                                        .status_to = domain::EntitlementStatus::active,
                                        .partner_from = domain::PartnerStatus::none,
                                        .partner_to = domain::PartnerStatus::active},
                             .initiator = domain::Initiator::op,
                             .asker = row.asker});
    writes.entitlement = std::move(row);
    return writes;
}

base::Task<> fill_some(flow::Store& store, const Options& options, std::size_t first,
                       std::size_t step) {
    for (std::size_t number = first; number < options.count; number += step) {
        const auto done = co_await flow::decide_in<bool>(
            store,
            {.tenant = domain::TenantId{options.tenant},
             .entitlement = domain::EntitlementId{"filled-" + std::to_string(number)}},
            [&options, number](const flow::Rows& rows) {
                return std::pair{row_of(options, number, rows.now), true};
            });
        if (!done) fail("not filled: " + std::string{flow::to_text(done.error())});
    }
}

int fill(const Options& options) {
    const auto clock = base::make_system_clock();
    const auto store = open(options, *clock);
    boost::asio::io_context context{1};
    constexpr std::size_t kAtOnce = 256;
    for (std::size_t first = 0; first < kAtOnce; ++first) {
        boost::asio::co_spawn(context, fill_some(*store, options, first, kAtOnce),
                              [](const std::exception_ptr& error) {
                                  if (error) std::rethrow_exception(error);
                              });
    }
    context.run();
    store->close();
    return 0;
}

Options read_options(int count, char** words) {
    Options options;
    if (count > 1) options.command = words[1];
    for (int i = 2; i + 1 < count; i += 2) {
        const std::string_view name{words[i]};
        const char* value = words[i + 1];
        if (name == "--store")
            options.store = value;
        else if (name == "--run-in")
            options.run_in = value;
        else if (name == "--run-in-seconds")
            options.run_in_seconds = std::atof(value);
        else if (name == "--entitlements")
            options.entitlements = value;
        else if (name == "--tenant")
            options.tenant = value;
        else if (name == "--connections")
            options.connections = std::strtoul(value, nullptr, 10);
        else if (name == "--open")
            options.open = std::atoi(value) != 0;
        else if (name == "--count")
            options.count = std::strtoul(value, nullptr, 10);
        else if (name == "--seconds")
            options.seconds = std::atof(value);
        else if (name == "--warmup")
            options.warmup = std::atof(value);
        else
            fail("no option " + std::string{name} + "\n" + kUsage);
    }
    return options;
}

}  // namespace
}  // namespace usher::bench

int main(int count, char** words) {
    const auto options = usher::bench::read_options(count, words);
    if (options.command == "run") return usher::bench::run(options);
    if (options.command == "fill") return usher::bench::fill(options);
    std::cerr << usher::bench::kUsage;
    return 2;
}
