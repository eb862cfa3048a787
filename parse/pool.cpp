#include "parse/pool.hpp"

#include "parse/conversions.hpp"
#include "parse/parser_process.hpp"
#include "parse/wire.hpp"
#include "process/scheduling.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

namespace troupe {
namespace {

using clock = std::chrono::steady_clock;
constexpr milliseconds first_restart_delay{50};
constexpr milliseconds longest_restart_delay{5'000};
constexpr size_t read_block = 256 * 1024;

struct job {
  parse_order order;
  parse_done done;
  clock::time_point give_up;
};

/// A slot of the pool: at most one process, at most one job.
struct slot {
  std::optional<parser_process> process;
  std::optional<job> current;
  clock::time_point deadline;
  bool deadline_is_budget = false;
  /// To be sent; the file goes with its first byte.
  std::string frame;
  size_t sent = 0;
  std::unique_ptr<document_file> file;
  std::string received;
  /// Runs while the parser waits for what it writes.
  conversions::running converter;
  int64_t documents = 0;
  clock::time_point start_after{};
  milliseconds restart_delay = first_restart_delay;

  bool sending() const { return current && sent < frame.size(); }
};

} // namespace

class parser_pool::loop {
public:
  loop(const settings& s, std::string program)
      : options_(s.parse)
      , most_waiting_(static_cast<size_t>(s.work.window + s.fetch.max_transfers))
      , slots_(static_cast<size_t>(s.parse.processes > 0 ? s.parse.processes
                                                         : std::max(1u, std::thread::hardware_concurrency())))
      , wakeup_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
      , conversions_(s, program, [this] { wake(); }) {
    arguments_ = {std::move(program), "parser-child", std::to_string(options_.memory_bytes),
                  std::to_string((options_.cpu_timeout.count() + 999) / 1000)};
    limits_.max_markdown_bytes = static_cast<size_t>(options_.max_markdown_bytes);
    limits_.max_images = static_cast<size_t>(options_.max_images);
    limits_.max_image_bytes = static_cast<size_t>(options_.max_image_bytes);
    limits_.chart_values = options_.chart_values;
    thread_ = std::thread([this, steps = static_cast<int>(s.work.nice)] {
      pthread_setname_np(pthread_self(), "parsers");
      // Parsers stand where the thread does that starts them.
      stand_back(steps);
      run();
    });
  }
  ~loop() {
    stop_ = true;
    wake();
    thread_.join();
    ::close(wakeup_);
  }

  void submit(parse_order order, parse_done done) {
    const auto give_up = clock::now() + order.work.budget;
    {
      const std::lock_guard lock{mutex_};
      if (incoming_.size() + waiting_count_ < most_waiting_) {
        incoming_.push_back({std::move(order), std::move(done), give_up});
        done = nullptr;
      }
    }
    if (done)
      done(fail(errc::overloaded, "too many documents wait for a parser"));
    else
      wake();
  }
  void cancel(item_id item, attempt_token token) {
    {
      const std::lock_guard lock{mutex_};
      cancelled_.emplace_back(item, token);
    }
    wake();
  }
  counters count() const { return {started_, killed_, documents_}; }

private:
  void wake() {
    const uint64_t one = 1;
    if (::write(wakeup_, &one, sizeof one) < 0) return; // full: it is awake already
  }

  void run() {
    while (!stop_) {
      take_incoming();
      take_converted();
      start_processes();
      assign();
      wait();
    }
    for (auto& s : slots_)
      if (s.current) finish(s, fail(errc::cancelled));
    conversions_.join();
    take_incoming();
    for (auto& j : waiting_)
      j.done(fail(errc::cancelled));
  }

  void take_incoming() {
    std::vector<std::pair<item_id, attempt_token>> cancelled;
    {
      const std::lock_guard lock{mutex_};
      std::move(incoming_.begin(), incoming_.end(), std::back_inserter(waiting_));
      incoming_.clear();
      cancelled.swap(cancelled_);
    }
    for (const auto& [item, token] : cancelled)
      give_up(item, token);
    expire();
    waiting_count_ = waiting_.size();
  }

  void give_up(item_id item, attempt_token token) {
    const auto matches = [&](const job& j) {
      return j.order.work.item == item && j.order.work.token == token;
    };
    if (const auto it = std::find_if(waiting_.begin(), waiting_.end(), matches); it != waiting_.end()) {
      it->done(fail(errc::cancelled));
      waiting_.erase(it);
    }
    for (auto& s : slots_)
      if (s.current && matches(*s.current)) kill(s, fail(errc::cancelled));
  }

  void expire() {
    const auto at = clock::now();
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      if (it->give_up > at) {
        ++it;
        continue;
      }
      it->done(fail(errc::deadline_exceeded));
      it = waiting_.erase(it);
    }
    for (auto& s : slots_)
      if (s.current && s.deadline <= at)
        kill(s, s.deadline_is_budget
                    ? fail(errc::deadline_exceeded)
                    : fail(errc::parse_timeout, "the document needs longer than parse.wall_timeout_ms"));
  }

  void start_processes() {
    const auto at = clock::now();
    for (auto& s : slots_) {
      if (s.process || s.start_after > at) continue;
      auto started = parser_process::start(arguments_);
      if (started) {
        s.process.emplace(std::move(*started));
        ++started_;
      }
      s.documents = 0;
      // Should it die before its first document, the next start waits.
      s.start_after = at + s.restart_delay;
      s.restart_delay = std::min(2 * s.restart_delay, longest_restart_delay);
    }
  }

  void assign() {
    for (auto& s : slots_)
      // Again, when the document could not be opened.
      while (s.process && !s.current && !waiting_.empty()) {
        s.current.emplace(std::move(waiting_.front()));
        waiting_.pop_front();
        const auto wall = clock::now() + options_.wall_timeout;
        s.deadline = std::min(wall, s.current->give_up);
        s.deadline_is_budget = s.current->give_up < wall;
        request(s);
      }
    waiting_count_ = waiting_.size();
  }

  void request(slot& s) {
    const auto& body = s.current->order.body;
    if (body.view().size() != body.size && body.path.empty())
      return finish(s, fail(errc::storage_error, "the document is not at hand"));
    auto frame = wire::request_frame(s.current->order, limits_);
    if (body.path.empty() && body.view().size() <= wire::most_inline)
      return begin(s, std::move(frame.append(body.view())), nullptr);
    auto document = document_file::open(body);
    if (!document) return finish(s, document.error());
    begin(s, std::move(frame), std::make_unique<document_file>(std::move(*document)));
  }

  void wait() {
    std::vector<pollfd> fds{{wakeup_, POLLIN, 0}};
    auto until = clock::now() + std::chrono::seconds(1);
    for (const auto& s : slots_) {
      if (s.process) fds.push_back({s.process->socket(), short(s.sending() ? POLLIN | POLLOUT : POLLIN), 0});
      if (s.current) until = std::min(until, s.deadline);
      if (!s.process) until = std::min(until, s.start_after);
    }
    const auto left = std::chrono::duration_cast<milliseconds>(until - clock::now()).count() + 1;
    if (poll(fds.data(), fds.size(), static_cast<int>(std::max<int64_t>(0, left))) <= 0) return;
    uint64_t ignored = 0;
    if (fds[0].revents && ::read(wakeup_, &ignored, sizeof ignored) < 0) return;
    for (auto& s : slots_) {
      if (!s.process) continue;
      const auto fd = std::find_if(fds.begin() + 1, fds.end(),
                                   [&](const pollfd& f) { return f.fd == s.process->socket(); });
      if (fd == fds.end()) continue;
      if (fd->revents & POLLOUT) send(s);
      if (s.process && fd->revents & (POLLIN | POLLHUP | POLLERR)) receive(s);
    }
  }

  void begin(slot& s, std::string frame, std::unique_ptr<document_file> file) {
    s.frame = std::move(frame);
    s.sent = 0;
    s.file = std::move(file);
    s.received.clear();
    send(s);
  }
  void send(slot& s) {
    while (s.sending()) {
      const auto rest = std::string_view(s.frame).substr(s.sent);
      const auto n = s.process->send(rest, s.file ? s.file->fd() : -1);
      if (n == 0) return; // full, or dead: poll tells
      s.sent += n;
      s.file.reset();
    }
  }

  void receive(slot& s) {
    for (;;) {
      const auto n = ::recv(s.process->socket(), block_.data(), block_.size(), MSG_DONTWAIT);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (n <= 0) return died(s);
      s.received.append(block_.data(), static_cast<size_t>(n));
      if (s.received.size() < wire::prefix_size) continue;
      const auto sizes = wire::read_prefix(s.received.data());
      if (!s.current || s.converter || sizes.header > wire::most_header ||
          sizes.body > limits_.max_markdown_bytes + limits_.max_image_bytes)
        return kill(s, fail(errc::parse_crashed, "the parser process answered out of turn"));
      if (s.received.size() == wire::prefix_size + sizes.header + sizes.body) return framed(s, sizes);
    }
  }

  void framed(slot& s, const wire::sizes& sizes) {
    const auto header = std::string_view(s.received).substr(wire::prefix_size, sizes.header);
    if (const auto wish = wire::read_wish(header)) return convert(s, *wish);
    answered(s, wire::read_answer(header, s.received.substr(wire::prefix_size + sizes.header)));
  }

  /// The parser waits until the conversion has ended.
  void convert(slot& s, conversion what) {
    const auto left = std::chrono::duration_cast<milliseconds>(s.deadline - clock::now());
    auto begun = conversions_.start(what, s.current->order.body, left);
    if (!begun) return begin(s, wire::granted_frame(begun.error()), nullptr);
    s.converter = std::move(*begun);
  }
  void take_converted() {
    for (const auto& c : conversions_.take())
      for (auto& s : slots_)
        if (s.converter == c.of) {
          s.converter.reset();
          begin(s, wire::granted_frame(c.written), nullptr);
        }
  }

  void answered(slot& s, result<document> outcome) {
    const bool out_of_memory = !outcome && outcome.error().code == errc::parse_memory;
    finish(s, std::move(outcome));
    ++documents_;
    s.restart_delay = first_restart_delay;
    if (++s.documents >= options_.documents_per_process || out_of_memory) replace(s);
  }

  void died(slot& s) {
    ++killed_;
    auto why = s.process->end();
    s.process.reset();
    if (s.current) {
      s.start_after = {};
      s.restart_delay = first_restart_delay;
      finish(s, std::move(why));
    }
  }

  void kill(slot& s, failure why) {
    ++killed_;
    replace(s);
    if (s.current) finish(s, std::move(why));
  }
  void replace(slot& s) {
    s.process.reset();
    s.start_after = {};
  }

  void finish(slot& s, result<document> outcome) {
    auto done = std::move(s.current->done);
    s.current.reset();
    s.file.reset();
    s.frame = {};
    s.received = {};
    // Its answer will be nobody's.
    if (s.converter) s.converter->stop();
    s.converter.reset();
    done(std::move(outcome));
  }

  decltype(settings::parse) options_;
  size_t most_waiting_;
  documents::reading_limits limits_;
  std::vector<std::string> arguments_;
  std::vector<slot> slots_;
  std::deque<job> waiting_;
  std::string block_ = std::string(read_block, '\0');
  int wakeup_;
  conversions conversions_;
  std::atomic<bool> stop_ = false;
  std::atomic<size_t> waiting_count_ = 0;
  std::atomic<uint64_t> started_ = 0;
  std::atomic<uint64_t> killed_ = 0;
  std::atomic<uint64_t> documents_ = 0;
  std::mutex mutex_;
  std::vector<job> incoming_;
  std::vector<std::pair<item_id, attempt_token>> cancelled_;
  std::thread thread_;
};

parser_pool::parser_pool(const settings& s, std::string program)
    : loop_(std::make_unique<loop>(s, std::move(program))) {}
parser_pool::~parser_pool() = default;
void parser_pool::submit(parse_order order, parse_done done) {
  loop_->submit(std::move(order), std::move(done));
}
void parser_pool::cancel(item_id item, attempt_token token) {
  loop_->cancel(item, token);
}
parser_pool::counters parser_pool::count() const {
  return loop_->count();
}

} // namespace troupe
