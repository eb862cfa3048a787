/// Small commands for operators.
#include "cli/cli.hpp"
#include "model/content.hpp"
#include "storage/catalog.hpp"

#include <nlohmann/json.hpp>
#include <openssl/rand.h>

#include <filesystem>
#include <iostream>

namespace troupe::cli {

int make_key(const std::string& name, bool write) {
  unsigned char bytes[32];
  if (RAND_bytes(bytes, sizeof bytes) != 1) {
    std::cerr << "troupe: the system gives no randomness\n";
    return failed;
  }
  digest random;
  std::copy(std::begin(bytes), std::end(bytes), random.bytes.begin());
  const auto key = "trp_" + random.hex();
  const nlohmann::ordered_json entry{{"name", name}, {"sha256", sha256(key).hex()}, {"write", write}};
  std::cout << "key (shown this once):  " << key << "\nentry for http.keys:    " << entry.dump() << "\n";
  return ok;
}

int verify(const std::string& directory) {
  if (!std::filesystem::exists(directory + "/db/CURRENT")) {
    std::cerr << "troupe: there is no store in " << directory << "\n";
    return usage;
  }
  rocksdb_options options;
  options.directory = directory + "/db";
  const auto db = open_rocksdb(options);
  const auto files = file_store::open(directory + "/files", nullptr);
  if (!db || !files) {
    std::cerr << "troupe: " << (db ? files.error().text() : db.error().text()) << "\n";
    return unavailable;
  }
  const auto problems = catalog(**db, **files).verify();
  for (const auto& p : problems)
    std::cout << p << "\n";
  std::cout << (problems.empty() ? "the store agrees with itself\n" : "");
  return problems.empty() ? ok : failed;
}

} // namespace troupe::cli
