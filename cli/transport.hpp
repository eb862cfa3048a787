#pragma once
/// A plain HTTP client for the command's own requests to a server.

#include "model/error.hpp"

#include <string>

namespace troupe::cli {

struct reply {
  long status = 0;
  std::string body;
};

class client {
public:
  /// `server` as `http://127.0.0.1:8080`; `key` may be empty.
  client(std::string server, std::string key);
  /// Fails with `connect_refused` or the like when no answer came.
  result<reply> get(const std::string& path) const;
  result<reply> post(const std::string& path, const std::string& json) const;

private:
  result<reply> send(const std::string& path, const std::string* body) const;
  std::string server_;
  std::string key_;
};

/// The bytes at a URL; for `troupe parse URL`, on behalf of whoever typed it.
result<std::string> download(const std::string& url, std::string& content_type, std::string& final_url);

} // namespace troupe::cli
