#include "converge/upkeep.h"

#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include "flow/account.h"
#include "flow/once.h"

namespace usher::converge {

Upkeep::Upkeep(base::Executor executor, flow::Ports& ports, base::Duration every)
    : executor_{std::move(executor)},
      ports_{ports},
      every_{every},
      sleeper_{ports.clock},
      ended_{ports.clock} {}

void Upkeep::start() {
    running_ = true;
    boost::asio::co_spawn(executor_, run(), [this](const std::exception_ptr& error) {
        if (error) std::rethrow_exception(error);
        running_ = false;
        ended_.wake();
    });
}

base::Task<> Upkeep::stop(base::Monotonic deadline) {
    stopping_ = true;
    sleeper_.wake();
    while (running_ && ports_.clock.monotonic() < deadline) co_await ended_.until(deadline);
}

base::Task<> Upkeep::run() {
    while (!stopping_) {
        co_await flow::go_on_with_cascades(ports_, ports_.clock.monotonic() + every_);
        co_await flow::drop_old_answers(ports_, ports_.clock.monotonic() + every_);
        if (!stopping_) co_await sleeper_.until(ports_.clock.monotonic() + every_);
    }
}

}  // namespace usher::converge
