#include "media/programs.hpp"

#include <algorithm>
#include <filesystem>
#include <thread>

namespace troupe::media {

using clock = std::chrono::steady_clock;

programs::programs(const settings& s, std::string folder, std::string launcher, milliseconds budget,
                   progress tell)
    : options_(s)
    , folder_(std::move(folder))
    , launcher_(std::move(launcher))
    , deadline_(clock::now() + budget)
    , tell_(std::move(tell)) {
  std::error_code ignored;
  std::filesystem::create_directories(folder_, ignored);
}

programs::~programs() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void programs::tell(unsigned percent) const {
  if (tell_) tell_(std::min(percent, 100u));
}

clock::duration programs::left() const {
  return deadline_ - clock::now();
}

tool_plan programs::plan(std::vector<std::string> arguments) const {
  const auto wall = std::chrono::duration_cast<milliseconds>(left());
  const auto cores = std::max(1u, std::thread::hardware_concurrency());
  return {.arguments = std::move(arguments),
          .launcher = launcher_,
          .limits = {.memory_bytes = static_cast<uint64_t>(options_.media.memory_bytes),
                     .output_bytes = static_cast<uint64_t>(options_.parse.max_markdown_bytes),
                     .wall = std::max(wall, milliseconds{1}),
                     .cpu = std::max(wall, milliseconds{1}) * cores,
                     .file_bytes = static_cast<uint64_t>(options_.media.max_bytes)}};
}

result<std::string> programs::run(tool_plan what, const document_file* input) {
  tool t{std::move(what)};
  {
    const std::lock_guard lock{mutex_};
    if (stopped_) return fail(errc::cancelled);
    running_ = &t;
  }
  auto out = t.run(input);
  const std::lock_guard lock{mutex_};
  running_ = nullptr;
  return out;
}

void programs::stop() {
  const std::lock_guard lock{mutex_};
  stopped_ = true;
  if (running_) running_->stop();
}

std::optional<unsigned> percent_in(std::string_view line) {
  const auto sign = line.rfind('%');
  if (sign == line.npos) return std::nullopt;
  auto first = sign;
  while (first > 0 && (std::isdigit(static_cast<uint8_t>(line[first - 1])) || line[first - 1] == '.'))
    --first;
  if (first == sign) return std::nullopt;
  const auto value = std::strtod(std::string(line.substr(first, sign - first)).c_str(), nullptr);
  return value >= 0 && value <= 100 ? std::optional{static_cast<unsigned>(value)} : std::nullopt;
}

} // namespace troupe::media
