#include "actors/cluster/long_result.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

#include <fstream>

namespace troupe {

bool is_long(const parse_result& r, size_t most) {
  size_t bytes = r.text.markdown.size() + r.text.metadata.size() + r.text.title.size() + r.about.size();
  for (const auto& image : r.text.images)
    bytes += image.data.size() + image.name.size();
  if (r.original.bytes) bytes += r.original.bytes->size();
  return bytes > most;
}

content_ref pack(caf::actor_system& sys, const parse_result& r) {
  std::vector<char> buffer;
  caf::binary_serializer sink{sys, buffer};
  auto copy = r;
  if (sink(copy)) return {};
  return make_content(std::string(buffer.begin(), buffer.end()));
}

parse_result unpack(caf::actor_system& sys, const content_ref& packed) {
  std::vector<char> buffer;
  if (packed.bytes) {
    buffer.assign(packed.bytes->begin(), packed.bytes->end());
  } else {
    std::ifstream file{packed.path, std::ios::binary};
    buffer.assign(std::istreambuf_iterator<char>(file), {});
  }
  parse_result out;
  caf::binary_deserializer source{sys, buffer};
  if (source(out))
    return {fail(errc::internal_error, "what came from another node cannot be read"), {}, {}, {}};
  return out;
}

} // namespace troupe
