// Waits for an answer that arrives through a callback, from any thread. The coroutine goes on where
// it ran before: the answer is posted to its executor, never run inline.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/task.h"

namespace usher::base {

template <class T>
using Completion = std::move_only_function<void(T)>;

// `start` receives a Completion<T> and must call it exactly once, or drop it: a dropped one leaves
// the coroutine suspended until its io_context is destroyed, which destroys it.
template <class T, class Start>
Task<T> suspend(Start start) {
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(T)>(
        [](auto handler, Start&& begin) {
            auto executor = boost::asio::get_associated_executor(handler);
            auto work = boost::asio::make_work_guard(executor);
            begin(Completion<T>{[handler = std::move(handler), executor,
                                 work = std::move(work)](T value) mutable {
                boost::asio::post(
                    executor, [handler = std::move(handler), value = std::move(value)]() mutable {
                        std::move(handler)(std::move(value));
                    });
            }});
        },
        boost::asio::use_awaitable, std::move(start));
}

}  // namespace usher::base
