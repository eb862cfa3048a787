/// Parses every page of a corpus: bench_corpus PAGES_DIRECTORY > predictions.json
///
/// Prints a JSON object from a page's id (its file name without ending) to its text, title, author and
/// date; on standard error, how many pages, bytes and seconds of CPU.
#include "parse/parser.hpp"

#include <nlohmann/json.hpp>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: bench_corpus PAGES_DIRECTORY > predictions.json\n";
    return 2;
  }
  nlohmann::json out = nlohmann::json::object();
  uint64_t bytes = 0;
  const auto before = std::clock();
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    std::ifstream file{entry.path(), std::ios::binary};
    const std::string data{std::istreambuf_iterator<char>(file), {}};
    bytes += data.size();
    const auto parsed =
        troupe::parse_document({.data = data, .url = "http://page.example/", .content_type = "text/html"});
    auto& row = out[entry.path().stem().string()];
    row = {{"text", ""}};
    if (!parsed) continue;
    const auto about = nlohmann::json::parse(parsed->metadata);
    row = {{"text", parsed->markdown},
           {"title", parsed->title},
           {"date", about.value("published", "")},
           {"author", about.contains("authors") ? about["authors"][0].get<std::string>() : ""},
           {"method", parsed->extraction_method}};
  }
  const double seconds = double(std::clock() - before) / CLOCKS_PER_SEC;
  std::cerr << out.size() << " pages, " << bytes / 1e6 << " MB, " << seconds << " s CPU, "
            << seconds * 1000 / double(out.size()) << " ms a page\n";
  std::cout << out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
}
