#pragma once
/// A programmable web server on loopback: what it answers is said by the path.
///
///   /page/N             an article of its own for every N (about 2 KiB); /page/N/KIB of about that size
///   /status/CODE        that status, with a short body
///   /redirect/N         N redirects, then a page; /redirect/loop; /redirect/to?URL
///   /delay/MS/N         page N after so many milliseconds
///   /drip/BYTES/MS      a body of so many bytes, one each MS
///   /hang               takes the request and never answers
///   /reset              closes with RST before an answer; /reset/mid after half of a body
///   /short              announces more bytes than it sends
///   /garbage            answers what is no HTTP
///   /bomb               100 MiB of zeros in 100 KiB of gzip
///   /large/BYTES        text of so many bytes
///   /flaky/CODE/TIMES/KEY   CODE the first TIMES for each KEY, then a page; 429 with Retry-After: 1
///   /type/TYPE…         a short body with that Content-Type (slashes as they are)
///   /empty              a page without text; /binary bytes without a type
///   /etag/N             page N with an ETag; 304 to If-None-Match
///   /says/WORD          a page that contains WORD
///   /robots.txt         404, or what `set_robots` said for the request's host
///
/// All of 127.0.0.0/8 is loopback: hosts differ by address.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe::test {

class origin {
public:
  struct request {
    std::string host;
    std::string path;
    std::map<std::string, std::string> headers;
  };

  /// Listens on all loopback addresses at `port` (0: a free one), on a thread of its own.
  explicit origin(uint16_t port = 0);
  ~origin();

  uint16_t port() const;
  /// `http://127.0.0.1:PORT` + path; or with another last number of the address.
  std::string url(const std::string& path, unsigned host = 1) const;
  void set_robots(const std::string& host, const std::string& text);

  /// All requests so far but robots.txt, in order of arrival.
  std::vector<request> requests() const;
  /// How often each path was asked for.
  std::map<std::string, unsigned> hits() const;
  /// The most requests that were under way from one host at once.
  std::map<std::string, unsigned> most_at_once() const;
  /// Connections that the client has not closed.
  unsigned open_connections() const;
  /// Requests under way now.
  unsigned under_way() const;
  /// Do not keep a log: for long loads.
  void forget_requests(bool forget);

private:
  class server;
  std::unique_ptr<server> server_;
};

/// The HTML of /page/N.
std::string page_html(uint64_t n, unsigned kib = 2);

} // namespace troupe::test
