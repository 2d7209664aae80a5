// `usher backup` and `usher restore`.
#include <iostream>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/load.h"
#include "server/restore.h"
#include "store/store.h"

namespace usher::cli {

namespace {

namespace json = boost::json;

int complain(const std::string& sentence) {
    std::cerr << "usher: " << sentence << '\n';
    return 1;
}

}  // namespace

int backup(const BackupCommand& command) {
    const auto settings = load_or_environment(command.config);
    if (!settings) return 2;
    const auto made = store::back_up_store(settings->store_url, command.file);
    if (!made) return complain(made.error().sentence);
    if (command.format == "json") {
        std::cout << json::serialize(json::object{{"file", command.file},
                                                  {"pages", made->pages},
                                                  {"entitlements", made->entitlements},
                                                  {"events", made->events}})
                  << '\n';
    } else {
        std::cout << fmt::format("{}: {} pages with {} entitlements and {} events, all in order\n",
                                 command.file, made->pages, made->entitlements, made->events);
    }
    return 0;
}

int restore(const BackupCommand& command) {
    const auto settings = load_or_environment(command.config);
    if (!settings) return 2;
    const auto done = server::restore(*settings, command.file, command.replace);
    if (!done) return complain(done.error().sentence);
    if (command.format == "json") {
        std::cout << json::serialize(json::object{{"store", settings->store_url},
                                                  {"entitlements", done->entitlements},
                                                  {"toRead", done->changed},
                                                  {"held", done->held},
                                                  {"setAside", done->set_aside.string()}})
                  << '\n';
        return 0;
    }
    if (!done->set_aside.empty()) {
        std::cout << fmt::format("what was there is {} now\n", done->set_aside.string());
    }
    std::cout << fmt::format(
        "{}: {} entitlements; the partner is asked about {} of them before anything is sent\n",
        settings->store_url, done->entitlements, done->changed);
    if (done->held) {
        std::cout << "Requests that were open in the backup are not sent before a person confirms "
                     "them: usher confirm restored --all-tenants\n";
    }
    return 0;
}

}  // namespace usher::cli
