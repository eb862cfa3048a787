#pragma once
/// Every setting, with its unit; defaults are the initialisers. Bounds and descriptions: settings.cpp.

#include "model/ids.hpp"
#include "model/time.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// An API key: its hash and what it may do.
struct api_key {
  std::string name;
  /// SHA-256 of the key's text, 64 hexadecimal digits.
  std::string sha256;
  /// Notebooks it may touch; empty: all.
  std::vector<uint64_t> notebooks;
  bool may_write = false;
};

struct settings {
  struct {
    std::string listen = "127.0.0.1:8080";
    std::string tls_certificate;
    std::string tls_key;
    std::vector<std::string> allowed_origins;
    std::vector<std::string> allowed_hosts;
    std::vector<api_key> keys;
    int64_t max_connections = 10'000;
    int64_t max_listeners = 20'000;
    int64_t header_bytes = 16'384;
    int64_t body_bytes = 268'435'456;
    int64_t spool_bytes = 65'536;
    int64_t spooling_requests = 4;
    int64_t answer_bytes = 268'435'456;
    milliseconds header_timeout{10'000};
    milliseconds body_timeout{30'000};
    milliseconds idle_timeout{60'000};
    milliseconds write_timeout{30'000};
    milliseconds single_item_wait{30'000};
    milliseconds heartbeat{15'000};
    milliseconds session_lifetime{14LL * 24 * 3600 * 1000};
    std::string cookie_same_site = "Lax";
    int64_t status_items = 10'000;
    int64_t render_threads = 2;
  } http;

  struct {
    std::string directory = "troupe-data";
    int64_t node = 0;
    int64_t write_buffer_bytes = 33'554'432;
    int64_t block_cache_bytes = 33'554'432;
    int64_t inline_original_bytes = 1'048'576;
    int64_t commit_items = 4'096;
    milliseconds commit_interval{2};
    milliseconds event_retention{7LL * 24 * 3600 * 1000};
    milliseconds receipt_retention{24LL * 3600 * 1000};
    milliseconds original_retention{24LL * 3600 * 1000};
    milliseconds sweep_interval{10'000};
    int64_t min_free_bytes = 268'435'456;
    std::string backup_directory;
    int64_t max_backups = 4;
  } store;

  struct {
    int64_t items_per_batch = 1'000'000;
    int64_t open_batches = 100'000;
    int64_t open_batches_per_notebook = 50'000;
    int64_t url_bytes = 2'048;
    int64_t file_bytes = 104'857'600;
    int64_t upload_bytes = 17'179'869'184;
    int64_t files_per_request = 10'000;
    int64_t upload_id_bytes = 128;
    int64_t accept_chunk = 5'000;
    int64_t append_items = 10'000;
    int64_t metadata_bytes = 4'096;
    int64_t text_bytes = 1'048'576;
    int64_t webhooks = 1'000;
    int64_t keys = 10'000;
    int64_t sessions = 10'000;
  } limits;

  struct {
    int64_t attempts = 3;
    milliseconds backoff{1'000};
    milliseconds backoff_limit{60'000};
    milliseconds retry_after_limit{300'000};
    int64_t parser_deaths = 2;
    milliseconds item_budget{300'000};
    int64_t window = 256;
    int64_t lookahead = 512;
    int64_t held_items = 32'768;
    int64_t scheduler_threads = 0;
    int64_t nice = 19;
    milliseconds drain_timeout{20'000};
  } work;

  struct {
    std::vector<std::string> allow_networks;
    std::string user_agent = "Troupe/" TROUPE_VERSION;
    bool robots = true;
    milliseconds robots_ttl{3'600'000};
    int64_t robots_bytes = 512'000;
    int64_t max_transfers = 256;
    int64_t max_per_host = 8;
    milliseconds host_delay{0};
    milliseconds connect_timeout{10'000};
    milliseconds total_timeout{60'000};
    milliseconds stall_timeout{15'000};
    int64_t stall_bytes_per_second = 100;
    int64_t max_redirects = 8;
    int64_t max_body_bytes = 33'554'432;
    int64_t held_bytes = 67'108'864;
    bool verify_tls = true;
  } fetch;

  struct {
    int64_t processes = 0;
    int64_t documents_per_process = 500;
    int64_t memory_bytes = 536'870'912;
    milliseconds cpu_timeout{10'000};
    milliseconds wall_timeout{20'000};
    int64_t max_markdown_bytes = 16'777'216;
    std::vector<std::string> legacy_converter;
    int64_t max_images = 200;
    int64_t max_image_bytes = 20'971'520;
    bool chart_values = false;
  } parse;

  struct {
    std::vector<std::string> finder = {"yt-dlp"};
    std::vector<std::string> finder_reads;
    std::string ffmpeg = "ffmpeg";
    std::string ffprobe = "ffprobe";
    std::vector<std::string> transcriber;
    bool transcriber_network = false;
    std::vector<std::string> languages = {"en"};
    bool keep_original = true;
    int64_t max_bytes = 1'073'741'824;
    int64_t memory_bytes = 8'589'934'592;
    milliseconds timeout{3'600'000};
    int64_t concurrent = 2;
    int64_t lookahead = 16;
  } media;

  struct {
    milliseconds timeout{15'000};
    std::vector<std::string> delays = {"5s", "5m", "30m", "2h", "5h", "10h", "14h", "20h", "24h"};
    int64_t concurrent = 4;
    milliseconds rotation{24LL * 3600 * 1000};
  } webhooks;

  struct {
    std::string listen;
    std::vector<std::string> join;
    std::string name;
    std::string advertise;
    std::vector<int64_t> owners;
    std::string certificate;
    std::string key;
    std::string authority;
    milliseconds heartbeat{1'000};
    milliseconds timeout{5'000};
    milliseconds handshake_timeout{5'000};
    int64_t max_handshakes = 256;
    int64_t failed_handshakes = 32;
    milliseconds reconnect{500};
    milliseconds reconnect_limit{10'000};
    int64_t chunk_bytes = 262'144;
    int64_t message_bytes = 4'194'304;
    milliseconds set_aside{30'000};
  } cluster;

  struct {
    std::string level = "info";
    std::string format = "text";
  } log;
};

/// One setting, as documented in the shipped file.
struct setting_info {
  /// Dotted, as `fetch.max_redirects`.
  std::string key;
  /// Its default as JSON text.
  std::string initial;
  /// `ms`, `bytes`, … or empty.
  std::string unit;
  /// As `1 to 100`; empty where anything goes.
  std::string bounds;
  std::string text;
};

/// All settings, in the order of the shipped file.
std::vector<setting_info> describe_settings();

/// The shipped file: a commented JSON document that says every setting's default, unit and bounds.
std::string shipped_settings();

/// Reads a commented JSON document over `into`. Returns an empty text, or what is wrong with which key.
std::string read_settings(std::string_view json, settings& into);

/// Applies `key=value`, the value as JSON or, for a text, bare. Returns an empty text or what is wrong.
std::string override_setting(std::string_view assignment, settings& into);

/// Checks what spans several keys: listening beyond loopback needs keys, networks and addresses are well
/// formed. Returns an empty text, or what is wrong with which key.
std::string check_settings(const settings& s);

} // namespace troupe
