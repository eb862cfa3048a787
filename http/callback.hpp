#pragma once
#include "http/exchange.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

namespace troupe::http {

/// Calls `start` with a function that takes a T, once, on any thread; that T. The coroutine goes on at once
/// when it is called before `start` returns, otherwise on its own executor; it ends with the function when
/// that is dropped without a call.
template <class T, class Start>
asio::awaitable<T> callback(exchange& x, Start start) {
  struct meeting {
    std::mutex lock;
    std::optional<T> value;
    std::function<void(T)> resume;
  };
  auto here = std::make_shared<meeting>();
  start([there = here, executor = x.executor](T value) {
    const std::lock_guard guard(there->lock);
    if (there->resume)
      asio::post(executor, [resume = std::exchange(there->resume, nullptr),
                            value = std::move(value)]() mutable { resume(std::move(value)); });
    else
      there->value = std::move(value);
  });
  {
    const std::lock_guard guard(here->lock);
    if (here->value) co_return std::move(*here->value);
  }
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(T)>(
      [&here, executor = x.executor](auto resume) {
        // The coroutine is kept by the function alone: what it waits for must not keep it.
        const auto there = std::move(here);
        auto kept = std::make_shared<decltype(resume)>(std::move(resume));
        const std::lock_guard guard(there->lock);
        if (!there->value)
          there->resume = [kept](T value) { std::move (*kept)(std::move(value)); };
        else
          asio::post(executor, [kept, value = std::move(*there->value)]() mutable {
            std::move (*kept)(std::move(value));
          });
      },
      asio::use_awaitable);
}

} // namespace troupe::http
