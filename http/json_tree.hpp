#pragma once
/// JSON values that grow from events (see json_events.hpp).

#include "http/json_events.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace troupe::http {

/// Grows a value, as large as one item may be, or as large as it is told.
class json_tree : public json_events {
public:
  /// Values beyond are passed over.
  static constexpr size_t most_values = 10'000;
  explicit json_tree(size_t at_most = most_values)
      : at_most_(at_most) {}

  /// What has grown, once nothing is open; then it is empty again.
  nlohmann::json take() {
    values_ = 0;
    return std::exchange(root_, nullptr);
  }

  bool null() override { return value(nullptr); }
  bool boolean(bool v) override { return value(v); }
  /// Signed are negative numbers alone, as where nlohmann's own parser reads them.
  bool integer(int64_t v) override { return v < 0 ? value(v) : value(static_cast<uint64_t>(v)); }
  bool large_integer(uint64_t v) override { return value(v); }
  bool number(double v, std::string_view) override { return value(v); }
  bool string(std::string_view v) override { return value(v); }
  bool key(std::string_view k) override {
    key_ = k;
    return true;
  }
  bool begin_object() override { return begin(nlohmann::json::object()); }
  bool end_object() override { return end(); }
  bool begin_array() override { return begin(nlohmann::json::array()); }
  bool end_array() override { return end(); }

private:
  template <class T>
  bool value(const T& v) {
    if (fits()) put(v);
    return true;
  }
  bool begin(nlohmann::json empty) {
    if (passed_over_ > 0 || !fits())
      ++passed_over_;
    else
      open_.push_back(&put(std::move(empty)));
    return true;
  }
  bool end() {
    if (passed_over_ > 0)
      --passed_over_;
    else
      open_.pop_back();
    return true;
  }
  bool fits() { return passed_over_ == 0 && ++values_ <= at_most_; }
  template <class T>
  nlohmann::json& put(T&& v) {
    if (open_.empty()) return root_ = std::forward<T>(v);
    auto& in = *open_.back();
    if (in.is_object()) return in[key_] = std::forward<T>(v);
    in.push_back(std::forward<T>(v));
    return in.back();
  }

  size_t at_most_;
  nlohmann::json root_;
  std::vector<nlohmann::json*> open_;
  std::string key_;
  size_t passed_over_ = 0;
  size_t values_ = 0;
};

/// Sets `into` to the value of a whole text, or of a file from where it stands. Fails as `read_json` does:
/// unlike a parse of nlohmann's it bounds how deep values are, which copying and writing them need stack for.
failure read_json_value(std::string_view text, nlohmann::json& into);
failure read_json_value(std::FILE* file, nlohmann::json& into);

} // namespace troupe::http
