#include "process/sandbox.hpp"

#include "process/system_calls.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>

namespace troupe {
namespace {

void limit(int what, uint64_t soft, uint64_t hard) {
  const rlimit l{soft, hard};
  setrlimit(static_cast<__rlimit_resource>(what), &l);
}

uint64_t address_space() {
  uint64_t pages = 0;
  std::ifstream{"/proc/self/statm"} >> pages;
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

} // namespace

void limit_process(uint64_t file_bytes, uint64_t open_files) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_DUMPABLE, 0);
  signal(SIGINT, SIG_IGN);
  limit(RLIMIT_CORE, 0, 0);
  limit(RLIMIT_FSIZE, file_bytes, file_bytes);
  limit(RLIMIT_NOFILE, open_files, open_files);
}

void limit_memory(uint64_t bytes) {
  // Sanitizers reserve terabytes of address space: there the limit would end the process at once.
  if (sanitized) return;
  const auto most = address_space() + bytes;
  limit(RLIMIT_AS, most, most);
}

void limit_cpu(milliseconds time) {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto spent = static_cast<uint64_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec);
  limit(RLIMIT_CPU, spent + static_cast<uint64_t>((time.count() + 999) / 1000) + 1, RLIM_INFINITY);
}

failure confine_parser() {
  if (sanitized) return fail(errc::none);
  system_calls calls{SCMP_ACT_ERRNO(EPERM)};
  for (const int call : {SCMP_SYS(read),
                         SCMP_SYS(write),
                         SCMP_SYS(readv),
                         SCMP_SYS(writev),
                         SCMP_SYS(recvmsg),
                         SCMP_SYS(sendmsg),
                         SCMP_SYS(recvfrom),
                         SCMP_SYS(sendto),
                         SCMP_SYS(close),
                         SCMP_SYS(lseek),
                         SCMP_SYS(pread64),
                         SCMP_SYS(fstat),
                         SCMP_SYS(newfstatat),
                         SCMP_SYS(mmap),
                         SCMP_SYS(munmap),
                         SCMP_SYS(mremap),
                         SCMP_SYS(mprotect),
                         SCMP_SYS(madvise),
                         SCMP_SYS(brk),
                         SCMP_SYS(futex),
                         SCMP_SYS(poll),
                         SCMP_SYS(ppoll),
                         SCMP_SYS(pause),
                         SCMP_SYS(nanosleep),
                         SCMP_SYS(clock_nanosleep),
                         SCMP_SYS(clock_gettime),
                         SCMP_SYS(gettimeofday),
                         SCMP_SYS(time),
                         SCMP_SYS(getrandom),
                         SCMP_SYS(getrusage),
                         SCMP_SYS(sysinfo),
                         SCMP_SYS(uname),
                         SCMP_SYS(getpid),
                         SCMP_SYS(gettid),
                         SCMP_SYS(sched_yield),
                         SCMP_SYS(sched_getaffinity),
                         SCMP_SYS(rt_sigaction),
                         SCMP_SYS(rt_sigprocmask),
                         SCMP_SYS(rt_sigreturn),
                         SCMP_SYS(sigaltstack),
                         SCMP_SYS(restart_syscall),
                         SCMP_SYS(exit),
                         SCMP_SYS(exit_group)})
    calls.rule(SCMP_ACT_ALLOW, call);
  // Its own limits, not those of others; its own death, not that of others.
  calls.rule(SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), SCMP_A0(SCMP_CMP_EQ, 0));
  calls.rule(SCMP_ACT_ALLOW, SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(getpid())));
  return calls.load();
}

} // namespace troupe
