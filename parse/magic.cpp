#include "parse/magic.hpp"

#include <magic.h>

#include <memory>

namespace troupe {
namespace {

struct closes {
  void operator()(magic_set* m) const { magic_close(m); }
};
using database = std::unique_ptr<magic_set, closes>;

database open() {
  // The looks into compressed files, archives and executables are for others to take, or for nobody.
  database out{magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR |
                          MAGIC_NO_CHECK_APPTYPE | MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_CDF |
                          MAGIC_NO_CHECK_JSON | MAGIC_NO_CHECK_CSV)};
  if (out && magic_load(out.get(), nullptr) != 0) out.reset();
  return out;
}

} // namespace

std::string magic_name(std::string_view head) {
  thread_local const database known = open();
  const char* name = known ? magic_buffer(known.get(), head.data(), head.size()) : nullptr;
  return name ? name : "";
}

} // namespace troupe
