#pragma once
/// The `troupe` command.

#include "actors/engine.hpp"
#include "parse/child.hpp"

namespace troupe::cli {

/// What tests put in the place of the real thing.
struct hooks {
  /// Under the store; null: the machine's own.
  std::function<std::shared_ptr<rocksdb::FileSystem>(const std::string& directory)> file_system;
  /// What the node speaks with others; 0: what it should.
  uint32_t wire_version = 0;
  /// Inside parser processes.
  parse_function parse = parse_document;
  stand_ins instead;
};

/// Exit codes of every command.
enum exit_code : int {
  ok = 0,
  /// The work was done and some of it failed.
  failed = 1,
  /// The command line or the configuration is wrong.
  usage = 2,
  /// The server cannot be reached or has no room.
  unavailable = 3,
  /// Ctrl-C while it waited for something; what goes on at the server goes on.
  stopped = 130,
};

int run(int argc, char** argv, const hooks& with = {});

/// Whoever read standard output has seen enough, as `head`: that it cannot be written any more is no failure.
void reader_has_left();

// -- the commands, one file each ----------------------------------------------------------------------

/// Where settings come from, the later over the earlier.
struct settings_source {
  std::string config_file;
  std::vector<std::string> allow_networks;
  std::vector<std::string> assignments;
};
/// Reads file and overrides into `into`. False, with the reason on standard error, when something is wrong.
bool load_settings(const settings_source& from, settings& into);

/// Where other nodes are; each over the setting of its name.
struct cluster_options {
  std::string listen;
  std::vector<std::string> join;
  std::string name;
};
/// As settings.
void add_cluster_options(const cluster_options& c, settings_source& to);

struct serve_command {
  settings_source from;
  std::string listen;
  std::string data;
  cluster_options cluster;
};
int serve(const serve_command& c, const hooks& with);

struct work_command {
  settings_source from;
  std::string data = "troupe-work";
  cluster_options cluster;
};
int work(const work_command& c, const hooks& with);

struct authority_command {
  std::string directory = "troupe-cluster";
  int days = 3650;
};
int make_cluster(const authority_command& c);

struct certificate_command : authority_command {
  std::string node;
  std::vector<std::string> hosts;
};
int certify_node(const certificate_command& c);

struct parse_command {
  settings_source from;
  std::string input;
  std::string url;
  bool json = false;
  /// Wanted is what is said in the media behind the page.
  bool media = false;
  /// Where embedded images go; empty: nowhere.
  std::string images;
};
int parse(const parse_command& c);

/// Prints a new key and its line for http.keys.
int make_key(const std::string& name, bool write);
/// Checks a store that no server has open, row by row; prints each disagreement.
int verify(const std::string& directory);

struct restore_command {
  /// An archive, `-`, or a backup's directory.
  std::string from;
  /// A directory that is not there yet, or empty.
  std::string data = "troupe-data";
};
int restore(const restore_command& c);

} // namespace troupe::cli
