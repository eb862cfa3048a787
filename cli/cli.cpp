#include "cli/cli.hpp"
#include "process/tool_child.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace troupe::cli {
namespace {

constexpr const char* footer = R"(First steps:
  troupe serve                                      a server on 127.0.0.1:8080, data in ./troupe-data
  troupe submit --notebook 1 --watch https://example.org/ https://example.com/
  troupe submit --notebook 1 --watch - < urls.txt   one URL a line
  troupe parse page.html                            one document to Markdown, no server
  troupe parse --media https://example.org/talk     what is said in the media behind a page

Settings: troupe config prints all of them with their defaults. Give a changed copy with
--config, or single ones with --set, as in --set fetch.max_per_host=2.
A server fetches no private and loopback addresses unless --allow-network names them; troupe parse URL
fetches what you could fetch yourself.

Exit codes: 0 done; 1 done, but some items failed; 2 wrong usage or settings; 3 server not reached.)";

child_limits limits_of(int argc, char** argv) {
  child_limits limits;
  if (argc > 2) limits.memory_bytes = std::strtoull(argv[2], nullptr, 10);
  if (argc > 3) limits.cpu_seconds = static_cast<unsigned>(std::strtoul(argv[3], nullptr, 10));
  return limits;
}

int parser_child(int argc, char** argv, const hooks& with) {
  return run_parser_child(limits_of(argc, argv), with.parse);
}

void add_settings(CLI::App& sub, settings_source& from) {
  sub.add_option("--config", from.config_file, "Settings: a commented JSON file")->type_name("FILE");
  sub.add_option("--set", from.assignments, "Override one setting")
      ->type_name("key=value")
      ->allow_extra_args(false);
}

void add_serve(CLI::App& app, serve_command& c) {
  auto* sub = app.add_subcommand("serve", "Run a server");
  add_settings(*sub, c.from);
  sub->add_option("--listen", c.listen, "Where to listen; beyond loopback only with http.keys")
      ->type_name("ADDR:PORT");
  sub->add_option("--data", c.data, "Where to keep everything")->type_name("DIR");
  sub->add_option("--allow-network", c.from.allow_networks,
                  "A network that may be fetched from although it is not public")
      ->type_name("CIDR")
      ->allow_extra_args(false);
}

void add_submit(CLI::App& app, submit_command& c) {
  auto* sub = app.add_subcommand("submit", "Submit URLs to a server as one batch");
  sub->add_option("--server", c.server, "The server")->type_name("URL")->capture_default_str();
  sub->add_option("--key", c.key, "An API key")->envname("TROUPE_KEY");
  sub->add_option("--notebook", c.notebook, "The notebook that gets the sources")->required()->type_name("N");
  sub->add_flag("--watch", c.watch, "Wait for the batch, showing how far it is");
  sub->add_option("urls", c.urls, "URLs, or - to read them from standard input, one a line")
      ->required()
      ->type_name("URL…|-");
}

void add_parse(CLI::App& app, parse_command& c) {
  auto* sub = app.add_subcommand("parse", "Turn one document into Markdown on standard output");
  sub->add_option("input", c.input, "A file, an http(s) URL, or - for standard input")
      ->required()
      ->type_name("FILE|URL|-");
  sub->add_option("--url", c.url, "The document's address: base of relative links");
  sub->add_option("--images", c.images, "Write the document's images there; the text links images/NAME")
      ->type_name("DIR");
  sub->add_flag("--json", c.json, "Print a JSON object with the metadata");
  sub->add_flag("--media", c.media, "Find the media behind the page and tell what is said in it");
  add_settings(*sub, c.from);
}

int run_command(int argc, char** argv, const hooks& with) {
  if (argc > 1 && std::string_view(argv[1]) == "parser-child") return parser_child(argc, argv, with);
  if (argc > 3 && std::string_view(argv[1]) == "tool-child") return run_tool_child(argv[2], argv + 3);

  CLI::App app{
      "Troupe takes batches of URLs and files, turns each into clean Markdown, stores it, and tells\n"
      "exactly how far every item is.",
      "troupe"};
  app.footer(footer);
  app.set_version_flag("--version", "troupe " TROUPE_VERSION);
  app.require_subcommand(1);
  serve_command serving;
  submit_command submitting;
  parse_command parsing;
  std::string key_name = "key";
  bool key_writes = false;
  std::string directory = "troupe-data";
  add_serve(app, serving);
  add_submit(app, submitting);
  add_parse(app, parsing);
  app.add_subcommand("config", "Print every setting with its default, as a file for --config");
  auto* key = app.add_subcommand("key", "Make an API key: prints it, and the entry for http.keys");
  key->add_option("--name", key_name, "What the key is called")->capture_default_str();
  key->add_flag("--write", key_writes, "The key may submit and delete");
  auto* check = app.add_subcommand("verify", "Check a store that no server has open, row by row");
  check->add_option("--data", directory, "The store's directory")->type_name("DIR")->capture_default_str();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? ok : usage;
  }
  if (app.got_subcommand("serve")) return serve(serving, with);
  if (app.got_subcommand("submit")) return submit(submitting);
  if (app.got_subcommand("parse")) return parse(parsing);
  if (app.got_subcommand("key")) return make_key(key_name, key_writes);
  if (app.got_subcommand("verify")) return verify(directory);
  std::cout << shipped_settings();
  return ok;
}

} // namespace

int run(int argc, char** argv, const hooks& with) {
  try {
    return run_command(argc, argv, with);
  } catch (const std::exception& e) {
    std::cerr << "troupe: " << e.what() << "\n";
    return failed;
  }
}

} // namespace troupe::cli
