#include "actors/reader.hpp"

#include "actors/bulk.hpp"
#include "config/log.hpp"
#include "fetch/url.hpp"

#include <pthread.h>

namespace troupe {
namespace {

struct reader_state {
  static inline const char* name = "reader";
};

/// What was read, or an error: who asked waits and asks again; others go on.
template <class T, class Read>
caf::result<T> reading_of(Read read) {
  try {
    return read();
  } catch (const unreadable& e) {
    log::error("the store cannot be read", {{"reason", e.what()}});
    return caf::make_error(caf::sec::runtime_error, e.what());
  }
}

item_page read_items(const catalog& store, const batch& b, const reading_mark& from, uint32_t limit) {
  item_page page{{}, from};
  auto& [urgent, next] = page.reached;
  if (urgent) {
    page.items = store.urgent_items(b, *urgent, limit);
    if (!urgent->empty()) return page;
    urgent.reset();
  }
  if (page.items.size() == limit) return page;
  auto others = store.open_items(b, next, limit - static_cast<uint32_t>(page.items.size()));
  std::move(others.begin(), others.end(), std::back_inserter(page.items));
  return page;
}

constexpr uint32_t bulk_items = 64;

/// The next items that a bulk action is about, in the batch that it has come to.
void read_bulk_items(const catalog& store, const bulk_plan& plan, const batch& b, bulk_page& page) {
  const auto wanted = [&](const item& x) { return matches(x, plan.items); };
  for (const auto& x : store.items(b, page.at_index, bulk_items, wanted))
    page.targets.push_back({b.id, x.key.index, x.id});
}

/// Batches from the newest on; `at_batch` is the one that was come to, or none yet.
bulk_page read_bulk_page(const catalog& store, const bulk_action& what) {
  bulk_page page{{}, what.at_batch, what.at_index, false};
  const auto plan = read_bulk(what.request);
  const auto visible = [&](const batch& b) {
    const auto& n = what.notebooks;
    return (n.empty() || std::find(n.begin(), n.end(), raw(b.home)) != n.end()) && plan &&
           matches(b, plan->batches) && (plan->in == batch_id{} || b.id == plan->in);
  };
  const auto here = page.at_batch == batch_id{} ? std::nullopt : store.find_batch(page.at_batch);
  if (here && visible(*here) && !plan->of_batches && page.at_index < here->counts.total) {
    read_bulk_items(store, *plan, *here, page);
    return page;
  }
  if (plan && plan->in != batch_id{} && page.at_batch == plan->in) {
    page.ended = true;
    return page;
  }
  auto before = page.at_batch == batch_id{} ? batch_id{max_id} : page.at_batch;
  if (page.at_batch == batch_id{} && plan && plan->in != batch_id{}) before = batch_id{raw(plan->in) + 1};
  const auto next = store.batches(before, plan && plan->of_batches ? bulk_items : 1, visible);
  page.ended = before == batch_id{} && next.empty();
  page.at_batch = next.empty() ? before : next.back().id;
  page.at_index = 0;
  if (plan && plan->of_batches) {
    page.at_index = ~uint32_t{0};
    for (const auto& b : next)
      page.targets.push_back({b.id, std::nullopt, {}});
  }
  return page;
}

reader_actor::behavior_type reader(reader_actor::stateful_pointer<reader_state>, const catalog* store) {
  return {
      [store](read_atom, const batch& b, const reading_mark& from, uint32_t limit) {
        return reading_of<item_page>(
            [&]() -> caf::result<item_page> { return read_items(*store, b, from, limit); });
      },
      [store](read_atom, const digest& hash, uint64_t size) {
        return reading_of<content_ref>([&]() -> caf::result<content_ref> {
          if (auto found = store->content(hash, size)) return std::move(*found);
          return caf::make_error(caf::sec::runtime_error, "the content is not stored");
        });
      },
      [store](read_atom, const bulk_action& what) {
        return reading_of<bulk_page>(
            [&]() -> caf::result<bulk_page> { return read_bulk_page(*store, what); });
      },
      [store](deliver_atom, uint64_t id, uint32_t limit) {
        return reading_of<due_page>([&]() -> caf::result<due_page> {
          due_page page;
          const auto found = store->find_record(webhook{}, std::to_string(id));
          if (!found) return page;
          page.to = std::get<webhook>(*found);
          for (auto& d : store->due_deliveries(id, now(), limit, page.next)) {
            auto e = store->find_event(d.event);
            page.due.emplace_back(std::move(d), std::move(e));
          }
          return page;
        });
      },
      [store](deliver_atom) {
        return reading_of<std::vector<uint64_t>>([&]() -> caf::result<std::vector<uint64_t>> {
          std::vector<uint64_t> ids;
          for (const auto& r : store->records(webhook{}))
            ids.push_back(std::get<webhook>(r).id);
          return ids;
        });
      },
      [store](read_atom) {
        return reading_of<std::vector<batch>>(
            [&]() -> caf::result<std::vector<batch>> { return store->open_batches(); });
      },
  };
}

} // namespace

reader_actor spawn_reader(caf::actor_system& sys, const catalog& store, bool own_thread) {
  if (!own_thread) return sys.spawn(reader, &store);
  return sys.spawn<caf::detached>([&store](reader_actor::stateful_pointer<reader_state> self) {
    pthread_setname_np(pthread_self(), "reader");
    return reader(self, &store);
  });
}

} // namespace troupe
