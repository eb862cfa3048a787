#include "actors/cluster/streams.hpp"

#include <caf/io/all.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/scribe.hpp>

namespace troupe {
namespace {

/// There are no ports; BASP wants a number to publish under.
constexpr uint16_t only_port = 1;

} // namespace

caf::actor basp_of(caf::actor_system& sys) {
  return sys.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
}

caf::message dialled_stream(caf::actor_system& sys, int socket) {
  return caf::make_message(caf::connect_atom_v, sys.middleman().backend().new_scribe(socket), only_port);
}

caf::message accepted_stream(caf::actor_system& sys, int socket, const caf::strong_actor_ptr& published,
                             std::set<std::string> interface) {
  return caf::make_message(caf::publish_atom_v, sys.middleman().backend().new_scribe(socket), only_port,
                           published, std::move(interface));
}

} // namespace troupe
