#pragma once
/// Time limits of connections: all are looked at together a few times a second, so that an operation costs no
/// timer. One thread.

#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>

#include <chrono>

namespace troupe::http {

/// What becomes of a connection that took too long: whatever is under way on it ends with
/// `operation_aborted`.
enum class expiry : bool { closes, interrupts };

/// Of one connection.
class time_limit
    : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
  using clock = std::chrono::steady_clock;

  /// Holds until this ends.
  class span {
  public:
    explicit span(time_limit& of)
        : of_(of) {}
    span(const span&) = delete;
    ~span() { of_.due_ = clock::time_point::max(); }

  private:
    time_limit& of_;
  };

  /// `socket` outlives it.
  explicit time_limit(boost::asio::ip::tcp::socket& socket)
      : socket_(socket) {}
  time_limit(const time_limit&) = delete;

  /// For what is done until the returned value ends. One at a time.
  [[nodiscard]] span begin(clock::duration time, expiry how) {
    due_ = clock::now() + time;
    how_ = how;
    return span{*this};
  }
  /// Again and again while it is over: what had just ended may be followed by more.
  void look(clock::time_point now) {
    if (due_ > now) return;
    boost::system::error_code ignored;
    if (how_ == expiry::closes)
      socket_.close(ignored);
    else
      socket_.cancel(ignored);
  }

private:
  boost::asio::ip::tcp::socket& socket_;
  clock::time_point due_ = clock::time_point::max();
  expiry how_ = expiry::closes;
};

/// Of all connections of a thread.
class time_limits {
public:
  /// How often to look: a limit ends so much too late at most.
  static constexpr std::chrono::milliseconds interval{100};

  void add(time_limit& of) { all_.push_back(of); }
  /// Ends what is over.
  void look(time_limit::clock::time_point now) {
    for (auto& of : all_)
      of.look(now);
  }

private:
  boost::intrusive::list<time_limit, boost::intrusive::constant_time_size<false>> all_;
};

} // namespace troupe::http
