/// Parses every file of a folder: bench_documents DIRECTORY > predictions.json
///
/// Prints a JSON object from a file's name without its ending to its Markdown; on standard error, for each
/// file its outcome and milliseconds.
#include "parse/documents/pdf.hpp"
#include "parse/parser.hpp"
#include "process/tool.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: bench_documents DIRECTORY > predictions.json\n";
    return 2;
  }
  nlohmann::json out = nlohmann::json::object();
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    std::ifstream file{entry.path(), std::ios::binary};
    const std::string data{std::istreambuf_iterator<char>(file), {}};
    const auto before = std::chrono::steady_clock::now();
    const auto name = entry.path().string();
    troupe::parse_input input{.data = data, .url = name};
    input.convert = [&](troupe::conversion what) -> troupe::result<std::string> {
      if (what != troupe::conversion::pdf_layout) return troupe::fail(troupe::errc::no_converter);
      const auto& command = troupe::documents::pdf_layout_command;
      const auto document = troupe::document_file::open(data);
      return troupe::tool({.arguments = {std::begin(command), std::end(command)}, .launcher = {}})
          .run(&*document);
    };
    const auto parsed = troupe::parse_document(input);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - before;
    std::cerr << entry.path().filename().string() << " "
              << (parsed ? parsed->extraction_method
                         : std::string(troupe::info(parsed.error().code).name) + ": " +
                               std::string(parsed.error().text()))
              << " " << took.count() << " ms\n";
    out[entry.path().stem().string()] = parsed ? parsed->markdown : "";
  }
  std::cout << out.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
}
