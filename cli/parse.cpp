#include "cli/cli.hpp"
#include "cli/transport.hpp"
#include "media/facts.hpp"
#include "media/work.hpp"
#include "model/text.hpp"
#include "parse/documents/pdf.hpp"
#include "process/tool.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <unistd.h>

namespace troupe::cli {
namespace {

bool is_url(const std::string& s) {
  return s.starts_with("http://") || s.starts_with("https://");
}

/// What is to be parsed.
struct input {
  std::string data;
  std::string type;
  std::string url;
};

result<input> read_input(const parse_command& c) {
  input in{.url = c.url};
  if (c.input == "-") {
    in.data = {std::istreambuf_iterator<char>(std::cin), {}};
  } else if (is_url(c.input)) {
    auto data = download(c.input, in.type, in.url);
    if (!data) return data.error();
    in.data = std::move(*data);
  } else {
    std::ifstream file{c.input, std::ios::binary};
    if (!file) return fail(errc::not_found, c.input + ": cannot be read");
    if (in.url.empty()) in.url = url_of_file(c.input);
    in.data = {std::istreambuf_iterator<char>(file), {}};
  }
  return in;
}

/// By the same programs as a server, confined in the same way.
result<std::string> convert(conversion what, const settings& s, const std::string& data) {
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

/// A spool that is a file of the folder of programs.
class temporary_spool final : public spool {
public:
  explicit temporary_spool(std::string path)
      : path_(std::move(path))
      , out_(path_, std::ios::binary) {}
  failure append(std::string_view data) override {
    return out_.write(data.data(), static_cast<std::streamsize>(data.size()))
               ? fail(errc::none)
               : fail(errc::storage_error, path_ + " cannot be written");
  }
  result<spooled> close(bool) override {
    out_.close();
    return spooled{path_, nullptr};
  }

private:
  std::string path_;
  std::ofstream out_;
};

/// What is said in the media, or in that behind the page.
result<document> listen(const settings& s, const input& in, bool page) {
  const auto folder = std::filesystem::temp_directory_path() / ("troupe-media-" + std::to_string(::getpid()));
  media::programs with{s, folder, "/proc/self/exe", s.media.timeout, nullptr};
  media_order order{{}, in.url, page ? content_ref{} : make_content(in.data)};
  transcript words;
  const auto spools = [&]() -> result<std::unique_ptr<spool>> {
    return std::make_unique<temporary_spool>(with.folder() + "/found");
  };
  if (auto f = media::work_on(order, with, spools, words); f.code != errc::none) return f;
  auto text = parse_document({.data = words.text.view(), .url = words.name});
  if (text) media::describe(*text, words, in.url);
  return text;
}

result<document> parsed(const parse_command& c, const settings& s, const input& in) {
  parse_input from{.data = in.data, .url = in.url, .content_type = in.type};
  from.convert = [&](conversion what) { return convert(what, s, in.data); };
  auto d = parse_document(from);
  if (d && d->media) return listen(s, in, false);
  return c.media ? listen(s, in, true) : std::move(d);
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

void print(const document& d, bool as_json) {
  if (!as_json) {
    std::cout << d.markdown << "\n";
    return;
  }
  nlohmann::ordered_json out{{"title", d.title},
                             {"content_type", d.content_type},
                             {"extraction_method", d.extraction_method},
                             {"metadata", nlohmann::ordered_json::parse(d.metadata)},
                             {"markdown", d.markdown}};
  for (const auto& i : d.images)
    out["images"].push_back("images/" + i.name);
  std::cout << out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
}

} // namespace

int parse(const parse_command& c) {
  settings s;
  auto from = c.from;
  // Who calls may fetch from wherever this machine can.
  from.allow_networks = {"0.0.0.0/0", "::/0"};
  if (!load_settings(from, s)) return usage;
  const auto in = read_input(c);
  if (!in) {
    std::cerr << "troupe: " << in.error().text() << "\n";
    return usage;
  }
  const auto d = parsed(c, s, *in);
  if (!d) {
    std::cerr << "troupe: " << info(d.error().code).name << ": " << d.error().text() << "\n";
    return failed;
  }
  if (!c.images.empty() && !write_images(c.images, *d)) {
    std::cerr << "troupe: " << c.images << ": the images cannot be written there\n";
    return usage;
  }
  print(*d, c.json);
  return ok;
}

} // namespace troupe::cli
