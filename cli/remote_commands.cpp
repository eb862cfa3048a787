/// The commands that talk to a server.
#include "cli/command_line.hpp"

namespace troupe::cli {
namespace {

void add_access(CLI::App& sub, remote_command& c) {
  sub.add_option("--server", c.to.server, "The server")
      ->type_name("URL")
      ->capture_default_str()
      ->envname("TROUPE_SERVER");
  sub.add_option("--key", c.to.key, "An API key")->type_name("KEY")->envname("TROUPE_KEY");
  sub.add_option("--ca", c.to.ca, "Trust these certificates, instead of the system's")
      ->type_name("FILE")
      ->envname("TROUPE_CA");
  sub.add_flag("--json", c.json, "Print what the server says, for programs: an object, or one a line");
}

/// A command with the options that all of them have.
template <class Command>
std::pair<CLI::App*, std::shared_ptr<Command>> add_remote(command_line& to, CLI::App& under, const char* name,
                                                          const char* text,
                                                          std::function<int(const Command&)> run) {
  const auto c = std::make_shared<Command>();
  auto* sub = add_command<Command>(to, under, name, text, c, std::move(run));
  add_access(*sub, *c);
  return {sub, c};
}

void add_batches(CLI::App& sub, batch_command& c) {
  sub.add_option("batch", c.batches, "Batches, as bat_9")->required()->check(given)->type_name("BATCH");
}

void add_submit(command_line& to) {
  const auto [sub, c] =
      add_remote<submit_command>(to, to.app, "submit", "Submit URLs or files as one batch", submit);
  sub->add_option("--notebook", c->notebook, "The notebook that gets the sources")
      ->capture_default_str()
      ->type_name("N");
  sub->add_option("--tag", c->tags, "A tag of the batch, for troupe list")
      ->type_name("TAG")
      ->allow_extra_args(false);
  sub->add_option("--priority", c->priority, "0 to 9: what is higher goes first")
      ->check(CLI::Range(0, 9))
      ->type_name("N");
  sub->add_option("--max-concurrency", c->max_concurrency, "Items of it in work at once")->type_name("N");
  sub->add_option("--max-age", c->max_age,
                  "Seconds: take a younger source of the same URL instead of a fetch")
      ->check(CLI::NonNegativeNumber)
      ->type_name("S");
  sub->add_flag("--media", c->media, "Wanted is what is said in audio and video behind the pages");
  sub->add_flag("--strict", c->strict, "One item that cannot be used refuses all");
  sub->add_flag("--watch", c->watch, "Wait for the batch, showing how far it is");
  sub->add_option("what", c->what, "URLs, or files, or - to read URLs from standard input, one a line")
      ->required()
      ->check(given)
      ->type_name("URL|FILE|-");
}

void add_looking(command_line& to) {
  const auto watched =
      add_remote<batch_command>(to, to.app, "watch", "Wait for batches, showing how far they are", watch);
  add_batches(*watched.first, *watched.second);
  const auto told = add_remote<batch_command>(to, to.app, "status", "Tell how far batches are", status);
  add_batches(*told.first, *told.second);
  const auto [all, l] = add_remote<list_command>(to, to.app, "list", "List batches, newest first", list);
  all->add_option("--status", l->status, "Only those in this state")->type_name("STATE");
  all->add_option("--tag", l->tag, "Only those with this tag")->type_name("TAG");
  all->add_option("--limit", l->limit, "At most so many")->type_name("N")->capture_default_str();
  all->add_flag("--all", l->all, "All of them");
  const auto [rows, i] = add_remote<items_command>(to, to.app, "items", "List the items of a batch", items);
  rows->add_option("batch", i->batch, "The batch, as bat_9")->required()->check(given)->type_name("BATCH");
  rows->add_option("--status", i->status, "Only those in this state")->type_name("STATE");
  rows->add_option("--error-code", i->error_code, "Only those with this error")->type_name("CODE");
  rows->add_option("--host", i->host, "Only those of this host, as example.org:443")->type_name("HOST:PORT");
  rows->add_option("--text", i->text, "Only those with this in their URL, file name or custom id")
      ->type_name("TEXT");
  rows->add_option("--limit", i->limit, "At most so many")->type_name("N")->capture_default_str();
  rows->add_flag("--all", i->all, "All of them");
}

void add_leaving(command_line& to) {
  const auto [shown, r] = add_remote<results_command>(to, to.app, "results",
                                                      "Print what the items of a batch have left", results);
  shown->add_option("batch", r->batch, "The batch, as bat_9")->required()->check(given)->type_name("BATCH");
  shown->add_flag("--follow", r->follow, "Go on until the batch ends");
  const auto [taken, e] = add_remote<export_command>(
      to, to.app, "export", "Write what a batch has left into a file or a folder", export_batch);
  taken->add_option("batch", e->batch, "The batch, as bat_9")->required()->check(given)->type_name("BATCH");
  taken->add_option("--to", e->file, "A file that ends in .zip or .ndjson, or a folder for Markdown files")
      ->required()
      ->check(given)
      ->type_name("FILE|DIR");
  taken->add_flag("--force", e->force, "Replace the file, or write into a folder that is not empty");
}

void add_steering(command_line& to) {
  const std::pair<const char*, const char*> verbs[] = {
      {"cancel", "Cancel batches: what has not ended ends as cancelled"},
      {"pause", "Begin nothing new of batches"},
      {"resume", "Go on with batches that were paused"}};
  for (const auto& [name, text] : verbs) {
    const auto sub =
        add_remote<batch_command>(to, to.app, name, text, [verb = std::string(name)](const batch_command& c) {
          return steer(c, verb);
        });
    add_batches(*sub.first, *sub.second);
  }
  const auto [sub, c] =
      add_remote<retry_command>(to, to.app, "retry", "Try the failed items of batches again", retry);
  add_batches(*sub, *c);
  sub->add_flag("--all", c->all, "All items, not only those that failed");
  sub->add_flag("--reparse", c->reparse, "Parse the stored originals, and fetch nothing");
}

void add_keys(command_line& to) {
  auto* keys = to.app.add_subcommand("keys", "Keys of a server: list, create, delete");
  keys->require_subcommand(1);
  add_remote<keys_command>(to, *keys, "list", "List them", list_keys);
  const auto [made, c] =
      add_remote<keys_command>(to, *keys, "create", "Make one; it is shown once", create_key);
  made->add_option("name", c->name, "What it is called")->required()->check(given)->type_name("NAME");
  made->add_flag("--write", c->write, "It may submit and delete");
  made->add_option("--notebook", c->notebooks, "A notebook that it may touch; none: all")
      ->type_name("N")
      ->allow_extra_args(false);
  const auto [gone, d] = add_remote<keys_command>(to, *keys, "delete", "Take one back", delete_key);
  gone->add_option("key", d->id, "Its id, as key_0123456789abcdef")
      ->required()
      ->check(given)
      ->type_name("ID");
}

void add_backup(command_line& to) {
  const auto [sub, c] = add_remote<backup_command>(
      to, to.app, "backup", "Copy a server's whole store, beside its work", backup_store);
  auto* to_file = sub->add_option("--to", c->file, "Take it away as an archive, for troupe restore")
                      ->check(given)
                      ->type_name("FILE");
  sub->add_flag("--keep", c->keep, "Leave it at the server too")->needs(to_file);
}

void add_nodes(command_line& to) {
  add_remote<remote_command>(to, to.app, "nodes", "List the nodes of the cluster", list_nodes);
  const auto [sub, c] = add_remote<drain_command>(
      to, to.app, "drain", "Have a node finish what it has in hand, and end", drain_node);
  sub->add_option("node", c->node, "Its name")->required()->check(given)->type_name("NODE");
}

} // namespace

void add_remote_commands(command_line& to) {
  add_submit(to);
  add_looking(to);
  add_leaving(to);
  add_steering(to);
  add_keys(to);
  add_backup(to);
  add_nodes(to);
}

} // namespace troupe::cli
