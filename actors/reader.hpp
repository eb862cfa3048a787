#pragma once
#include "actors/interfaces.hpp"

namespace troupe {

class catalog;

/// READER: detached unless told otherwise, since it reads from disk.
reader_actor spawn_reader(caf::actor_system& sys, const catalog& store, bool own_thread = true);

} // namespace troupe
