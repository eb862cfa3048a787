#include "actors/cluster/contents.hpp"

#include <algorithm>

#include <fcntl.h>
#include <unistd.h>

namespace troupe {

void contents_in_hand::let_go_of(const caf::actor_addr& whose) {
  std::erase_if(held_, [&](const auto& entry) { return entry.second.whose == whose; });
}

void contents_in_hand::keep(const order_key& k, const content_ref& x, time until,
                            const caf::actor_addr& whose) {
  if (!x.bytes && x.path.empty()) return;
  auto& h = held_[k];
  h.contents.push_back(x);
  h.until = until;
  h.whose = whose;
}

const content_ref* contents_in_hand::find(const order_key& k, const digest& hash) const {
  const auto it = held_.find(k);
  if (it == held_.end()) return nullptr;
  const auto& all = it->second.contents;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const content_ref& x) { return x.hash == hash; });
  return found == all.end() ? nullptr : &*found;
}

void contents_in_hand::drop_old(time now) {
  std::erase_if(held_, [&](const auto& entry) { return entry.second.until <= now; });
}

caf::result<std::string> contents_in_hand::piece(const order_key& k, const digest& hash,
                                                 uint64_t offset) const {
  const auto* x = find(k, hash);
  if (!x || offset > x->size) return caf::make_error(caf::sec::runtime_error, "not in hand");
  if (x->bytes) return x->bytes->substr(offset, piece_bytes_);
  const int fd = ::open(x->path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return caf::make_error(caf::sec::runtime_error, "the file is gone");
  std::string piece(std::min<uint64_t>(piece_bytes_, x->size - offset), '\0');
  const auto n = ::pread(fd, piece.data(), piece.size(), static_cast<off_t>(offset));
  ::close(fd);
  if (n != static_cast<ssize_t>(piece.size()))
    return caf::make_error(caf::sec::runtime_error, "the file is shorter than it was");
  return piece;
}

content_ref contents_in_hand::for_message(const content_ref& x) const {
  content_ref out{x.hash, x.size, nullptr, {}, nullptr};
  if (x.bytes && x.size <= piece_bytes_) out.bytes = x.bytes;
  return out;
}

namespace {

struct carrier_state {
  carriage plan;
  std::string bytes;
  std::unique_ptr<spool> file;
  hasher hash;
  uint64_t have = 0;
  caf::typed_response_promise<content_ref> promise;
  static inline const char* name = "carrier";
};

class carrying {
public:
  using pointer = carrier_actor::stateful_pointer<carrier_state>;
  explicit carrying(pointer self)
      : self_(self)
      , s_(self->state) {}

  caf::result<content_ref> begin() {
    s_.promise = self_->make_response_promise<content_ref>();
    if (s_.plan.what.size > s_.plan.most_in_memory) {
      auto file = s_.plan.new_spool();
      if (!file) {
        give_up(std::string(file.error().text()));
        return s_.promise;
      }
      s_.file = std::move(*file);
    }
    next();
    return s_.promise;
  }

private:
  void next() {
    const auto& p = s_.plan;
    self_->request(p.from, p.timeout, pull_atom_v, p.attempt.item, p.attempt.token, p.what.hash, s_.have)
        .then([self = self_](const std::string& piece) { carrying(self).take(piece); },
              [self = self_](const caf::error& e) { carrying(self).give_up(caf::to_string(e)); });
  }

  void take(const std::string& piece) {
    s_.have += piece.size();
    if (piece.empty() || s_.have > s_.plan.what.size) return give_up("it is not as long as was said");
    s_.hash.update(piece);
    if (s_.file) {
      const auto f = s_.file->append(piece);
      if (f.code != errc::none) return give_up(std::string(f.text()));
    } else {
      s_.bytes += piece;
    }
    if (s_.have < s_.plan.what.size) return next();
    finish();
  }

  void finish() {
    auto out = s_.plan.what;
    if (s_.hash.finish() != out.hash) return give_up("it is not what was said");
    if (s_.file) {
      auto closed = s_.file->close();
      if (!closed) return give_up(std::string(closed.error().text()));
      out.path = std::move(closed->path);
      out.keeper = std::move(closed->keeper);
    } else {
      out.bytes = std::make_shared<const std::string>(std::move(s_.bytes));
    }
    s_.promise.deliver(std::move(out));
    self_->quit();
  }

  void give_up(const std::string& why) {
    s_.promise.deliver(caf::make_error(caf::sec::runtime_error, why));
    self_->quit();
  }

  pointer self_;
  carrier_state& s_;
};

carrier_actor::behavior_type carrier(carrying::pointer self, carriage plan) {
  self->state.plan = std::move(plan);
  return {[self](start_atom) { return carrying(self).begin(); }};
}

} // namespace

carrier_actor spawn_carrier(caf::local_actor* parent, carriage c) {
  return parent->spawn(carrier, std::move(c));
}

} // namespace troupe
