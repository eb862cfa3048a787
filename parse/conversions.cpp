#include "parse/conversions.hpp"

#include "parse/documents/pdf.hpp"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace troupe {
namespace {

/// A layout says each word with its place: many times its text.
constexpr uint64_t layout_factor = 16;

} // namespace

conversions::conversions(const settings& s, std::string launcher, std::function<void()> wake)
    : options_(s.parse)
    , launcher_(std::move(launcher))
    , wake_(std::move(wake)) {}

std::vector<std::string> conversions::command_of(conversion what) const {
  if (what == conversion::legacy_office) return options_.legacy_converter;
  return {std::begin(documents::pdf_layout_command), std::end(documents::pdf_layout_command)};
}

result<conversions::running> conversions::start(conversion what, const content_ref& body,
                                                milliseconds at_most) {
  auto command = command_of(what);
  if (command.empty()) return fail(errc::no_converter);
  auto document = document_file::open(body);
  if (!document) return document.error();
  const auto by = std::make_shared<tool>(
      tool_plan{.arguments = std::move(command),
                .launcher = launcher_,
                .limits = {.memory_bytes = static_cast<uint64_t>(options_.memory_bytes),
                           .output_bytes = layout_factor * static_cast<uint64_t>(options_.max_markdown_bytes),
                           .wall = std::max(at_most, milliseconds{1}),
                           .cpu = options_.cpu_timeout}});
  std::erase_if(workers_, [](const worker& w) { return w.done->load(); });
  const auto done = std::make_shared<std::atomic<bool>>(false);
  workers_.push_back({done, std::jthread([this, by, done, file = std::move(*document)] {
                        pthread_setname_np(pthread_self(), "converter");
                        run(by, file);
                        *done = true;
                      })});
  return by;
}

void conversions::run(const running& by, const document_file& file) {
  auto written = by->run(&file);
  {
    const std::lock_guard lock{mutex_};
    ended_.push_back({by, std::move(written)});
  }
  wake_();
}

std::vector<conversions::outcome> conversions::take() {
  const std::lock_guard lock{mutex_};
  return std::exchange(ended_, {});
}

void conversions::join() {
  workers_.clear();
}

} // namespace troupe
