/// What the kernel tells of this process (proc(5)).
#include "config/metrics.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

namespace troupe {
namespace {

double seconds_of(const timeval& t) {
  return double(t.tv_sec) + double(t.tv_usec) / 1e6;
}

double cpu_seconds() {
  double sum = 0;
  for (const int whose : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    if (getrusage(whose, &used) == 0) sum += seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
  }
  return sum;
}

/// Fields of /proc/self/stat from the third on: those before may hold blanks.
std::vector<std::string> stat_fields() {
  std::ifstream file{"/proc/self/stat"};
  std::string text;
  std::getline(file, text);
  std::istringstream rest{text.substr(std::min(text.size(), text.rfind(')') + 1))};
  return {std::istream_iterator<std::string>{rest}, {}};
}

/// When the machine started, in seconds since 1970.
double boot_time() {
  std::ifstream file{"/proc/stat"};
  for (std::string word; file >> word;)
    if (double at = 0; word == "btime" && file >> at) return at;
  return 0;
}

} // namespace

void measure_process(metrics& into) {
  into.count(metric::process_cpu).raise_to(cpu_seconds());
  if (const auto f = stat_fields(); f.size() > 21) {
    constexpr size_t third = 3;
    const auto field = [&](size_t n) { return std::stod(f[n - third]); };
    into.level(metric::process_threads).set(field(20));
    into.level(metric::process_started).set(boot_time() + field(22) / double(sysconf(_SC_CLK_TCK)));
    into.level(metric::process_virtual).set(field(23));
    into.level(metric::process_resident).set(field(24) * double(sysconf(_SC_PAGESIZE)));
  }
  std::error_code ignored;
  // Less the one that is read here.
  const auto open = -1 + std::distance(std::filesystem::directory_iterator{"/proc/self/fd", ignored}, {});
  into.level(metric::process_open_files).set(double(open));
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0)
    into.level(metric::process_max_files).set(double(files.rlim_cur));
}

} // namespace troupe
