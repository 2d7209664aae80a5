#include "base/side_by_side.h"

#include <exception>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace usher::base {

Task<> side_by_side(std::size_t count, std::function<Task<>()> run) {
    namespace asio = boost::asio;
    if (count == 0) co_return;
    const Executor executor = co_await asio::this_coro::executor;
    const auto begin = [&] { return asio::co_spawn(executor, run(), asio::deferred); };
    std::vector<decltype(begin())> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(begin());
    const auto [order, errors] =
        co_await asio::experimental::make_parallel_group(std::move(all))
            .async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    for (const auto ended : order) {
        if (errors[ended]) std::rethrow_exception(errors[ended]);
    }
}

}  // namespace usher::base
