/// The fuzzer of one target, named by FUZZ_TARGET at run time; see script/fuzz.
#include "tests/fuzz/targets.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const char* name = std::getenv("FUZZ_TARGET");
  static const auto target = troupe::test::fuzz_targets().find(name ? name : "any");
  if (target == troupe::test::fuzz_targets().end()) std::abort();
  target->second({reinterpret_cast<const char*>(data), size});
  return 0;
}
