#pragma once
/// A JSON value that grows from events (see json_events.hpp), as large as one item may be.

#include "model/error.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace troupe::http {

class json_tree {
public:
  /// Values beyond are passed over.
  static constexpr size_t most_values = 10'000;
  explicit json_tree(size_t at_most = most_values)
      : at_most_(at_most) {}

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
