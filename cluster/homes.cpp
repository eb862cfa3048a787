#include "cluster/homes.hpp"

#include "config/log.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::cluster {
namespace {

using nlohmann::json;

/// The finalizer of MurmurHash3 (Appleby), a bijection of 64 bits.
uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdull;
  x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ull;
  return x ^ (x >> 33);
}

uint64_t weight(notebook_id n, int64_t owner) {
  return mix(mix(raw(n)) ^ mix(static_cast<uint64_t>(owner) + 0x9e3779b97f4a7c15ull));
}

} // namespace

node_number rendezvous(notebook_id n, const std::vector<int64_t>& owners) {
  const auto by_weight = [n](int64_t a, int64_t b) { return weight(n, a) < weight(n, b); };
  return static_cast<node_number>(*std::max_element(owners.begin(), owners.end(), by_weight));
}

homes::homes(node_number own, std::vector<int64_t> owners, std::string file)
    : own_(own)
    , owners_(std::move(owners))
    , file_(std::move(file)) {
  read();
}

std::optional<node_number> homes::home_of(notebook_id n, bool lives_here) const {
  if (lives_here || owners_.size() == 1) return own_;
  const std::lock_guard lock{mutex_};
  if (const auto it = elsewhere_.find(n); it != elsewhere_.end()) return it->second;
  // Somebody who has not been met may have it.
  if (told_.size() + 1 < owners_.size()) return std::nullopt;
  return rendezvous(n, owners_);
}

bool homes::owns(node_number n) const {
  return std::find(owners_.begin(), owners_.end(), int64_t{n}) != owners_.end();
}

std::vector<uint64_t> homes::strays(const std::vector<uint64_t>& notebooks) const {
  std::vector<uint64_t> out;
  for (const auto n : notebooks)
    if (rendezvous(notebook_id{n}, owners_) != own_) out.push_back(n);
  return out;
}

failure homes::told(node_number owner, const std::vector<uint64_t>& notebooks) {
  if (owner == own_ || !owns(owner)) return fail(errc::none);
  const std::lock_guard lock{mutex_};
  const auto known = told_.find(owner);
  if (known != told_.end() && known->second == notebooks) return fail(errc::none);
  std::erase_if(elsewhere_, [owner](const auto& entry) { return entry.second == owner; });
  told_[owner] = notebooks;
  for (const auto n : notebooks)
    elsewhere_[notebook_id{n}] = owner;
  return write();
}

uint64_t homes::records_version() const {
  const std::lock_guard lock{mutex_};
  return records_version_;
}

failure homes::set_records_version(uint64_t v) {
  const std::lock_guard lock{mutex_};
  if (v == records_version_) return fail(errc::none);
  records_version_ = v;
  return write();
}

void homes::read() {
  std::ifstream in{file_};
  if (!in) return;
  const auto j = json::parse(in, nullptr, false);
  // Of other owners: what they had told holds no more, they tell anew.
  if (!j.is_object()) return;
  if (const auto v = j.find("records"); v != j.end() && v->is_number_unsigned()) records_version_ = *v;
  if (j.value("owners", std::vector<int64_t>{}) != owners_) return;
  try {
    for (const auto& [owner, notebooks] : j.at("told").items()) {
      const auto number = static_cast<node_number>(std::stoul(owner));
      told_[number] = notebooks.get<std::vector<uint64_t>>();
      for (const auto n : told_[number])
        elsewhere_[notebook_id{n}] = number;
    }
  } catch (const std::exception& e) {
    log::error("what other nodes told cannot be read: they tell it again",
               {{"file", file_}, {"reason", e.what()}});
    told_.clear();
    elsewhere_.clear();
  }
}

failure homes::write() const {
  auto told = json::object();
  for (const auto& [owner, notebooks] : told_)
    told[std::to_string(owner)] = notebooks;
  const auto text = json{{"owners", owners_}, {"told", told}, {"records", records_version_}}.dump();
  const auto beside = file_ + ".new";
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written = fd >= 0 &&
                       ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (written && ::rename(beside.c_str(), file_.c_str()) == 0) return fail(errc::none);
  return fail(errc::storage_error, file_ + ": cannot be written");
}

} // namespace troupe::cluster
