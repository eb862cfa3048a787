#include "http/archive_stream.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <ctime>
#include <stdexcept>
#include <utility>

namespace troupe::http {
namespace {

la_ssize_t append(archive*, void* out, const void* data, size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(data), size);
  return static_cast<la_ssize_t>(size);
}

void check(archive* a, la_ssize_t code) {
  if (code < ARCHIVE_WARN) throw std::runtime_error(archive_error_string(a));
}

} // namespace

struct archive_stream::archive_state {
  archive* to = archive_write_new();
  std::string out;
  ~archive_state() { archive_write_free(to); }
};

archive_stream::archive_stream(format f)
    : state_(std::make_unique<archive_state>()) {
  auto* a = state_->to;
  check(a, f == format::zip ? archive_write_set_format_zip(a) : archive_write_set_format_pax_restricted(a));
  check(a, archive_write_set_bytes_per_block(a, 0));
  check(a, archive_write_open(a, &state_->out, nullptr, &append, nullptr));
}

archive_stream::~archive_stream() = default;

std::string archive_stream::begin(const std::string& name, uint64_t size) {
  auto* a = state_->to;
  const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> e{archive_entry_new(),
                                                                        &archive_entry_free};
  archive_entry_set_pathname_utf8(e.get(), name.c_str());
  archive_entry_set_size(e.get(), static_cast<la_int64_t>(size));
  archive_entry_set_filetype(e.get(), AE_IFREG);
  archive_entry_set_perm(e.get(), 0644);
  archive_entry_set_mtime(e.get(), std::time(nullptr), 0);
  check(a, archive_write_header(a, e.get()));
  return std::exchange(state_->out, {});
}

std::string archive_stream::more(std::string_view piece) {
  check(state_->to, archive_write_data(state_->to, piece.data(), piece.size()));
  return std::exchange(state_->out, {});
}

std::string archive_stream::add(const std::string& name, std::string_view content) {
  auto bytes = begin(name, content.size());
  bytes += more(content);
  return bytes;
}

std::string archive_stream::finish() {
  check(state_->to, archive_write_close(state_->to));
  return std::exchange(state_->out, {});
}

} // namespace troupe::http
