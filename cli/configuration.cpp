#include "cli/cli.hpp"

#include <fstream>
#include <iostream>
#include <sstream>

namespace troupe::cli {

bool load_settings(const settings_source& from, settings& into) {
  const auto complain = [](const std::string& where, const std::string& what) {
    if (!what.empty()) std::cerr << "troupe: " << where << what << "\n";
    return what.empty();
  };
  if (!from.config_file.empty()) {
    std::ifstream file{from.config_file};
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) return complain(from.config_file + ": ", "cannot be read");
    if (!complain(from.config_file + ": ", read_settings(text.str(), into))) return false;
  }
  for (const auto& a : from.assignments)
    if (!complain("--set ", override_setting(a, into))) return false;
  for (const auto& n : from.allow_networks)
    into.fetch.allow_networks.push_back(n);
  return complain("", check_settings(into));
}

} // namespace troupe::cli
