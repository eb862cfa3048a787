#include "cli/cli.hpp"
#include "cli/command_line.hpp"
#include "process/tool_child.hpp"

#include <algorithm>
#include <iostream>

namespace troupe::cli {

const char* const examples_text =
    R"(troupe serve                                      a server on 127.0.0.1:8080, data in ./troupe-data
troupe submit --watch https://example.org/ https://example.com/
troupe submit --watch - < urls.txt                one URL a line
troupe submit --notebook 7 report.pdf notes.docx  files
troupe results bat_9                              what a batch has left
troupe parse page.html                            one document to Markdown, no server)";

const char* const exit_codes_text = R"(0    done
1    not done, or some items failed
2    wrong usage or settings, or the server refuses the request
3    the server cannot be reached or has no room
130  interrupted; what goes on at the server goes on)";

namespace {

std::string footer() {
  return std::string("Examples:\n") + examples_text +
         "\n\nSettings: troupe config prints all of them with their defaults. Give a changed copy with\n"
         "--config, or single ones with --set, as in --set fetch.max_per_host=2.\n"
         "A server fetches no private and loopback addresses unless --allow-network names them;\n"
         "troupe parse URL fetches what you could fetch yourself.\n\nExit codes:\n" +
         exit_codes_text;
}

child_limits limits_of(int argc, char** argv) {
  child_limits limits;
  if (argc > 2) limits.memory_bytes = std::strtoull(argv[2], nullptr, 10);
  if (argc > 3) limits.cpu_seconds = static_cast<unsigned>(std::strtoul(argv[3], nullptr, 10));
  return limits;
}

int run_command(int argc, char** argv, const hooks& with) {
  if (argc > 1 && std::string_view(argv[1]) == "parser-child")
    return run_parser_child(limits_of(argc, argv), with.parse);
  if (argc > 3 && std::string_view(argv[1]) == "tool-child") return run_tool_child(argv[2], argv + 3);
  command_line line{with};
  const auto known = commands_of(line.app);
  const auto named = [&](const CLI::App* c) { return c->get_name() == argv[1]; };
  if (argc > 1 && argv[1][0] != '-' && std::none_of(known.begin(), known.end(), named)) {
    std::cerr << "troupe: there is no command \"" << clean(argv[1]) << "\"; troupe --help lists them\n";
    return usage;
  }
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return line.app.exit(e) == 0 ? ok : usage;
  }
  return line.run();
}

} // namespace

command_line::command_line(const hooks& with)
    : app("Troupe takes batches of URLs and files, turns each into clean Markdown, stores it, and tells\n"
          "exactly how far every item is.",
          "troupe") {
  app.set_version_flag("--version", "troupe " TROUPE_VERSION);
  app.require_subcommand(1);
  add_server_command(*this, with);
  add_remote_commands(*this);
  add_local_commands(*this);
  app.footer(footer());
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands(
      [](const CLI::App* c) { return !c->get_name().empty() && c->get_group() != ""; });
}

std::vector<const CLI::Option*> options_of(const CLI::App& command) {
  return command.get_options([](const CLI::Option* o) {
    return o->nonpositional() && o->get_single_name() != "help" && o->get_group() != "";
  });
}

std::vector<const CLI::Option*> operands_of(const CLI::App& command) {
  return command.get_options([](const CLI::Option* o) { return o->get_positional(); });
}

namespace {

bool reader_left = false;

/// What was said has to have been heard.
int checked(int code) {
  std::cout.flush();
  if (std::cout || reader_left || code != ok) return code;
  std::cerr << "troupe: standard output cannot be written\n";
  return failed;
}

} // namespace

void reader_has_left() {
  reader_left = true;
}

int run(int argc, char** argv, const hooks& with) {
  try {
    return checked(run_command(argc, argv, with));
  } catch (const nlohmann::json::exception&) {
    std::cerr << "troupe: the answer is not what a Troupe server says\n";
    return unavailable;
  } catch (const std::exception& e) {
    std::cerr << "troupe: " << e.what() << "\n";
    return failed;
  }
}

} // namespace troupe::cli
