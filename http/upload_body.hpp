#pragma once
/// The multipart body of an upload: each file goes to the store's files as it arrives.

#include "http/accepting.hpp"
#include "http/incoming_file.hpp"
#include "http/multipart.hpp"

namespace troupe::http {

class upload_body {
public:
  /// `boundary` as in the request's Content-Type; `into` takes the files as items.
  upload_body(const server_context& server, std::string_view boundary, accepting& into);

  /// Takes the next bytes: hashes, writes, and now and then sends a part of the batch. For a worker's thread,
  /// one at a time. Fails with `invalid_request`, `too_large` or what the store says; the upload is over
  /// then.
  failure feed(std::string_view bytes);
  /// After the last bytes: what the fields said is checked.
  failure finish(notebook_id expected);

  /// There was one file, in the field `file`: it is answered by itself.
  bool single() const { return single_; }

private:
  struct file {
    explicit file(const server_context& server)
        : bytes(server) {}
    std::string name;
    /// None once it is refused.
    std::optional<incoming_file> bytes;
    uint64_t size = 0;
    /// Why it is not taken; its bytes are passed over.
    failure refused{errc::none, {}, 0, std::nullopt};
  };
  failure begin(part_head head);
  failure data(std::string_view bytes);
  failure end();
  failure begin_file(const part_head& head);
  failure write(std::string_view bytes);
  failure add_pending(std::string_view upload_id);

  const server_context& server_;
  accepting& into_;
  multipart_parser parser_;
  std::unique_ptr<file> file_;
  std::string field_;
  std::string value_;
  std::string notebook_;
  std::string upload_id_;
  /// The last file: an upload id for it may still come.
  std::optional<std::pair<std::string, result<content_ref>>> pending_;
  size_t files_ = 0;
  bool single_ = false;
};

/// Feeds the request's body to the upload, on workers' threads: the connection waits meanwhile, and so does
/// its client. None: all of it was taken.
asio::awaitable<std::optional<response>> receive_upload(exchange& x, upload_body& body, notebook_id expected);

} // namespace troupe::http
