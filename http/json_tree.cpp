#include "http/json_tree.hpp"

namespace troupe::http {
namespace {

template <class Text>
failure read_any(Text text, nlohmann::json& into) {
  json_tree growing{SIZE_MAX};
  auto f = read_json(text, growing);
  if (f.code == errc::none) into = growing.take();
  return f;
}

} // namespace

failure read_json_value(std::string_view text, nlohmann::json& into) {
  return read_any(text, into);
}

failure read_json_value(std::FILE* file, nlohmann::json& into) {
  return read_any(file, into);
}

} // namespace troupe::http
