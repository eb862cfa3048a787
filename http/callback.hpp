#pragma once
#include "http/exchange.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace troupe::http {

template <class T, class Start>
asio::awaitable<T> callback(exchange& x, Start start) {
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(T)>(
      [executor = x.executor, start = std::move(start)](auto resume) mutable {
        auto kept = std::make_shared<decltype(resume)>(std::move(resume));
        start([kept, executor](T value) {
          asio::post(executor,
                     [kept, value = std::move(value)]() mutable { std::move (*kept)(std::move(value)); });
        });
      },
      asio::use_awaitable);
}

} // namespace troupe::http
