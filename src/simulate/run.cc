#include "simulate/run.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/log.h"

namespace usher::simulate {

namespace {

namespace json = boost::json;

// --- What a process tells the one that started it, a line each

json::object to_json(const std::map<std::string, std::uint64_t>& counts) {
    json::object made;
    for (const auto& [name, count] : counts) made[name] = count;
    return made;
}

std::map<std::string, std::uint64_t> counts_from(const json::value& from) {
    std::map<std::string, std::uint64_t> made;
    for (const auto& [name, count] : from.as_object())
        made[name] = count.to_number<std::uint64_t>();
    return made;
}

template <std::size_t N>
json::array to_json(const std::array<std::uint64_t, N>& counts) {
    return json::array(counts.begin(), counts.end());
}

template <std::size_t N>
void read_counts(const json::value& from, std::array<std::uint64_t, N>& to) {
    for (std::size_t i = 0; i < N; ++i) to.at(i) = from.at(i).to_number<std::uint64_t>();
}

json::object to_json(const Outcome& outcome) {
    json::array violations;
    for (const auto& violation : outcome.violations) {
        violations.push_back({static_cast<int>(violation.invariant), violation.about});
    }
    json::object figures;
    visit_numbers(outcome.figures,
                  [&](const char* name, std::uint64_t value) { figures[name] = value; });
    return {{"seed", outcome.seed},
            {"hash", outcome.hash},
            {"violations", violations},
            {"figures", figures},
            {"faults", to_json(outcome.figures.faults)},
            {"checks", to_json(outcome.figures.checks)},
            {"cells", to_json(outcome.figures.cells)},
            {"events", to_json(outcome.figures.events)},
            {"answers", to_json(outcome.figures.answers)}};
}

Outcome outcome_from(const json::object& from) {
    Outcome made{.seed = from.at("seed").to_number<std::uint64_t>(),
                 .hash = from.at("hash").to_number<std::uint64_t>()};
    for (const auto& item : from.at("violations").as_array()) {
        const auto& pair = item.as_array();
        made.violations.push_back({static_cast<Invariant>(pair.at(0).to_number<int>()),
                                   std::string{pair.at(1).as_string()}});
    }
    visit_numbers(made.figures, [&](const char* name, std::uint64_t& value) {
        value = from.at("figures").at(name).to_number<std::uint64_t>();
    });
    read_counts(from.at("faults"), made.figures.faults);
    read_counts(from.at("checks"), made.figures.checks);
    made.figures.cells = counts_from(from.at("cells"));
    made.figures.events = counts_from(from.at("events"));
    made.figures.answers = counts_from(from.at("answers"));
    return made;
}

// --- The processes

class Child {
  public:
    // Runs `work`, which writes lines, in a process of its own.
    explicit Child(const std::function<void(std::FILE*)>& work) : lines_{std::tmpfile()} {
        if (lines_ == nullptr) throw std::runtime_error{"no temporary file can be made"};
        process_ = fork();
        if (process_ < 0) throw std::runtime_error{"no process can be started"};
        if (process_ > 0) return;
        work(lines_);
        std::fflush(lines_);
        // What is shared with the process that started this one is that one's to clean up.
        _exit(0);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() { std::fclose(lines_); }

    // Everything it wrote, when it has ended.
    void read(const std::function<void(std::string_view)>& hear) {
        waitpid(process_, nullptr, 0);
        if (std::fseek(lines_, 0, SEEK_SET) != 0) return;
        char* line = nullptr;
        std::size_t room = 0;
        while (true) {
            const auto length = getline(&line, &room, lines_);
            if (length <= 0) break;
            hear({line, static_cast<std::size_t>(length)});
        }
        std::free(line);  // NOLINT(cppcoreguidelines-no-malloc): getline's
    }

  private:
    std::FILE* lines_;
    pid_t process_ = -1;
};

void write_line(std::FILE* lines, const json::object& line) {
    const auto text = json::serialize(line) + "\n";
    std::fputs(text.c_str(), lines);
    std::fflush(lines);  // a world that ends the process must not take its name along
}

// Every so many-th world is one process's.
struct Share {
    std::uint64_t next = 0;
    std::uint64_t step = 1;
};

// Made once: the keys of its issuer take longer than many a world.
Stage& the_stage() {
    static Stage stage;
    return stage;
}

void run_share(const RunOptions& options, Share share, std::FILE* lines) {
    auto& stage = the_stage();
    stage.move();
    for (auto i = share.next; i < options.seeds; i += share.step) {
        const auto seed = options.first_seed + i;
        write_line(lines, {{"begins", seed}});
        write_line(lines, to_json(run_world(stage, world_options(options, seed))));
    }
    stage.clear();
}

class Collected {
  public:
    void take(Outcome outcome) {
        result_.figures.add(outcome.figures);
        // The order in which the processes are done must not matter.
        result_.hash += (outcome.hash ^ outcome.seed) * 0x9e3779b97f4a7c15ULL;
        if (outcome.violations.empty()) return;
        ++result_.failures;
        result_.failed.push_back(std::move(outcome));
    }

    // What went wrong outside of any world must not be overlooked.
    void expect(std::uint64_t worlds) {
        expected_ += worlds;
        if (result_.figures.worlds == expected_) return;
        Outcome missing;
        missing.violations = {{Invariant::no_crash, "some worlds were not run to their end"}};
        ++result_.failures;
        result_.failed.push_back(std::move(missing));
    }

    bool has(std::optional<Invariant> invariant) const {
        return std::ranges::any_of(result_.failed, [&](const Outcome& outcome) {
            return std::ranges::find(outcome.violations, invariant, &Violation::invariant) !=
                   outcome.violations.end();
        });
    }

    RunResult all() && {
        std::ranges::sort(result_.failed, {}, &Outcome::seed);
        if (result_.failed.size() > RunResult::kMaxFailed) {
            result_.failed.resize(RunResult::kMaxFailed);
        }
        return std::move(result_);
    }

  private:
    RunResult result_;
    std::uint64_t expected_ = 0;
};

// The seed of the world in which the process ended, if it did not come to its end.
std::optional<std::uint64_t> collect(Child& child, Collected& collected) {
    std::optional<std::uint64_t> begun;
    child.read([&](std::string_view line) {
        const auto read = json::parse(line).as_object();
        if (const auto* seed = read.if_contains("begins")) {
            begun = seed->to_number<std::uint64_t>();
        } else {
            begun.reset();
            collected.take(outcome_from(read));
        }
    });
    if (!begun) return std::nullopt;
    Outcome ended{.seed = *begun};
    ended.violations = {{Invariant::no_crash, "the program itself ended in this world"}};
    ended.figures.worlds = 1;
    collected.take(std::move(ended));
    return begun;
}

void run_batch(const RunOptions& options, Collected& collected) {
    std::vector<std::pair<Share, std::unique_ptr<Child>>> children;
    const auto start = [&](Share share) {
        children.emplace_back(share, std::make_unique<Child>([&](std::FILE* lines) {
                                  run_share(options, share, lines);
                              }));
    };
    for (unsigned first = 0; first < options.processes; ++first) {
        start({.next = first, .step = options.processes});
    }
    // One that ends in the middle of a world is followed by one for those that are left.
    while (!children.empty()) {
        const auto [share, child] = std::move(children.front());
        children.erase(children.begin());
        if (const auto ended = collect(*child, collected)) {
            start({.next = *ended - options.first_seed + share.step, .step = share.step});
        }
    }
    collected.expect(options.seeds);
}

}  // namespace

WorldOptions world_options(const RunOptions& options, std::uint64_t seed) {
    return {.seed = seed,
            .only = options.only,
            .without = options.without,
            .most_entitlements = options.most_entitlements,
            .nodes = options.nodes};
}

RunResult run_worlds(RunOptions options) {
    base::mute_log();
    if (options.processes == 0) {
        options.processes = static_cast<unsigned>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
    }
    the_stage();
    Collected collected;
    if (!options.until) {
        run_batch(options, collected);
        return std::move(collected).all();
    }
    // In batches that grow, so that the first one that is found is the one with the lowest seed.
    auto left = options.seeds;
    constexpr std::uint64_t kFirst = 8;
    for (options.seeds = kFirst * options.processes; left > 0 && !collected.has(options.until);) {
        options.seeds = std::min(options.seeds, left);
        run_batch(options, collected);
        left -= options.seeds;
        options.first_seed += options.seeds;
        constexpr std::uint64_t kLargest = 128;
        options.seeds = std::min(options.seeds * 2, kLargest);
    }
    return std::move(collected).all();
}

}  // namespace usher::simulate
