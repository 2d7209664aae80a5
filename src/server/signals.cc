#include "server/signals.h"

#include <csignal>

namespace usher::server {

namespace {

sigset_t stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return set;
}

}  // namespace

void hold_signals() {
    const auto set = stop_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

void wait_for_stop() {
    const auto set = stop_signals();
    int signal = 0;
    sigwait(&set, &signal);
}

}  // namespace usher::server
