#include "http/request_meter.hpp"

namespace troupe::http {
namespace {

constexpr std::string_view nowhere = "none";

} // namespace

void request_meter::answered(const route* to, unsigned status, std::chrono::steady_clock::duration took) {
  const std::string_view pattern = to ? std::string_view{to->pattern} : nowhere;
  const auto [it, fresh] = routes_.try_emplace(to);
  auto& r = it->second;
  if (fresh) r.took = into_.times(metric::http_duration, {pattern});
  r.took.observe(took);
  const auto [answers, new_status] = r.answers.try_emplace(status);
  if (new_status)
    answers->second = into_.count(metric::http_requests, {to ? std::string_view{to->method} : nowhere,
                                                          pattern, std::to_string(status)});
  answers->second.add();
}

} // namespace troupe::http
