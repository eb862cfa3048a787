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

std::vector<record_part> shared_records::all(bool back) const {
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
  for (auto& p : parts) {
    p.version = plan_.version();
    p.back = back;
  }
  parts.front().first = true;
  parts.back().last = true;
  return parts;
}

uint64_t shared_records::raise_version() {
  const std::lock_guard lock{mutex_};
  plan_.set_version(plan_.version() + 1);
  return plan_.version();
}

/// What is here already is not written again; with `replace` what is here is other than that is.
void shared_records::keep_if_other(const record& r, bool replace) {
  const auto known = plan_.store()->find_record(r, name_of(r));
  if (known && (!replace || pack(*known) == pack(r))) return;
  plan_.keep(r);
  tell(r, false);
}

bool shared_records::take(const record_part& part) {
  const std::lock_guard lock{mutex_};
  const auto own = plan_.version();
  const bool is_set = part.first || part.last || !seen_.empty();
  if (part.first) {
    seen_.clear();
    // What was never shared may be all that there is.
    whole_ = own > 0 && part.version >= own;
  }
  for (const auto& row : part.rows) {
    const auto r = unpack(row);
    if (!r) continue;
    if (is_set) seen_.emplace(r->index(), name_of(*r));
    keep_if_other(*r, !is_set || whole_);
  }
  if (!is_set) {
    if (part.version > own) plan_.set_version(part.version);
    return false;
  }
  if (!part.last) return false;
  if (whole_) forget_others();
  plan_.set_version(std::max({own, part.version, uint64_t{1}}));
  seen_.clear();
  return !whole_;
}

bool shared_records::take_back(const record_part& part) {
  const std::lock_guard lock{mutex_};
  for (const auto& row : part.rows)
    if (const auto r = unpack(row)) keep_if_other(*r, false);
  if (part.last) plan_.set_version(std::max(plan_.version(), part.version) + 1);
  return part.last;
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
      if (const auto r = plan_.store()->find_record(of, name)) tell(*r, true);
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
