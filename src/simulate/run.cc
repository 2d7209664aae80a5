#include "simulate/run.h"

#include <algorithm>
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

template <class Figure, class Visit>
void visit_numbers(Figure& figures, Visit visit) {
    visit("worlds", figures.worlds);
    visit("entitlements", figures.entitlements);
    visit("requests", figures.requests);
    visit("transactions", figures.transactions);
    visit("commits", figures.commits);
    visit("largestGroup", figures.largest_group);
    visit("calls", figures.calls);
    visit("reports", figures.reports);
    visit("moves", figures.moves);
    visit("starts", figures.starts);
    visit("repeats", figures.repeats);
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
            {"faults", json::array(outcome.figures.faults.begin(), outcome.figures.faults.end())},
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
    const auto& faults = from.at("faults").as_array();
    for (std::size_t i = 0; i < kFaults; ++i) {
        made.figures.faults.at(i) = faults.at(i).to_number<std::uint64_t>();
    }
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

void run_share(const RunOptions& options, unsigned share, std::FILE* lines) {
    Stage stage;
    for (auto i = std::uint64_t{share}; i < options.seeds; i += options.processes) {
        const auto seed = options.first_seed + i;
        write_line(lines, {{"begins", seed}});
        write_line(lines, to_json(run_world(stage, {.seed = seed, .only = options.only})));
    }
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

    // A process that ends takes the worlds with it that it had not come to.
    void expect(std::uint64_t worlds) {
        if (result_.figures.worlds == worlds) return;
        Outcome missing;
        missing.violations = {{Invariant::no_crash, "some worlds were not run to their end"}};
        ++result_.failures;
        result_.failed.push_back(std::move(missing));
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
};

void collect(Child& child, Collected& collected) {
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
    if (!begun) return;
    Outcome ended{.seed = *begun};
    ended.violations = {{Invariant::no_crash, "the program itself ended in this world"}};
    collected.take(std::move(ended));
}

}  // namespace

RunResult run_worlds(RunOptions options) {
    base::mute_log();
    if (options.processes == 0) {
        options.processes = static_cast<unsigned>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
    }
    std::vector<std::unique_ptr<Child>> children;
    for (unsigned share = 0; share < options.processes; ++share) {
        children.push_back(
            std::make_unique<Child>([&](std::FILE* lines) { run_share(options, share, lines); }));
    }
    Collected collected;
    for (const auto& child : children) collect(*child, collected);
    collected.expect(options.seeds);
    return std::move(collected).all();
}

}  // namespace usher::simulate
