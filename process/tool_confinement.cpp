#include "process/sandbox.hpp"
#include "process/system_calls.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>

namespace troupe {
namespace {

using net = tool_reach::net;

// -- files (Landlock) ---------------------------------------------------------------------------------

/// In headers since Linux 6.2, in kernels since version 3 of Landlock.
constexpr uint64_t truncate_right = 1u << 14;
constexpr long version_with_truncate = 3;

constexpr uint64_t file_reading = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE;
constexpr uint64_t reading = file_reading | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr uint64_t file_writing = LANDLOCK_ACCESS_FS_WRITE_FILE | truncate_right;
constexpr uint64_t special_files = LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                                   LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
                                   LANDLOCK_ACCESS_FS_MAKE_SYM;
/// Plain files and folders: who reads what a program left must not be led elsewhere by a link.
constexpr uint64_t writing = file_writing | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                             LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG;

/// What programs need to start and run: libraries, fonts, encodings, certificates, the time zone.
constexpr const char* system_files[] = {"/usr",
                                        "/lib",
                                        "/lib64",
                                        "/bin",
                                        "/etc/ld.so.cache",
                                        "/etc/fonts",
                                        "/etc/xpdf",
                                        "/etc/ssl",
                                        "/etc/ca-certificates",
                                        "/etc/mime.types",
                                        "/etc/localtime",
                                        "/etc/alternatives",
                                        "/dev/null",
                                        "/dev/zero",
                                        "/dev/urandom"};

class file_rules {
public:
  explicit file_rules(bool reads_too) {
    const auto version = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    handled_ = writing | special_files | (reads_too ? reading : 0);
    if (version < version_with_truncate) handled_ &= ~truncate_right;
    landlock_ruleset_attr all{};
    all.handled_access_fs = handled_;
    rules_ = static_cast<int>(syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0));
  }
  ~file_rules() {
    if (rules_ >= 0) ::close(rules_);
  }
  file_rules(const file_rules&) = delete;

  /// A kernel without Landlock: what seccomp forbids still holds.
  bool known() const { return rules_ >= 0; }
  /// What is beneath `path`, or the file itself; nothing when there is none.
  void allow(const std::string& path, uint64_t rights) {
    landlock_path_beneath_attr beneath{};
    beneath.parent_fd = ::open(path.c_str(), O_PATH | O_CLOEXEC);
    if (beneath.parent_fd < 0) return;
    beneath.allowed_access = rights & handled_;
    // Rights of a folder are refused for a file.
    if (syscall(SYS_landlock_add_rule, rules_, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0) {
      beneath.allowed_access &= file_reading | file_writing;
      syscall(SYS_landlock_add_rule, rules_, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    }
    ::close(beneath.parent_fd);
  }
  bool enforce() { return syscall(SYS_landlock_restrict_self, rules_, 0) == 0; }

private:
  uint64_t handled_ = 0;
  int rules_ = -1;
};

/// The cards that a transcriber computes on, and shared memory.
void allow_graphics(file_rules& rules) {
  for (const auto* path : {"/dev/dri", "/dev/kfd", "/dev/accel"})
    rules.allow(path, file_writing);
  std::error_code ignored;
  for (const auto& device : std::filesystem::directory_iterator("/dev", ignored))
    if (device.path().filename().string().starts_with("nvidia")) rules.allow(device.path(), file_writing);
  rules.allow("/dev/shm", writing);
}

failure restrict_files(const tool_reach& reach) {
  file_rules rules{!reach.trusted};
  if (!rules.known() && reach.network == net::proxy)
    return fail(errc::internal_error, "the kernel has no Landlock: what comes from a network could read all");
  if (!rules.known()) return fail(errc::none);
  for (const auto* path : system_files)
    rules.allow(path, reading);
  for (const auto& path : reach.reads)
    rules.allow(path, reading);
  // Its input, which it may open again by name to move about in it.
  rules.allow("/proc/self/fd/0", LANDLOCK_ACCESS_FS_READ_FILE);
  rules.allow("/dev/null", file_writing);
  if (reach.trusted) allow_graphics(rules);
  if (!reach.folder.empty()) rules.allow(reach.folder, reading | writing);
  return rules.enforce() ? fail(errc::none) : refused_by_kernel("landlock");
}

// -- system calls -------------------------------------------------------------------------------------

constexpr auto denied = SCMP_ACT_ERRNO(EPERM);

/// Who has no processes of its own has nobody to signal.
void deny_signals(system_calls& calls) {
  calls.rules(denied, {SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(pidfd_open),
                       SCMP_SYS(pidfd_send_signal), SCMP_SYS(rt_tgsigqueueinfo), SCMP_SYS(setsid),
                       SCMP_SYS(setpgid)});
  calls.rule(denied, SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_NE, static_cast<scmp_datum_t>(getpid())));
}

/// What would reach other processes, or change the rules.
void deny_meddling(system_calls& calls) {
  calls.rules(denied, {SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
                       SCMP_SYS(setpriority), SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(chroot),
                       SCMP_SYS(pivot_root), SCMP_SYS(setns), SCMP_SYS(unshare), SCMP_SYS(bpf),
                       SCMP_SYS(perf_event_open), SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key),
                       SCMP_SYS(io_uring_setup), SCMP_SYS(userfaultfd)});
  calls.rule(denied, SCMP_SYS(prlimit64), SCMP_A0(SCMP_CMP_NE, 0));
}

/// What Landlock does not see: owners, modes, times, and in older kernels lengths.
void deny_changing_files(system_calls& calls) {
  calls.rules(denied, {SCMP_SYS(chmod), SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(lchown),
                       SCMP_SYS(fchownat), SCMP_SYS(setxattr), SCMP_SYS(lsetxattr), SCMP_SYS(removexattr),
                       SCMP_SYS(lremovexattr), SCMP_SYS(truncate)});
}

void limit_sockets(system_calls& calls, net network, bool processes) {
  if (network == net::any) return;
  // Pairs without a name are how programs talk to their children.
  if (!processes) calls.rule(denied, SCMP_SYS(socketpair));
  if (network == net::none)
    return calls.rules(denied, {SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen),
                                SCMP_SYS(accept), SCMP_SYS(accept4)});
  // A network of its own keeps the internet away, but not the sockets that lie in the file system.
  for (int family = 0; family < AF_MAX; ++family)
    if (family != AF_INET && family != AF_INET6)
      calls.rule(denied, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(family)));
  calls.rule(denied, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_GE, AF_MAX));
}

void limit_processes(system_calls& calls, bool allowed) {
  // What clone3 asks for cannot be seen: callers then fall back to clone.
  calls.rule(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
  for (const scmp_datum_t space :
       {CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP})
    calls.rule(denied, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, space, space));
  if (allowed) return;
  calls.rules(denied, {SCMP_SYS(fork), SCMP_SYS(vfork)});
  // Threads, but no processes.
  calls.rule(denied, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
}

} // namespace

failure confine_tool(const tool_reach& reach) {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (auto f = restrict_files(reach); f.code != errc::none) return f;
  system_calls calls{SCMP_ACT_ALLOW};
  // Those of a namespace of its own are a program's to manage (namespaces.hpp).
  if (!reach.processes) deny_signals(calls);
  deny_meddling(calls);
  if (!reach.trusted) deny_changing_files(calls);
  limit_sockets(calls, reach.network, reach.processes);
  limit_processes(calls, reach.processes);
  return calls.load();
}

} // namespace troupe
