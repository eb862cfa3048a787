#include "actors/cluster/shared_records.hpp"

#include "storage/catalog.hpp"
#include "storage/layout.hpp"

#include <algorithm>

namespace troupe {
namespace {

constexpr size_t part_bytes = 512 * 1024;

const record kinds[] = {access_key{}, browser_session{}, host_rule{}, webhook{}};

std::optional<record> unpack(const std::string& row) {
  if (row.empty()) return std::nullopt;
  for (record r : kinds)
    if (r.index() == static_cast<uint8_t>(row[0]) && layout::decode(std::string_view(row).substr(1), r))
      return r;
  return std::nullopt;
}

} // namespace

bool shared_records::is_shared_kind(uint64_t kind) {
  return std::any_of(std::begin(kinds), std::end(kinds),
                     [kind](const record& r) { return r.index() == kind; });
}

bool shared_records::is_shared(const record& r) {
  if (const auto* w = std::get_if<webhook>(&r)) return w->batch == batch_id{};
  return is_shared_kind(r.index());
}

std::string shared_records::pack(const record& r) {
  return std::string(1, static_cast<char>(r.index())) + layout::encode(r);
}

std::vector<record_part> shared_records::all() const {
  std::vector<record_part> parts(1);
  size_t bytes = 0;
  for (const auto& kind : kinds)
    for (const auto& r : plan_.store()->records(kind)) {
      if (!is_shared(r)) continue;
      if (bytes > part_bytes) {
        parts.emplace_back();
        bytes = 0;
      }
      parts.back().rows.push_back(pack(r));
      bytes += parts.back().rows.back().size();
    }
  parts.front().first = true;
  parts.back().last = true;
  return parts;
}

void shared_records::take(const record_part& part) {
  const std::lock_guard lock{mutex_};
  if (part.first) seen_.clear();
  for (const auto& row : part.rows) {
    const auto r = unpack(row);
    if (!r) continue;
    seen_.emplace(r->index(), name_of(*r));
    plan_.keep(*r);
    tell(*r, false);
  }
  if (part.last) forget_others();
}

/// What the keeper has no more.
void shared_records::forget_others() {
  for (const auto& kind : kinds)
    for (const auto& r : plan_.store()->records(kind)) {
      if (!is_shared(r) || seen_.contains({r.index(), name_of(r)})) continue;
      plan_.forget(r.index(), name_of(r));
      tell(r, true);
    }
}

void shared_records::take_removal(uint64_t kind, const std::string& name) {
  const std::lock_guard lock{mutex_};
  for (const auto& of : kinds)
    if (of.index() == kind)
      for (const auto& r : plan_.store()->records(of))
        if (name_of(r) == name) tell(r, true);
  plan_.forget(kind, name);
}

void shared_records::on_change(std::function<void(const record&, bool)> call) {
  const std::lock_guard lock{mutex_};
  changed_ = std::move(call);
}

void shared_records::tell(const record& r, bool gone) {
  if (changed_) changed_(r, gone);
}

} // namespace troupe
