#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <numeric>
#include <optional>
#include <set>
#include <sstream>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "api/tenants.h"
#include "server/settings.h"

namespace usher::server {

namespace {

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        auto diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
        }
    }
    return row.back();
}

std::string nearest(std::string_view name, const std::vector<std::string>& known) {
    return *std::ranges::min_element(
        known, {}, [name](const std::string& candidate) { return distance(name, candidate); });
}

std::string unknown(const std::string& origin, std::string_view name,
                    const std::vector<std::string>& known) {
    return fmt::format("{}: there is no setting {}; did you mean {}?", origin, name,
                       nearest(name, known));
}

const std::vector<std::string>& known_names() {
    static const auto names = [] {
        std::vector<std::string> result;
        for (const auto& setting : settings_table()) {
            result.push_back(setting.name);
            if (setting.secret) result.push_back(setting.name + "_file");
        }
        for (const auto* name : {"tenant", "role", "partner.bango.route"})
            result.emplace_back(name);
        return result;
    }();
    return names;
}

const Setting* find_setting(std::string_view name) {
    const auto& table = settings_table();
    const auto found = std::ranges::find(table, name, &Setting::name);
    return found == table.end() ? nullptr : &*found;
}

std::optional<std::string> set_value(Settings& settings, const Setting& setting, Value value,
                                     const std::string& origin) {
    if (value.index() != setting.get(Settings{}).index()) {
        return fmt::format("{}: {} must be a {}", origin, setting.name, type_name(setting));
    }
    constexpr std::int64_t kMost = std::int64_t{1} << 40;
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        if (*number < setting.least || *number > kMost) {
            return fmt::format("{}: {} must be at least {}{}{}", origin, setting.name,
                               setting.least, setting.unit.empty() ? "" : " ", setting.unit);
        }
    }
    setting.set(settings, std::move(value));
    return std::nullopt;
}

std::expected<std::string, std::string> read_secret_file(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    std::stringstream text;
    in.peek();  // a folder opens, too, and fails only when it is read
    text << in.rdbuf();
    if (!in.is_open() || in.bad()) return std::unexpected{fmt::format("cannot read {}", path)};
    auto secret = text.str();
    while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
    if (secret.empty()) return std::unexpected{fmt::format("{} is empty", path)};
    return secret;
}

std::optional<std::string> set_from_file(Settings& settings, const Setting& setting,
                                         const std::string& path, const std::string& origin) {
    auto secret = read_secret_file(path);
    if (!secret) {
        return fmt::format("{}: {}_file: {}; give a readable file that holds the secret", origin,
                           setting.name, secret.error());
    }
    return set_value(settings, setting, std::move(*secret), origin);
}

std::optional<Value> to_value(const toml::node& node) {
    if (const auto text = node.value_exact<std::string>()) return Value{*text};
    if (const auto number = node.value_exact<std::int64_t>()) return Value{*number};
    if (const auto flag = node.value_exact<bool>()) return Value{*flag};
    const auto* array = node.as_array();
    if (array == nullptr) return std::nullopt;
    std::vector<std::string> list;
    for (const auto& item : *array) {
        const auto text = item.value_exact<std::string>();
        if (!text) return std::nullopt;
        list.push_back(*text);
    }
    return Value{std::move(list)};
}

// Reads the tables of one list, each key by a function of its own.
template <class Item>
using ItemFields = std::map<std::string, std::function<bool(Item&, const toml::node&)>>;

template <class Field>
bool take_text(const toml::node& node, Field&& set) {
    const auto text = node.value_exact<std::string>();
    if (text) set(*text);
    return text.has_value();
}

template <class Item>
std::vector<Item> read_items(const toml::node& node, const std::string& name,
                             const ItemFields<Item>& fields, const std::string& origin,
                             SettingsProblems& problems) {
    std::vector<Item> items;
    const auto* array = node.as_array();
    if (array == nullptr) {
        problems.push_back(fmt::format("{}: write {} as [[{}]]", origin, name, name));
        return items;
    }
    std::vector<std::string> known;
    for (const auto& [key, set] : fields) known.push_back(fmt::format("{}.{}", name, key));
    for (const auto& element : *array) {
        const auto* table = element.as_table();
        if (table == nullptr) continue;
        Item item;
        for (const auto& [key, value] : *table) {
            const auto full = fmt::format("{}.{}", name, key.str());
            const auto field = fields.find(std::string{key.str()});
            if (field == fields.end())
                problems.push_back(unknown(origin, full, known));
            else if (!field->second(item, value)) {
                problems.push_back(fmt::format("{}: {} has a wrong type or value", origin, full));
            }
        }
        items.push_back(std::move(item));
    }
    return items;
}

bool take_secret(const toml::node& node, base::Secret& secret) {
    return take_text(node, [&](const std::string& text) { secret = base::Secret{text}; });
}

bool take_secret_file(const toml::node& node, base::Secret& secret) {
    const auto text = read_secret_file(node.value_exact<std::string>().value_or(""));
    if (text) secret = base::Secret{*text};
    return text.has_value();
}

const ItemFields<api::TenantOptions>& tenant_fields() {
    using Tenant = api::TenantOptions;
    static const ItemFields<Tenant> fields{
        {"id",
         [](Tenant& t, const toml::node& n) {
             return take_text(n, [&](const std::string& v) { t.id = domain::TenantId{v}; });
         }},
        {"default",
         [](Tenant& t, const toml::node& n) {
             t.is_default = n.value_exact<bool>().value_or(false);
             return n.is_boolean();
         }},
        {"enabled",
         [](Tenant& t, const toml::node& n) {
             t.enabled = n.value_exact<bool>().value_or(true);
             return n.is_boolean();
         }},
        {"edition",
         [](Tenant& t, const toml::node& n) {
             const auto edition = api::parse_edition(n.value_exact<std::string>().value_or(""));
             t.edition = edition.value_or(t.edition);
             return edition.has_value();
         }},
        {"strict_reasons",
         [](Tenant& t, const toml::node& n) {
             t.strict_reasons = n.value_exact<bool>().value_or(false);
             return n.is_boolean();
         }},
        {"suspend_with_account",
         [](Tenant& t, const toml::node& n) {
             t.suspend_with_account = n.value_exact<bool>().value_or(false);
             return n.is_boolean();
         }},
        {"wait_ms",
         [](Tenant& t, const toml::node& n) {
             const auto ms = n.value_exact<std::int64_t>().value_or(-1);
             t.wait = std::chrono::milliseconds{ms};
             return ms >= 0 && ms <= 600'000;
         }},
        {"requests_per_second",
         [](Tenant& t, const toml::node& n) {
             const auto count = n.value_exact<std::int64_t>().value_or(-1);
             t.requests_per_second = static_cast<std::uint32_t>(count);
             return count >= 0 && count <= 1'000'000;
         }},
        {"freshness_s",
         [](Tenant& t, const toml::node& n) {
             const auto s = n.value_exact<std::int64_t>().value_or(-1);
             t.freshness = std::chrono::seconds{s};
             return s == 0 || (s >= 60 && s <= 31 * 86'400);
         }},
        {"report_username",
         [](Tenant& t, const toml::node& n) {
             return take_text(n, [&](const std::string& v) { t.reports.username = v; });
         }},
        {"report_password",
         [](Tenant& t, const toml::node& n) { return take_secret(n, t.reports.password); }},
        {"report_password_file",
         [](Tenant& t, const toml::node& n) { return take_secret_file(n, t.reports.password); }},
        {"report_api_key",
         [](Tenant& t, const toml::node& n) { return take_secret(n, t.reports.api_key); }},
        {"report_api_key_file",
         [](Tenant& t, const toml::node& n) { return take_secret_file(n, t.reports.api_key); }},
        {"report_client", [](Tenant& t, const toml::node& n) {
             return take_text(n, [&](const std::string& v) { t.reports.client = v; });
         }}};
    return fields;
}

std::optional<std::set<api::Right>> read_rights(const toml::node& node) {
    const auto* words = node.as_array();
    if (words == nullptr) return std::nullopt;
    std::set<api::Right> rights;
    for (const auto& word : *words) {
        const auto text = word.value_exact<std::string>().value_or("");
        const auto* found =
            std::ranges::find(api::kRights, text, [](api::Right right) { return to_text(right); });
        if (found == api::kRights.end()) return std::nullopt;
        rights.insert(*found);
    }
    return rights;
}

const ItemFields<api::Role>& role_fields() {
    using Role = api::Role;
    static const ItemFields<Role> fields{{"name",
                                          [](Role& r, const toml::node& n) {
                                              return take_text(
                                                  n, [&](const std::string& v) { r.name = v; });
                                          }},
                                         {"may", [](Role& r, const toml::node& n) {
                                              const auto rights = read_rights(n);
                                              if (rights) r.may = *rights;
                                              return rights.has_value();
                                          }}};
    return fields;
}

const ItemFields<partner::bango::RouteOverride>& route_fields() {
    using Route = partner::bango::RouteOverride;
    static const ItemFields<Route> fields{
        {"tenant",
         [](Route& r, const toml::node& n) {
             return take_text(n, [&](const std::string& v) { r.tenant = domain::TenantId{v}; });
         }},
        {"merchant",
         [](Route& r, const toml::node& n) {
             return take_text(n, [&](const std::string& v) { r.merchant = domain::MerchantId{v}; });
         }},
        {"url",
         [](Route& r, const toml::node& n) {
             return take_text(n, [&](const std::string& v) { r.url = v; });
         }},
        {"username",
         [](Route& r, const toml::node& n) {
             return take_text(n, [&](const std::string& v) { r.username = v; });
         }},
        {"password",
         [](Route& r, const toml::node& n) {
             return take_text(n, [&](const std::string& v) { r.password = base::Secret{v}; });
         }},
        {"password_file",
         [](Route& r, const toml::node& n) {
             const auto secret = read_secret_file(n.value_exact<std::string>().value_or(""));
             if (secret) r.password = base::Secret{*secret};
             return secret.has_value();
         }},
        {"customer_id", [](Route& r, const toml::node& n) {
             return take_text(n, [&](const std::string& v) { r.customer_id = v; });
         }}};
    return fields;
}

void read_table(Settings& settings, const toml::table& table, const std::string& prefix,
                const std::string& origin, SettingsProblems& problems) {
    for (const auto& [key, node] : table) {
        const auto name = prefix + std::string{key.str()};
        if (name == "tenant") {
            settings.api.tenants = read_items(node, name, tenant_fields(), origin, problems);
        } else if (name == "role") {
            settings.api.roles = read_items(node, name, role_fields(), origin, problems);
        } else if (name == "partner.bango.route") {
            settings.bango.overrides = read_items(node, name, route_fields(), origin, problems);
        } else if (const auto* nested = node.as_table()) {
            read_table(settings, *nested, name + ".", origin, problems);
        } else if (const auto* setting = find_setting(name)) {
            auto value = to_value(node);
            auto problem =
                value ? set_value(settings, *setting, std::move(*value), origin)
                      : fmt::format("{}: {} must be a {}", origin, name, type_name(*setting));
            if (problem) problems.push_back(*problem);
        } else if (const auto* of_file = name.ends_with("_file")
                                             ? find_setting(name.substr(0, name.size() - 5))
                                             : nullptr;
                   of_file != nullptr && of_file->secret) {
            const auto path = node.value_exact<std::string>().value_or("");
            if (auto problem = set_from_file(settings, *of_file, path, origin)) {
                problems.push_back(*problem);
            }
        } else {
            problems.push_back(unknown(origin, name, known_names()));
        }
    }
}

// The text of an environment variable as the setting's type; nothing when it is not one.
std::optional<Value> parse_as(const Setting& setting, const std::string& text) {
    switch (setting.get(Settings{}).index()) {
        case 0:
            return Value{text};
        case 1: {
            std::int64_t number{};
            const auto* end = text.data() + text.size();
            const auto [rest, error] = std::from_chars(text.data(), end, number);
            if (error != std::errc{} || rest != end) return std::nullopt;
            return Value{number};
        }
        case 2:
            if (text != "true" && text != "false") return std::nullopt;
            return Value{text == "true"};
        default: {
            std::vector<std::string> items;
            std::istringstream in{text};
            for (std::string item; std::getline(in, item, ',');) items.push_back(item);
            return Value{std::move(items)};
        }
    }
}

}  // namespace

SettingsProblems read_environment(Settings& settings, const Environment& environment) {
    SettingsProblems problems;
    std::map<std::string, const Setting*> by_name;
    std::vector<std::string> known;
    for (const auto& setting : settings_table()) {
        by_name[environment_name(setting)] = &setting;
        if (setting.secret) by_name[environment_name(setting) + "_FILE"] = &setting;
    }
    for (const auto& [name, setting] : by_name) known.push_back(name);
    // Variables of the command line, not settings.
    const std::set<std::string> others{"USHER_TOKEN", "USHER_PASSWORD", "USHER_CONFIG"};
    for (const auto& [name, text] : environment) {
        if (!name.starts_with("USHER_") || others.contains(name)) continue;
        const auto found = by_name.find(name);
        if (found == by_name.end()) {
            problems.push_back(unknown("environment", name, known));
            continue;
        }
        const auto& setting = *found->second;
        if (name != environment_name(setting)) {
            if (auto p = set_from_file(settings, setting, text, "environment")) {
                problems.push_back(*p);
            }
            continue;
        }
        auto value = parse_as(setting, text);
        auto problem = value
                           ? set_value(settings, setting, std::move(*value), "environment")
                           : fmt::format("environment: {} must be a {}", name, type_name(setting));
        if (problem) problems.push_back(*problem);
    }
    return problems;
}

Environment process_environment() {
    Environment result;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view pair{*entry};
        const auto at = pair.find('=');
        if (at == std::string_view::npos) continue;
        result.emplace(pair.substr(0, at), pair.substr(at + 1));
    }
    return result;
}

SettingsProblems read_file_text(Settings& settings, std::string_view text,
                                const std::string& origin) {
    SettingsProblems problems;
    try {
        const auto table = toml::parse(text, origin);
        read_table(settings, table, "", origin, problems);
    } catch (const toml::parse_error& error) {
        problems.push_back(
            fmt::format("{}:{}: {}", origin, error.source().begin.line, error.description()));
    }
    return problems;
}

std::expected<Settings, SettingsProblems> load_settings(const std::string& path,
                                                        const Environment& environment) {
    Settings settings;
    SettingsProblems problems;
    if (!path.empty()) {
        std::ifstream in{path, std::ios::binary};
        std::stringstream text;
        in.peek();  // a folder opens, too, and fails only when it is read
        text << in.rdbuf();
        if (!in.is_open() || in.bad()) {
            return std::unexpected{
                SettingsProblems{fmt::format("cannot read {}; give the path of a settings file, "
                                             "see `usher settings --format toml`",
                                             path)}};
        }
        problems = read_file_text(settings, text.str(), path);
    }
    std::ranges::copy(read_environment(settings, environment), std::back_inserter(problems));
    if (problems.empty()) problems = check(settings);
    if (!problems.empty()) return std::unexpected{std::move(problems)};
    return settings;
}

}  // namespace usher::server
