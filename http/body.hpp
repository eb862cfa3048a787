#pragma once
/// A request's body: in memory while it is small, in an unnamed file when it is not.

#include "model/content.hpp"
#include "model/error.hpp"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace troupe::http {

class request_body {
public:
  /// Bytes beyond `in_memory` go to a file in `directory` that has no name and vanishes with this object.
  request_body(std::string directory, uint64_t in_memory)
      : directory_(std::move(directory))
      , in_memory_(in_memory) {}
  request_body() = default;

  failure append(std::string_view data);
  uint64_t size() const { return size_; }
  /// The SHA-256 of what was appended since `hash`; call once.
  void hash() { hasher_ = std::make_unique<hasher>(); }
  digest finish_hash() { return hasher_ ? hasher_->finish() : digest{}; }
  bool spooled() const { return file_ != nullptr; }
  /// Of a body in memory.
  const std::string& text() const { return text_; }
  /// Of a spooled body: open, at its start. Owned by this object.
  std::FILE* file();

private:
  struct closer {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };
  std::string directory_;
  uint64_t in_memory_ = 0;
  uint64_t size_ = 0;
  std::unique_ptr<hasher> hasher_;
  std::string text_;
  std::unique_ptr<std::FILE, closer> file_;
};

} // namespace troupe::http
