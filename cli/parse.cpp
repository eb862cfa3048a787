#include "cli/cli.hpp"
#include "cli/transport.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <iostream>
#include <iterator>

namespace troupe::cli {
namespace {

bool is_url(const std::string& s) {
  return s.starts_with("http://") || s.starts_with("https://");
}

result<std::string> read_input(const parse_command& c, std::string& type, std::string& url) {
  if (c.input == "-") return std::string{std::istreambuf_iterator<char>(std::cin), {}};
  if (is_url(c.input)) return download(c.input, type, url);
  std::ifstream file{c.input, std::ios::binary};
  if (!file) return fail(errc::not_found, c.input + ": cannot be read");
  if (url.empty()) url = c.input;
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

} // namespace

int parse(const parse_command& c) {
  std::string type;
  std::string url = c.url;
  const auto data = read_input(c, type, url);
  if (!data) {
    std::cerr << "troupe: " << data.error().text() << "\n";
    return usage;
  }
  const auto parsed = parse_document({.data = *data, .url = url, .content_type = type});
  if (!parsed) {
    std::cerr << "troupe: " << info(parsed.error().code).name << ": " << parsed.error().text() << "\n";
    return failed;
  }
  if (!c.json) {
    std::cout << parsed->markdown << "\n";
    return ok;
  }
  nlohmann::ordered_json out{{"title", parsed->title},
                             {"content_type", parsed->content_type},
                             {"extraction_method", parsed->extraction_method},
                             {"metadata", nlohmann::ordered_json::parse(parsed->metadata)},
                             {"markdown", parsed->markdown}};
  std::cout << out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  return ok;
}

} // namespace troupe::cli
