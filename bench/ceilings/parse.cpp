/// What parsing alone does on one core: ceiling_parse SECONDS FILE… Prints documents/s. The files are HTML
/// pages, parsed one after the other in this process until the time is over.
#include "parse/parser.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::vector<std::string> pages;
  for (int i = 2; i < argc; ++i) {
    std::ifstream file{argv[i], std::ios::binary};
    pages.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  troupe::warm_up();
  const bool once = std::string_view(argv[1]) == "once";
  const std::chrono::duration<double> wanted{once ? 0 : std::atof(argv[1])};
  const auto start = std::chrono::steady_clock::now();
  size_t parsed = 0;
  std::chrono::duration<double> took{0};
  for (; once ? parsed < pages.size() : took < wanted;
       took = std::chrono::steady_clock::now() - start, ++parsed) {
    const auto outcome = troupe::parse_document({.data = pages[parsed % pages.size()],
                                                 .url = "http://127.0.0.1/page.html",
                                                 .content_type = "text/html"});
    if (!outcome) return 1;
  }
  std::printf("%.1f\n", static_cast<double>(parsed) / took.count());
}
