#include "config/log.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace troupe::log {
namespace {

bool as_json = false;

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = spdlog::stderr_logger_mt("troupe");
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::info);
    return made;
  }();
  return *instance;
}

std::string render_text(std::string_view message, std::initializer_list<field> fields) {
  std::string out{message};
  for (const auto& f : fields) {
    out.append(" ").append(f.name).append("=");
    // Texts come from outside too: quoted, so that no line can be forged.
    if (const auto* number = std::get_if<int64_t>(&f.value))
      out += std::to_string(*number);
    else
      out += nlohmann::json(std::get<std::string>(f.value))
                 .dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  }
  return out;
}

std::string render_json(level l, std::string_view message, std::initializer_list<field> fields) {
  nlohmann::ordered_json line{
      {"time", to_rfc3339(now())},
      {"level", spdlog::level::to_string_view(static_cast<spdlog::level::level_enum>(l)).data()},
      {"message", message}};
  for (const auto& f : fields)
    std::visit([&](const auto& v) { line[std::string(f.name)] = v; }, f.value);
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace

void start(std::string_view wanted, std::string_view format) {
  as_json = format == "json";
  if (as_json) logger().set_pattern("%v");
  logger().set_level(wanted == "warn" ? spdlog::level::warn : spdlog::level::from_str(std::string(wanted)));
}

void write(level l, std::string_view message, std::initializer_list<field> fields) {
  const auto as = l == level::off ? spdlog::level::off : static_cast<spdlog::level::level_enum>(l);
  if (!logger().should_log(as)) return;
  try {
    logger().log(as, as_json ? render_json(l, message, fields) : render_text(message, fields));
  } catch (const std::exception&) {
    // A line that cannot be rendered is dropped: logging must not end the work it speaks of.
  }
}

} // namespace troupe::log
