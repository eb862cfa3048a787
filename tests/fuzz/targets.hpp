#pragma once
/// What is fuzzed: each target takes any bytes and must neither crash nor run away.

#include <map>
#include <string>
#include <string_view>

namespace troupe::test {

using fuzz_target = void (*)(std::string_view);

/// By name, which is also the folder of its corpus.
const std::map<std::string, fuzz_target, std::less<>>& fuzz_targets();

} // namespace troupe::test
