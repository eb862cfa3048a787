#pragma once
/// One action on everything that a filter matches, carried out by an actor and gone on with after a restart.

#include "actors/interfaces.hpp"

namespace troupe {

enum class bulk_verb : uint8_t { retry, cancel, pause, resume, remove };

/// What a client asked for.
struct bulk_plan {
  bulk_verb action = bulk_verb::cancel;
  /// On whole batches; otherwise on items.
  bool of_batches = false;
  retry_plan retry;
  /// Nothing is done but to count.
  bool dry_run = false;
  /// Zero: in any batch.
  batch_id in{};
  batch_filter batches;
  item_filter items;
};

/// Reads `{"action", "of": "items"|"batches", "stage", "dry_run", "filter": {"batch", "notebook", "tag",
/// "status", "error_code", "host", "q"}}`. Fails with `invalid_request`, naming the member. Any thread.
result<bulk_plan> read_bulk(std::string_view json);

/// True when the stored row is one of those.
bool matches(const item& x, const item_filter& f);
bool matches(const batch& b, const batch_filter& f);

/// Spawns the actor of a bulk action that has not ended. It looks at the store page by page, acts through the
/// node, and stores how far it is after each page; after a restart it goes on there. It ends by itself.
caf::actor spawn_bulk(caf::actor_system& sys, bulk_action what, const services& with, const node_actor& node);

} // namespace troupe
