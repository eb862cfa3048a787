/// The commands that need no server, or are one.
#include "cli/command_line.hpp"

#include <iostream>

namespace troupe::cli {
namespace {

void add_settings(CLI::App& sub, settings_source& from) {
  sub.add_option("--config", from.config_file, "Settings: a commented JSON file")->type_name("FILE");
  sub.add_option("--set", from.assignments, "Override one setting")
      ->type_name("key=value")
      ->allow_extra_args(false);
}

void add_cluster(CLI::App& sub, cluster_options& c) {
  sub.add_option("--join", c.join, "A node of the cluster to join")
      ->check(given)
      ->type_name("HOST:PORT")
      ->allow_extra_args(false);
  sub.add_option("--name", c.name, "What this node is called in the cluster; otherwise as the machine")
      ->type_name("NAME");
}

void add_networks(CLI::App& sub, settings_source& from) {
  sub.add_option("--allow-network", from.allow_networks,
                 "A network that may be fetched from although it is not public")
      ->type_name("CIDR")
      ->allow_extra_args(false);
}

void add_worker(command_line& to, const hooks& with) {
  const auto c = std::make_shared<work_command>();
  auto* sub = add_command<work_command>(to, to.app, "work", "Work for the servers of a cluster", c,
                                        [with](const work_command& x) { return work(x, with); });
  add_settings(*sub, c->from);
  sub->add_option("--data", c->data, "Where to keep what is under way")
      ->type_name("DIR")
      ->capture_default_str();
  add_cluster(*sub, c->cluster);
  add_networks(*sub, c->from);
}

} // namespace

void add_server_command(command_line& to, const hooks& with) {
  const auto c = std::make_shared<serve_command>();
  auto* sub = add_command<serve_command>(to, to.app, "serve", "Run a server", c,
                                         [with](const serve_command& x) { return serve(x, with); });
  add_settings(*sub, c->from);
  sub->add_option("--listen", c->listen, "Where to listen; beyond loopback only with http.keys")
      ->type_name("ADDR:PORT");
  sub->add_option("--data", c->data, "Where to keep everything")->type_name("DIR");
  sub->add_option("--cluster-listen", c->cluster.listen,
                  "Where other nodes reach this one; beyond loopback only with cluster.certificate")
      ->type_name("ADDR:PORT");
  add_cluster(*sub, c->cluster);
  add_networks(*sub, c->from);
  add_worker(to, with);
}

namespace {

void add_parse(command_line& to) {
  const auto c = std::make_shared<parse_command>();
  auto* sub = add_command<parse_command>(to, to.app, "parse",
                                         "Turn one document into Markdown on standard output", c, parse);
  sub->add_option("input", c->input, "A file, an http(s) URL, or - for standard input")
      ->required()
      ->type_name("FILE|URL|-");
  sub->add_option("--url", c->url, "The document's address: base of relative links")->type_name("URL");
  sub->add_option("--images", c->images, "Write the document's images there; the text links images/NAME")
      ->type_name("DIR");
  sub->add_flag("--json", c->json, "Print a JSON object with the metadata");
  sub->add_flag("--media", c->media, "Find the media behind the page and tell what is said in it");
  add_settings(*sub, c->from);
}

void add_upkeep(command_line& to) {
  struct nothing {};
  add_command<nothing>(to, to.app, "config", "Print every setting with its default, as a file for --config",
                       std::make_shared<nothing>(), [](const nothing&) {
                         std::cout << shipped_settings();
                         return ok;
                       });

  struct key_command {
    std::string name = "key";
    bool write = false;
  };
  const auto k = std::make_shared<key_command>();
  auto* key = add_command<key_command>(to, to.app, "key",
                                       "Make a key for http.keys of the settings, without a server", k,
                                       [](const key_command& x) { return make_key(x.name, x.write); });
  key->add_option("--name", k->name, "What the key is called")->capture_default_str()->type_name("NAME");
  key->add_flag("--write", k->write, "The key may submit and delete");

  struct verify_command {
    std::string data = "troupe-data";
  };
  const auto v = std::make_shared<verify_command>();
  auto* check =
      add_command<verify_command>(to, to.app, "verify", "Check a store that no server has open, row by row",
                                  v, [](const verify_command& x) { return verify(x.data); });
  check->add_option("--data", v->data, "The store's directory")->type_name("DIR")->capture_default_str();

  const auto r = std::make_shared<restore_command>();
  auto* back = add_command<restore_command>(to, to.app, "restore", "Make a store of a backup, and check it",
                                            r, restore);
  back->add_option("from", r->from,
                   "An archive of troupe backup, a backup's directory, or - for standard input")
      ->required()
      ->type_name("FILE|DIR|-");
  back->add_option("--data", r->data, "The new store's directory")
      ->check(given)
      ->type_name("DIR")
      ->capture_default_str();
}

void add_shell_help(command_line& to) {
  struct completion_command {
    std::string shell;
  };
  const auto c = std::make_shared<completion_command>();
  auto* sub = add_command<completion_command>(to, to.app, "completion",
                                              "Print a script that completes commands in a shell", c,
                                              [&to](const completion_command& x) {
                                                std::cout << completion_script(to.app, x.shell);
                                                return ok;
                                              });
  sub->add_option("shell", c->shell, "Which shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("bash|zsh|fish");
  struct nothing {};
  add_command<nothing>(to, to.app, "manual", "Print the manual page, for man -l -",
                       std::make_shared<nothing>(), [&to](const nothing&) {
                         std::cout << manual_page(to.app);
                         return ok;
                       });
}

void add_certificates(command_line& to) {
  auto* certificates =
      to.app.add_subcommand("cluster", "Certificates of a cluster: its authority, its nodes");
  certificates->require_subcommand(1);
  const auto a = std::make_shared<authority_command>();
  auto* made =
      add_command<authority_command>(to, *certificates, "init", "Make the authority", a, make_cluster);
  made->add_option("--dir", a->directory, "Where")->check(given)->type_name("DIR")->capture_default_str();
  made->add_option("--days", a->days, "How long it is valid")
      ->check(CLI::PositiveNumber)
      ->type_name("N")
      ->capture_default_str();
  const auto n = std::make_shared<certificate_command>();
  n->days = 825;
  auto* node = add_command<certificate_command>(to, *certificates, "cert", "Make the certificate of a node",
                                                n, certify_node);
  node->add_option("name", n->node, "The node's name, as in cluster.name")
      ->required()
      ->check(given)
      ->type_name("NAME");
  node->add_option("--host", n->hosts, "A name or address by which others dial it")
      ->type_name("HOST")
      ->allow_extra_args(false);
  node->add_option("--dir", n->directory, "Where the authority is")
      ->check(given)
      ->type_name("DIR")
      ->capture_default_str();
  node->add_option("--days", n->days, "How long it is valid; negative: it has expired")
      ->type_name("N")
      ->capture_default_str();
}

} // namespace

void add_local_commands(command_line& to) {
  add_parse(to);
  add_certificates(to);
  add_upkeep(to);
  add_shell_help(to);
}

} // namespace troupe::cli
