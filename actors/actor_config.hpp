#pragma once
/// How the actor system of a node is set up.

#include "config/settings.hpp"

#include <caf/actor_system_config.hpp>

namespace troupe {

class actor_config : public caf::actor_system_config {
public:
  explicit actor_config(const settings& s);
};

} // namespace troupe
