#pragma once
/// A filter on system calls (seccomp(2)), by libseccomp. Included by the sandbox' own files only.

#include "model/error.hpp"

#include <seccomp.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <string>

namespace troupe {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

inline failure refused_by_kernel(const char* what) {
  return fail(errc::internal_error, std::string(what) + ": " + std::strerror(errno));
}

/// What happens to calls; in force for this process and its children once loaded.
class system_calls {
public:
  explicit system_calls(uint32_t otherwise)
      : context_(seccomp_init(otherwise)) {}
  ~system_calls() { seccomp_release(context_); }
  system_calls(const system_calls&) = delete;

  void rule(uint32_t action, int call) { ok_ = ok_ && seccomp_rule_add(context_, action, call, 0) == 0; }
  void rule(uint32_t action, int call, const scmp_arg_cmp& when) {
    ok_ = ok_ && seccomp_rule_add(context_, action, call, 1, when) == 0;
  }
  void rules(uint32_t action, std::initializer_list<int> calls) {
    for (const int call : calls)
      rule(action, call);
  }
  failure load() {
    return ok_ && seccomp_load(context_) == 0 ? fail(errc::none) : refused_by_kernel("seccomp");
  }

private:
  scmp_filter_ctx context_;
  bool ok_ = context_ != nullptr;
};

} // namespace troupe
