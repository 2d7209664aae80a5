#include "base/side_by_side.h"

#include <exception>
#include <memory>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/suspend.h"

namespace usher::base {

namespace {

struct Waiting {
    std::size_t left = 0;
    std::exception_ptr trouble;
    Completion<bool> done;
};

}  // namespace

Task<> side_by_side(std::size_t count, std::function<Task<>()> run) {
    if (count == 0) co_return;
    const Executor executor = co_await boost::asio::this_coro::executor;
    const auto waiting = std::make_shared<Waiting>();
    waiting->left = count;
    co_await suspend<bool>([&](Completion<bool> done) {
        waiting->done = std::move(done);
        for (std::size_t i = 0; i < count; ++i) {
            boost::asio::co_spawn(executor, run(), [waiting](std::exception_ptr error) {
                if (error && !waiting->trouble) waiting->trouble = std::move(error);
                if (--waiting->left == 0) waiting->done(true);
            });
        }
    });
    if (waiting->trouble) std::rethrow_exception(waiting->trouble);
}

}  // namespace usher::base
