#pragma once
/// The commands that talk to a server, over the native API.

#include "cli/terminal.hpp"
#include "cli/transport.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>

namespace troupe::cli {

struct remote_command {
  server_access to;
  /// Print what the server says, for programs.
  bool json = false;
};

struct submit_command : remote_command {
  uint64_t notebook = 0;
  bool watch = false;
  bool media = false;
  bool strict = false;
  unsigned priority = 0;
  uint64_t max_concurrency = 0;
  int64_t max_age = -1;
  std::vector<std::string> tags;
  /// URLs, or files, or `-`: URLs from standard input.
  std::vector<std::string> what;
};
int submit(const submit_command& c);

/// Commands that name batches.
struct batch_command : remote_command {
  std::vector<std::string> batches;
};
int watch(const batch_command& c);
int status(const batch_command& c);
/// Does `what` with batches, the last part of the path; `body` is JSON.
int steer(const batch_command& c, const std::string& what, const std::string& body = {});

struct retry_command : batch_command {
  bool all = false;
  bool reparse = false;
};
int retry(const retry_command& c);

struct list_command : remote_command {
  std::string status;
  std::string tag;
  unsigned limit = 20;
  bool all = false;
};
int list(const list_command& c);

struct items_command : remote_command {
  std::string batch;
  std::string status;
  std::string error_code;
  std::string host;
  std::string text;
  unsigned limit = 100;
  bool all = false;
};
int items(const items_command& c);

struct results_command : remote_command {
  std::string batch;
  bool follow = false;
};
int results(const results_command& c);

struct export_command : remote_command {
  std::string batch;
  /// A file that ends in .zip or .ndjson, or a folder for Markdown.
  std::string file;
  bool force = false;
};
int export_batch(const export_command& c);

struct keys_command : remote_command {
  std::string name;
  bool write = false;
  std::vector<uint64_t> notebooks;
  std::string id;
};
int list_keys(const keys_command& c);
int create_key(const keys_command& c);
int delete_key(const keys_command& c);

struct backup_command : remote_command {
  /// Where the archive goes; empty: the backup stays at the server.
  std::string file;
  bool keep = false;
};
int backup_store(const backup_command& c);

struct drain_command : remote_command {
  std::string node;
};
int list_nodes(const remote_command& c);
int drain_node(const drain_command& c);

// -- shared ---------------------------------------------------------------------------------------------

/// Says on standard error why there is no good answer; the exit code for it.
int complain(const failure& f);
int complain(const reply& r);
/// The JSON of a good answer; none: it was complained about, and `code` is the exit code.
std::optional<nlohmann::json> answer_of(const result<reply>& r, int& code);
/// A path with a query of those members that have a value.
std::string with_query(std::string path, const std::vector<std::pair<const char*, std::string>>& members);
/// `bat_9` of `bat_9` or `9`.
std::string batch_of(const std::string& given);
/// Goes through the pages of a list, at most `limit` rows, or all. False: it was complained about.
bool each_row(const client& server, const std::string& path, unsigned limit, bool all,
              const std::function<void(const nlohmann::json&)>& row, int& code);
/// Waits for a batch's end, showing how far it is; the exit code.
int follow_batch(const client& server, const std::string& batch, bool json);

} // namespace troupe::cli
