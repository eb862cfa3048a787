#pragma once
/// A JSON value that grows from events (see json_events.hpp), as large as one item may be.

#include <nlohmann/json.hpp>

namespace troupe::http {

class json_tree {
public:
  /// A text, number, boolean or null: the value itself, or the next one in what is open.
  template <class T>
  void value(const T& v) {
    if (fits()) put(v);
  }
  /// The name of the next value, in an open object.
  void key(std::string_view k) { key_ = k; }
  /// An empty object or array, open until its `end`.
  void begin(nlohmann::json empty) {
    if (passed_over_ > 0 || !fits())
      ++passed_over_;
    else
      open_.push_back(&put(std::move(empty)));
  }
  void end() {
    if (passed_over_ > 0)
      --passed_over_;
    else
      open_.pop_back();
  }
  /// What has grown, once nothing is open; then it is empty again.
  nlohmann::json take() {
    values_ = 0;
    return std::exchange(root_, nullptr);
  }

private:
  /// What is beyond is passed over.
  static constexpr size_t most_values = 10'000;

  bool fits() { return passed_over_ == 0 && ++values_ <= most_values; }
  template <class T>
  nlohmann::json& put(T&& v) {
    if (open_.empty()) return root_ = std::forward<T>(v);
    auto& in = *open_.back();
    if (in.is_object()) return in[key_] = std::forward<T>(v);
    in.push_back(std::forward<T>(v));
    return in.back();
  }

  nlohmann::json root_;
  std::vector<nlohmann::json*> open_;
  std::string key_;
  size_t passed_over_ = 0;
  size_t values_ = 0;
};

} // namespace troupe::http
