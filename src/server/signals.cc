#include "server/signals.h"

#include <csignal>

namespace usher::server {

namespace {

sigset_t held_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

}  // namespace

void hold_signals() {
    const auto set = held_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of the write
}

void wait_for_stop(const std::function<void()>& reload) {
    const auto set = held_signals();
    int signal = 0;
    while (sigwait(&set, &signal) != 0 || (signal == SIGHUP && reload)) {
        if (signal == SIGHUP) reload();
    }
}

}  // namespace usher::server
