// What an operator can set, in one table: the file, the environment, the reference page, the sample
// file and the help are all made from it (interface §3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/options.h"
#include "auth/authenticator.h"
#include "base/log.h"
#include "converge/converger.h"
#include "http/client.h"
#include "http/server.h"
#include "partner/bango/options.h"
#include "store/store.h"

namespace usher::server {

struct Settings {
    http::ServerOptions operator_server;
    http::ServerOptions admin_server;
    http::ServerOptions report_server;  // listens nowhere: reports come in at the operator's
    std::int64_t threads = 0;           // of the operator listener; 0: one for each core
    std::chrono::milliseconds drain{10'000};
    std::string store_url = "sqlite:usher.db";
    store::StoreOptions store;
    auth::AuthenticatorOptions auth;
    api::Options api;
    partner::bango::BangoOptions bango;
    converge::ConvergerOptions converge;
    http::ClientOptions client;
    std::string log_level = "info";

    Settings();
};

using Value = std::variant<std::string, std::int64_t, bool, std::vector<std::string>>;

struct Setting {
    std::string name;      // "store.url"; without a dot: at the top of the file
    std::string unit;      // "ms", "bytes", … or empty
    bool secret = false;   // never shown; may be given as `<name>_file`
    std::string sentence;  // what it does
    std::function<Value(const Settings&)> get;
    std::function<void(Settings&, Value)> set;
    std::int64_t least = 0;  // of a number
};

// Every scalar setting, in the order of the documentation. [[tenant]] and [[partner.bango.route]]
// are lists and stand in settings_file.cc.
const std::vector<Setting>& settings_table();

// "USHER_STORE_URL"
std::string environment_name(const Setting& setting);
std::string type_name(const Setting& setting);
std::string to_text(const Value& value);

using Environment = std::map<std::string, std::string>;
Environment process_environment();

// Sentences, each naming a setting and the remedy.
using SettingsProblems = std::vector<std::string>;

// Sets what the environment says.
SettingsProblems read_environment(Settings& settings, const Environment& environment);

base::LogLevel log_level_of(const Settings& settings);

// `path` empty: no file. The environment wins over the file. What fits no setting is a problem.
std::expected<Settings, SettingsProblems> load_settings(const std::string& path,
                                                        const Environment& environment);

// Parses one file's text; `origin` names it in problems.
SettingsProblems read_file_text(Settings& settings, std::string_view text,
                                const std::string& origin);

// What cannot work together, such as several tenants and no way to tell whose a token is.
SettingsProblems check(const Settings& settings);

}  // namespace usher::server
