#include "server/serve.h"

#include <iostream>
#include <systemd/sd-daemon.h>

#include <fmt/format.h>

#include "base/log.h"
#include "server/signals.h"

namespace usher::server {

std::expected<void, StartError> serve(const Settings& settings) {
    hold_signals();
    base::set_log_level(log_level_of(settings));
    base::buffer_log();
    const auto clock = base::make_system_clock();
    const auto random = base::make_system_random();
    auto node = Node::start(settings, *clock, *random);
    if (!node) return std::unexpected{node.error()};
    std::cout << fmt::format("ready operator={} admin={}", (*node)->operator_url(),
                             (*node)->admin_url())
              << '\n'
              << std::flush;
    sd_notify(0, "READY=1");
    wait_for_stop([&node] {
        sd_notify(0, "RELOADING=1");
        (*node)->reload();
        sd_notify(0, "READY=1");
    });
    sd_notify(0, "STOPPING=1");
    (*node)->stop();
    return {};
}

}  // namespace usher::server
