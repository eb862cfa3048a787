#include "cli/cli.hpp"
#include "cli/transport.hpp"
#include "parse/documents/pdf.hpp"
#include "process/tool.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
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

/// By the same programs as a server, confined in the same way.
result<std::string> convert(conversion what, const std::string& data) {
  const settings s;
  auto command = what == conversion::legacy_office
                     ? s.parse.legacy_converter
                     : std::vector<std::string>{std::begin(documents::pdf_layout_command),
                                                std::end(documents::pdf_layout_command)};
  if (command.empty()) return fail(errc::no_converter);
  const auto document = document_file::open(data);
  if (!document) return document.error();
  return tool({.arguments = std::move(command),
               .limits = {.wall = s.parse.wall_timeout, .cpu = s.parse.cpu_timeout}})
      .run(&*document);
}

/// False: one of them could not be written.
bool write_images(const std::string& directory, const document& d) {
  std::error_code ignored;
  std::filesystem::create_directories(directory, ignored);
  return std::all_of(d.images.begin(), d.images.end(), [&](const document::image& i) {
    std::ofstream out{directory + "/" + i.name, std::ios::binary};
    return static_cast<bool>(out << i.data);
  });
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
  parse_input input{.data = *data, .url = url, .content_type = type};
  input.convert = [&](conversion what) { return convert(what, *data); };
  const auto parsed = parse_document(input);
  if (!parsed) {
    std::cerr << "troupe: " << info(parsed.error().code).name << ": " << parsed.error().text() << "\n";
    return failed;
  }
  if (!c.images.empty() && !write_images(c.images, *parsed)) {
    std::cerr << "troupe: " << c.images << ": the images cannot be written there\n";
    return usage;
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
  for (const auto& i : parsed->images)
    out["images"].push_back("images/" + i.name);
  std::cout << out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  return ok;
}

} // namespace troupe::cli
