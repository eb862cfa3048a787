#include "http/json_tree.hpp"

#include "http/json_events.hpp"

namespace troupe::http {
namespace {

class growing final : public json_events {
public:
  json_tree tree{SIZE_MAX};
  bool null() override { return put(nullptr); }
  bool boolean(bool v) override { return put(v); }
  bool integer(int64_t v) override { return v < 0 ? put(v) : put(static_cast<uint64_t>(v)); }
  bool large_integer(uint64_t v) override { return put(v); }
  bool number(double v, std::string_view) override { return put(v); }
  bool string(std::string_view v) override { return put(v); }
  bool key(std::string_view v) override {
    tree.key(v);
    return true;
  }
  bool begin_object() override { return begin(nlohmann::json::object()); }
  bool end_object() override { return end(); }
  bool begin_array() override { return begin(nlohmann::json::array()); }
  bool end_array() override { return end(); }

private:
  template <class T>
  bool put(const T& v) {
    tree.value(v);
    return true;
  }
  bool begin(nlohmann::json empty) {
    tree.begin(std::move(empty));
    return true;
  }
  bool end() {
    tree.end();
    return true;
  }
};

template <class Text>
failure read_any(Text text, nlohmann::json& into) {
  growing g;
  auto f = read_json(text, g);
  if (f.code == errc::none) into = g.tree.take();
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
