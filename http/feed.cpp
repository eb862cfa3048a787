#include "http/feed.hpp"

#include "actors/event_json.hpp"
#include "http/json_text.hpp"
#include "http/v1/render.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace troupe::http {
namespace {

constexpr uint32_t events_at_once = 500;
constexpr size_t most_remembered = 1u << 20;
/// Questions to the store at once for those that lag behind; others wait for the next tick.
constexpr int64_t most_catching_up = 32;
/// News are gathered for so long, and this much longer for each listener.
constexpr std::chrono::microseconds least_pause{20'000};
constexpr std::chrono::microseconds pause_per_listener{50};
constexpr size_t listeners_at_once = 32;
constexpr std::chrono::microseconds breath{300};

feed_chunk chunk_of(event_number after, const event_page& page) {
  feed_chunk c{after, page.reached, {}, {}};
  for (const auto& e : page.events) {
    c.begins.emplace_back(e.number, c.text.size());
    c.text +=
        "id: " + std::to_string(raw(e.number)) + "\nevent: " + type_of(e) + "\ndata: " + json_of(e) + "\n\n";
  }
  return c;
}

/// The text of a chunk, which keeps the chunk.
std::shared_ptr<const std::string> text_of(const std::shared_ptr<const feed_chunk>& c) {
  return {c, &c->text};
}

} // namespace

std::shared_ptr<feed> feed::begin(feed_context& of, feed_topic what, event_number from) {
  auto f = std::make_shared<feed>(of, what, from);
  f->watch();
  f->read();
  return f;
}

feed::feed(feed_context& of, feed_topic what, event_number from)
    : of_(of)
    , what_(what)
    , at_(from)
    , pause_(of.context)
    , breath_(of.context) {}

void feed::watch() {
  const auto tell = [weak = weak_from_this(), &context = of_.context] {
    asio::post(context, [weak] {
      if (const auto self = weak.lock()) self->news();
    });
  };
  const auto* b = std::get_if<batch_id>(&what_);
  watching_ = b ? of_.to.watch(*b, troupe::news::stages, tell) : of_.to.watch_all(tell);
}

void feed::ask(event_number after, answer<event_page> done) {
  if (const auto* b = std::get_if<batch_id>(&what_))
    of_.to.ask().events(*b, after, events_at_once, std::move(done));
  else
    of_.to.ask().notebook_events(std::get<notebook_id>(what_), after, events_at_once, std::move(done));
}

// -- the log, once for all ----------------------------------------------------------------------------

std::chrono::milliseconds feed::pace() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      least_pause + pause_per_listener * static_cast<int64_t>(listeners_.size()));
}

void feed::news() {
  has_news_ = true;
  if (reading_ || waiting_) return;
  waiting_ = true;
  pause_.expires_after(pace());
  pause_.async_wait([weak = weak_from_this()](boost::system::error_code) {
    const auto self = weak.lock();
    if (!self) return;
    self->waiting_ = false;
    self->read();
  });
}

void feed::read() {
  if (reading_) return;
  reading_ = true;
  has_news_ = false;
  ask(at_, [weak = weak_from_this(), &context = of_.context](result<event_page> page) {
    asio::post(context, [weak, page = std::move(page)] {
      if (const auto self = weak.lock()) self->take(page);
    });
  });
}

void feed::take(result<event_page> page) {
  reading_ = false;
  if (!page) {
    // The next tick asks again.
    has_news_ = true;
    return;
  }
  if (page->lost) {
    // They come again and are told so.
    for (const auto& l : listeners_)
      l->drop();
    return;
  }
  const bool nothing = page->events.empty();
  if (page->reached > at_) remember(chunk_of(at_, *page));
  at_ = std::max(at_, page->reached);
  ended_ = page->ended;
  deliver();
  if (page->events.size() == events_at_once) return read();
  if (nothing && !ended_) tell_progress();
  if (has_news_) news();
}

void feed::remember(feed_chunk chunk) {
  remembered_bytes_ += chunk.text.size();
  remembered_.push_back(std::make_shared<const feed_chunk>(std::move(chunk)));
  while (remembered_bytes_ > most_remembered && remembered_.size() > 1) {
    remembered_bytes_ -= remembered_.front()->text.size();
    remembered_.pop_front();
  }
}

// -- the listeners ------------------------------------------------------------------------------------

void feed::add(std::shared_ptr<listener> l) {
  l->watch();
  listeners_.push_back(l);
  advance(l);
}

void feed::drop_owned_by(const std::string& sha256) {
  for (const auto& l : listeners_)
    if (l->owner().key == sha256 || l->owner().session == sha256) l->drop();
}

void feed::deliver() {
  deliver_again_ = next_ > 0;
  if (!deliver_again_) deliver_some();
}

/// A few at a time, with a breath between: who asks for something meanwhile does not wait for thousands.
void feed::deliver_some() {
  const auto end = std::min(listeners_.size(), next_ + listeners_at_once);
  for (; next_ < end; ++next_)
    advance(listeners_[next_]);
  if (next_ >= listeners_.size()) {
    next_ = 0;
    if (!std::exchange(deliver_again_, false) || listeners_.empty()) return;
  }
  breath_.expires_after(breath);
  breath_.async_wait([weak = weak_from_this()](boost::system::error_code stopped) {
    const auto self = weak.lock();
    if (self && !stopped) self->deliver_some();
  });
}

void feed::advance(const std::shared_ptr<listener>& l) {
  if (l->gone() || l->busy() || l->catching_up) return;
  if (l->at() >= at_) {
    if (ended_) l->drop();
    return;
  }
  if (!send_remembered(l)) catch_up(l);
}

bool feed::send_remembered(const std::shared_ptr<listener>& l) {
  const auto behind = [](event_number at, const auto& c) { return at < c->reached; };
  const auto it = std::upper_bound(remembered_.begin(), remembered_.end(), l->at(), behind);
  if (it == remembered_.end() || (*it)->after > l->at()) return false;
  const auto& c = **it;
  const auto first = std::upper_bound(c.begins.begin(), c.begins.end(), l->at(),
                                      [](event_number at, const auto& b) { return at < b.first; });
  const auto offset = first == c.begins.end() ? c.text.size() : first->second;
  l->send(text_of(*it), offset, c.reached,
          [self = shared_from_this(), l] { asio::post(self->of_.context, [self, l] { self->advance(l); }); });
  return true;
}

void feed::catch_up(const std::shared_ptr<listener>& l) {
  if (of_.catching_up >= most_catching_up) return;
  ++of_.catching_up;
  l->catching_up = true;
  ask(l->at(), [self = shared_from_this(), l](result<event_page> page) {
    asio::post(self->of_.context, [self, l, page = std::move(page)] {
      --self->of_.catching_up;
      l->catching_up = false;
      if (l->gone()) return;
      if (!page || page->lost) return l->drop();
      const auto c = std::make_shared<const feed_chunk>(chunk_of(l->at(), *page));
      l->send(text_of(c), 0, page->reached,
              [self, l] { asio::post(self->of_.context, [self, l] { self->advance(l); }); });
    });
  });
}

bool feed::tick() {
  std::erase_if(listeners_, [](const auto& l) { return l->gone(); });
  const auto at = std::chrono::steady_clock::now();
  for (const auto& l : listeners_)
    l->tick(at);
  deliver();
  if (has_news_) news();
  return !listeners_.empty();
}

// -- what is not durable ------------------------------------------------------------------------------

void feed::tell_progress() {
  const auto* b = std::get_if<batch_id>(&what_);
  if (!b || listeners_.empty()) return;
  of_.to.ask().find_batch(*b, [weak = weak_from_this(), &context = of_.context](result<batch_view> v) {
    if (!v) return;
    asio::post(context, [weak, v = std::move(*v)] {
      if (const auto self = weak.lock()) self->send_progress(v);
    });
  });
}

/// It has no id: it is not sent again, and who is busy does without.
void feed::send_progress(const batch_view& v) {
  if (v.processing == processing_) return;
  processing_ = v.processing;
  const auto frame =
      std::make_shared<const std::string>("event: progress\ndata: " + dump(v1_json(v)) + "\n\n");
  for (const auto& l : listeners_)
    if (!l->gone() && !l->busy() && !l->catching_up && l->at() >= at_)
      l->send(frame, 0, l->at(), [self = shared_from_this(), l] { self->advance(l); });
}

} // namespace troupe::http
