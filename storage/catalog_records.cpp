/// The part of the catalog that finds records, receipts and deliveries.
#include "storage/catalog.hpp"

namespace troupe {

namespace key = layout::key;

std::vector<record> catalog::records(record kind) const {
  const auto at = db_.snapshot();
  std::vector<record> out;
  const auto prefix = key::record_named(kind.index(), {});
  const auto empty = kind;
  for (auto i = at->scan(table::index, prefix, key::after(prefix)); i->valid(); i->next(), kind = empty)
    if (layout::decode(i->value(), kind)) out.push_back(std::move(kind));
  return out;
}

std::optional<record> catalog::find_record(record kind, std::string_view name) const {
  const auto bytes = db_.get(table::index, key::record_named(kind.index(), name));
  if (!bytes || !layout::decode(*bytes, kind)) return std::nullopt;
  return kind;
}

std::optional<receipt> catalog::find_receipt(const digest& k) const {
  const auto bytes = db_.get(table::index, key::receipt(k));
  receipt r;
  if (!bytes || !layout::decode(*bytes, r)) return std::nullopt;
  return r;
}

std::vector<delivery> catalog::due_deliveries(uint64_t webhook, timestamp at, uint32_t limit,
                                              std::optional<timestamp>& next) const {
  const auto stored = db_.snapshot();
  std::vector<delivery> out;
  const auto prefix = 'w' + key::number(webhook);
  for (auto i = stored->scan(table::index, prefix, key::after(prefix)); i->valid(); i->next()) {
    delivery d;
    if (!layout::decode(i->value(), d)) continue;
    if (d.next > at || out.size() == limit) {
      next = d.next;
      break;
    }
    out.push_back(std::move(d));
  }
  return out;
}

std::vector<delivery> catalog::deliveries(uint64_t webhook, uint32_t limit) const {
  const auto stored = db_.snapshot();
  std::vector<delivery> out;
  const auto open = 'w' + key::number(webhook);
  delivery d;
  for (auto i = stored->scan(table::index, open, key::after(open)); i->valid() && out.size() < limit;
       i->next())
    if (layout::decode(i->value(), d)) out.push_back(std::exchange(d, {}));
  const auto ended = 'x' + key::number(webhook);
  auto before = key::after(ended);
  for (uint32_t n = 0; n < limit; ++n) {
    const auto found = stored->last(table::index, ended, before);
    if (!found) break;
    before = found->first;
    if (layout::decode(found->second, d)) out.push_back(std::exchange(d, {}));
  }
  return out;
}

} // namespace troupe
