#include "server/settings.h"

#include <algorithm>
#include <iostream>
#include <string>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/commands.h"
#include "cli/load.h"
#include "server/serve.h"
#include "store/store.h"

namespace usher::cli {

std::optional<server::Settings> load(const std::string& config) {
    auto settings = server::load_settings(config, server::process_environment());
    if (settings) return std::move(*settings);
    for (const auto& problem : settings.error()) std::cerr << "usher: " << problem << '\n';
    return std::nullopt;
}

std::optional<server::Settings> load_or_environment(const std::string& config) {
    if (!config.empty()) return load(config);
    server::Settings settings;
    const auto problems = server::read_environment(settings, server::process_environment());
    for (const auto& problem : problems) std::cerr << "usher: " << problem << '\n';
    if (!problems.empty()) return std::nullopt;
    return settings;
}

namespace {

std::string shown(const server::Setting& setting, const server::Settings& settings) {
    auto text = server::to_text(setting.get(settings));
    if (!setting.secret) return text;
    return text.empty() ? "" : "(set)";
}

std::string as_toml(const server::Setting& setting, const server::Settings& settings) {
    const auto value = setting.secret ? server::Value{std::string{}} : setting.get(settings);
    if (const auto* text = std::get_if<std::string>(&value)) return fmt::format("\"{}\"", *text);
    if (std::holds_alternative<std::vector<std::string>>(value)) return "[]";
    return server::to_text(value);
}

std::string with_unit(const server::Setting& setting, const std::string& text) {
    return setting.unit.empty() || text.empty() ? text : text + " " + setting.unit;
}

void print_text(const server::Settings& settings) {
    for (const auto& setting : server::settings_table()) {
        std::cout << fmt::format("{} = {}\n    {}\n", setting.name,
                                 with_unit(setting, shown(setting, settings)), setting.sentence);
    }
}

void print_json(const server::Settings& settings) {
    boost::json::array rows;
    for (const auto& setting : server::settings_table()) {
        rows.push_back({{"name", setting.name},
                        {"environment", server::environment_name(setting)},
                        {"type", server::type_name(setting)},
                        {"unit", setting.unit},
                        {"secret", setting.secret},
                        {"value", shown(setting, settings)},
                        {"default", shown(setting, server::Settings{})},
                        {"sentence", setting.sentence}});
    }
    std::cout << boost::json::serialize(rows) << '\n';
}

// A sample file: every setting with its default, commented out.
void print_toml() {
    std::cout << "# Settings of Usher. What is commented out shows the default.\n"
                 "# Every setting can also come from the environment, which wins:\n"
                 "# store.url is USHER_STORE_URL. A secret may be given as <name>_file.\n";
    std::string table;
    const auto& all = server::settings_table();
    const auto print = [&](const server::Setting& setting, const std::string& key) {
        std::cout << fmt::format("\n# {}{}\n#{} = {}\n", setting.sentence,
                                 setting.unit.empty() ? "" : fmt::format(" ({})", setting.unit),
                                 key, as_toml(setting, server::Settings{}));
    };
    for (const auto& setting : all) {
        if (setting.name.find('.') == std::string::npos) print(setting, setting.name);
    }
    for (const auto& setting : all) {
        const auto dot = setting.name.rfind('.');
        if (dot == std::string::npos) continue;
        if (const auto owner = setting.name.substr(0, dot); owner != table) {
            table = owner;
            std::cout << fmt::format("\n[{}]\n", table);
        }
        print(setting, setting.name.substr(dot + 1));
    }
    std::cout << "\n# One for each way to the partner that differs from partner.bango: for a "
                 "tenant, a\n# merchant, or a merchant of one tenant.\n"
                 "#[[partner.bango.route]]\n#tenant = \"demo\"\n#merchant = \"BANGO_US\"\n"
                 "#url = \"https://us.partner.example\"\n#username = \"us\"\n"
                 "#password_file = \"/etc/usher/us-password\"\n"
                 "#customer_id = \"{tenant}-{account}\"\n"
                 "\n# One for each operator. edition is A, B or C, after the published pages that "
                 "its\n# integration was written from.\n"
                 "[[tenant]]\nid = \"demo\"\ndefault = true\nedition = \"A\"\nwait_ms = 2000\n"
                 "freshness_s = 86400\n"
                 "enabled = true\n";
}

void print_markdown() {
    std::cout << "| setting | environment | type | default | what it does |\n"
                 "|---|---|---|---|---|\n";
    for (const auto& setting : server::settings_table()) {
        const auto text = shown(setting, server::Settings{});
        const auto kind =
            setting.secret ? server::type_name(setting) + ", secret" : server::type_name(setting);
        std::cout << fmt::format(
            "| `{}` | `{}` | {} | {} | {} |\n", setting.name, server::environment_name(setting),
            kind, text.empty() ? "" : "`" + with_unit(setting, text) + "`", setting.sentence);
    }
}

}  // namespace

int serve(const std::string& config) {
    const auto settings = load(config);
    if (!settings) return 2;
    const auto done = server::serve(*settings);
    if (done) return 0;
    std::cerr << "usher: " << done.error().sentence << '\n';
    return 2;
}

int check(const std::string& config) {
    const auto settings = load(config);
    if (!settings) return 2;
    std::cout << fmt::format("{}: the settings can work\n", config);
    return 0;
}

int check_store(const std::string& config, const std::string& format) {
    const auto settings = load_or_environment(config);
    if (!settings) return 2;
    const auto report = store::check_store(settings->store_url);
    if (!report) {
        std::cerr << "usher: " << report.error().sentence << '\n';
        return 2;
    }
    const auto& damaged = report->damaged;
    if (format == "json") {
        std::cout << fmt::format(
            "{{\"store\":{},\"pages\":{},\"damaged\":[{}],\"unsealed\":{},\"missing\":{}}}\n",
            boost::json::serialize(boost::json::string{settings->store_url}), report->pages,
            fmt::join(damaged, ","), report->unsealed, report->missing);
    } else if (damaged.empty() && report->missing > 0) {
        std::cout << fmt::format("{}: the last {} pages are missing. Restore it from a backup.\n",
                                 settings->store_url, report->missing);
    } else if (damaged.empty()) {
        std::cout << fmt::format("{}: {} pages, all in order\n", settings->store_url,
                                 report->pages);
    } else {
        std::cout << fmt::format("{}: {} of {} pages are damaged: {}. Restore it from a backup.\n",
                                 settings->store_url, damaged.size(), report->pages,
                                 fmt::join(damaged, ", "));
    }
    return damaged.empty() && report->missing == 0 ? 0 : 1;
}

int settings(const std::string& config, const std::string& format) {
    if (format == "toml")
        print_toml();
    else if (format == "markdown")
        print_markdown();
    if (format == "toml" || format == "markdown") return 0;
    server::Settings shown_settings;
    if (!config.empty()) {
        auto loaded = load(config);
        if (!loaded) return 2;
        shown_settings = std::move(*loaded);
    }
    if (format == "json")
        print_json(shown_settings);
    else
        print_text(shown_settings);
    return 0;
}

}  // namespace usher::cli
