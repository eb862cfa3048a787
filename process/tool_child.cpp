#include "process/tool_child.hpp"

#include "process/namespaces.hpp"
#include "process/sandbox.hpp"
#include "process/spawn.hpp"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>

#include <cstdlib>
#include <iostream>

namespace troupe {
namespace {

using nlohmann::json;

constexpr uint64_t most_open_files = 256;

/// What a program needs of the environment, and no more: the server's holds what is nobody's business.
void replace_environment(const tool_reach& reach) {
  const char* path = std::getenv("PATH");
  const std::string kept = path ? path : "/usr/local/bin:/usr/bin:/bin";
  clearenv();
  setenv("PATH", kept.c_str(), 1);
  setenv("LANG", "C.UTF-8", 1);
  if (!reach.folder.empty()) setenv("HOME", reach.folder.c_str(), 1);
}

failure confine(const tool_limits& limits, const tool_reach& reach) {
  const bool proxy = reach.network == tool_reach::net::proxy;
  // Who may start processes could leave its group and outlive the server.
  if (proxy || reach.processes)
    if (auto f = enter_namespaces({.network = proxy, .processes = reach.processes}); f.code != errc::none)
      return f;
  if (proxy)
    if (auto f = hand_over_listener(tool_handover, tool_proxy_port); f.code != errc::none) return f;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (reach.processes) become_first_of_own();
  limit_process(limits.file_bytes, most_open_files);
  limit_memory(limits.memory_bytes);
  limit_cpu(limits.cpu);
  if (!reach.folder.empty() && chdir(reach.folder.c_str()) != 0)
    return fail(errc::internal_error, reach.folder + " cannot be entered");
  if (!reach.trusted) replace_environment(reach);
  if (!reach.folder.empty()) setenv("TMPDIR", reach.folder.c_str(), 1);
  return confine_tool(reach);
}

} // namespace

std::string launch_order(const tool_limits& limits, const tool_reach& reach) {
  return json{{"memory", limits.memory_bytes}, {"cpu", limits.cpu.count()},
              {"file", limits.file_bytes},     {"folder", reach.folder},
              {"reads", reach.reads},          {"network", static_cast<int>(reach.network)},
              {"processes", reach.processes},  {"trusted", reach.trusted}}
      .dump();
}

std::optional<std::pair<tool_limits, tool_reach>> read_launch_order(std::string_view text) {
  try {
    const auto x = json::parse(text);
    tool_limits limits;
    limits.memory_bytes = x.at("memory");
    limits.cpu = milliseconds{x.at("cpu").get<int64_t>()};
    limits.file_bytes = x.at("file");
    tool_reach reach;
    reach.folder = x.at("folder");
    reach.reads = x.at("reads").get<std::vector<std::string>>();
    reach.network = static_cast<tool_reach::net>(x.at("network").get<int>());
    reach.processes = x.at("processes");
    reach.trusted = x.at("trusted");
    return std::pair{limits, std::move(reach)};
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

int run_tool_child(std::string_view text, char** arguments) {
  auto order = read_launch_order(text);
  if (order) order->second.reads.push_back(path_of_program(arguments[0]));
  const auto f = order ? confine(order->first, order->second) : fail(errc::internal_error, "no launch order");
  if (f.code != errc::none) {
    std::cerr << f.text() << "\n";
    return tool_not_confined;
  }
  execvp(arguments[0], arguments);
  return tool_not_found;
}

} // namespace troupe
