#include "parse/text/charset.hpp"
#include "tests/parse/pages.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

using namespace troupe;
using namespace troupe::test;

namespace {

std::string type_by(const std::string& extension) {
  if (extension == ".html") return "text/html";
  if (extension == ".json") return "application/json";
  if (extension == ".xml") return "application/xml";
  return extension == ".txt" ? "text/plain" : "";
}

void parse_file(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  const std::string data{std::istreambuf_iterator<char>(file), {}};
  const auto x =
      parse_page(data, type_by(path.extension()), "http://example.com/" + path.filename().string());
  if (!x) return;
  BOOST_TEST(is_valid_utf8(x->markdown), path.filename());
  BOOST_TEST((x->media || !x->markdown.empty()), path.filename());
}

} // namespace

BOOST_AUTO_TEST_SUITE(hostile_corpus)

BOOST_AUTO_TEST_CASE(published_files_are_parsed_or_refused) {
  const char* folder = std::getenv("TROUPE_CORPORA");
  const auto files = std::filesystem::path(folder ? folder : "") / "hostile" / "dev" / "files";
  if (!folder || !std::filesystem::is_directory(files)) {
    std::cout << "skipped: hostile files (TROUPE_CORPORA names no folder that holds them)\n";
    return;
  }
  size_t ran = 0;
  for (const auto& entry : std::filesystem::directory_iterator(files)) {
    parse_file(entry.path());
    ++ran;
  }
  std::cout << "ran " << ran << " hostile files\n";
  BOOST_TEST(ran > 0u);
}

BOOST_AUTO_TEST_SUITE_END()
