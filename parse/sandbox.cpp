#include "parse/sandbox.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

namespace troupe {
namespace {

constexpr uint64_t most_open_files = 64;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

void limit(int what, uint64_t soft, uint64_t hard) {
  const rlimit l{soft, hard};
  setrlimit(static_cast<__rlimit_resource>(what), &l);
}

uint64_t address_space() {
  uint64_t pages = 0;
  std::ifstream{"/proc/self/statm"} >> pages;
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

failure refused(const char* what) {
  return fail(errc::internal_error, std::string(what) + ": " + std::strerror(errno));
}

/// A filter that is loaded into the kernel at the end.
class filter {
public:
  explicit filter(uint32_t otherwise)
      : context_(seccomp_init(otherwise)) {}
  ~filter() { seccomp_release(context_); }
  filter(const filter&) = delete;
  void rule(uint32_t action, int call) { ok_ = ok_ && seccomp_rule_add(context_, action, call, 0) == 0; }
  void rule(uint32_t action, int call, const scmp_arg_cmp& when) {
    ok_ = ok_ && seccomp_rule_add(context_, action, call, 1, when) == 0;
  }
  bool load() { return ok_ && seccomp_load(context_) == 0; }

private:
  scmp_filter_ctx context_;
  bool ok_ = context_ != nullptr;
};

/// Files that a program needs to start and run: libraries, fonts, encodings. Nothing else can be opened, and
/// nothing written, whatever is asked.
failure restrict_files() {
  landlock_ruleset_attr all{};
  all.handled_access_fs =
      LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |
      LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
      LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
      LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
      LANDLOCK_ACCESS_FS_MAKE_SYM;
  const auto rules = static_cast<int>(syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0));
  // A kernel without Landlock: what seccomp forbids still holds.
  if (rules < 0) return fail(errc::none);
  for (const auto* path : {"/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/fonts", "/etc/xpdf"}) {
    landlock_path_beneath_attr beneath{};
    beneath.parent_fd = ::open(path, O_PATH | O_CLOEXEC);
    if (beneath.parent_fd < 0) continue;
    beneath.allowed_access = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE;
    if (std::strcmp(path, "/etc/ld.so.cache") != 0) beneath.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    ::close(beneath.parent_fd);
  }
  const bool restricted = syscall(SYS_landlock_restrict_self, rules, 0) == 0;
  ::close(rules);
  return restricted ? fail(errc::none) : refused("landlock");
}

} // namespace

void limit_process() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_DUMPABLE, 0);
  signal(SIGINT, SIG_IGN);
  limit(RLIMIT_CORE, 0, 0);
  limit(RLIMIT_FSIZE, 0, 0);
  limit(RLIMIT_NOFILE, most_open_files, most_open_files);
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
  filter calls{SCMP_ACT_ERRNO(EPERM)};
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
  return calls.load() ? fail(errc::none) : refused("seccomp");
}

failure confine_tool() {
  if (sanitized) return fail(errc::none);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (auto f = restrict_files(); f.code != errc::none) return f;
  filter calls{SCMP_ACT_ALLOW};
  for (const int call : {SCMP_SYS(socket),
                         SCMP_SYS(socketpair),
                         SCMP_SYS(connect),
                         SCMP_SYS(bind),
                         SCMP_SYS(listen),
                         SCMP_SYS(accept),
                         SCMP_SYS(accept4),
                         SCMP_SYS(fork),
                         SCMP_SYS(vfork),
                         SCMP_SYS(ptrace),
                         SCMP_SYS(process_vm_readv),
                         SCMP_SYS(process_vm_writev),
                         SCMP_SYS(kill),
                         SCMP_SYS(mount),
                         SCMP_SYS(umount2),
                         SCMP_SYS(chroot),
                         SCMP_SYS(pivot_root),
                         SCMP_SYS(setns),
                         SCMP_SYS(unshare),
                         SCMP_SYS(bpf),
                         SCMP_SYS(perf_event_open),
                         SCMP_SYS(keyctl),
                         SCMP_SYS(add_key),
                         SCMP_SYS(request_key),
                         SCMP_SYS(io_uring_setup),
                         SCMP_SYS(userfaultfd)})
    calls.rule(SCMP_ACT_ERRNO(EPERM), call);
  // Threads, but no processes. What clone3 asks for cannot be seen: callers then fall back to clone.
  calls.rule(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
  calls.rule(SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, 0x00010000, 0));
  return calls.load() ? fail(errc::none) : refused("seccomp");
}

} // namespace troupe
