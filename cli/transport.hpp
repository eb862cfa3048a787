#pragma once
/// A plain HTTP client for the command's own requests to a server.

#include "model/error.hpp"

#include <functional>
#include <string>
#include <vector>

namespace troupe::cli {

/// Which server, and as whom.
struct server_access {
  std::string server = "http://127.0.0.1:8080";
  std::string key;
  /// Certificates (PEM) that are trusted; empty: the system's.
  std::string ca;
};

struct reply {
  long status = 0;
  std::string etag;
  std::string body;
  bool ok() const { return status >= 200 && status < 300; }
};

struct request {
  std::string method = "GET";
  std::string path;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::string> headers;
  /// Sent as multipart, in the field `files`.
  std::vector<std::string> files;
  /// Takes the body of a good answer as it comes; false ends the transfer.
  std::function<bool(std::string_view)> sink;
  /// It may take as long as it likes.
  bool long_lived = false;
  /// It is carried out whether or not the user has interrupted, and takes a few seconds at most.
  bool cleans_up = false;
};

class client {
public:
  /// `with.server` as `http://127.0.0.1:8080`.
  explicit client(server_access with);
  /// Fails with `connect_refused` when no answer came, with `cancelled` when the user interrupted or `sink`
  /// had enough, with `invalid_request` when server, certificates or files cannot be used.
  result<reply> send(const request& r) const;
  result<reply> get(const std::string& path) const { return send({.path = path}); }
  result<reply> post(const std::string& path, std::string json) const {
    return send({.method = "POST", .path = path, .body = std::move(json)});
  }
  const std::string& server() const { return with_.server; }

private:
  server_access with_;
};

/// A text as part of a path or a query.
std::string escaped(std::string_view text);

/// The bytes at a URL; for `troupe parse URL`, on behalf of whoever typed it.
result<std::string> download(const std::string& url, std::string& content_type, std::string& final_url);

} // namespace troupe::cli
