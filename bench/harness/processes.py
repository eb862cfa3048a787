"""What processes cost, read from /proc (proc(5)): CPU, memory, bytes written."""

import os
import threading

TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid):
    """The process and all that it has started and that live."""
    out = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as f:
                for child in f.read().split():
                    out += tree(int(child))
    except OSError:
        pass
    return out


def _stat(pid):
    with open(f"/proc/{pid}/stat") as f:
        return f.read().rsplit(")", 1)[1].split()


def cpu_seconds(pids):
    """Of these processes, with their children that have ended and were waited for."""
    total = 0
    for pid in pids:
        try:
            fields = _stat(pid)
        except OSError:
            continue
        total += sum(int(x) for x in fields[11:15])
    return total / TICKS


def _sum(pids, file, field):
    """Of a number that /proc has on a line of its own for each process."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/{file}") as f:
                total += next(int(line.split()[1]) for line in f if line.startswith(field))
        except (OSError, StopIteration):
            continue
    return total


def memory_mib(pids):
    """Proportional set size: what is shared counts once, and is shared with whoever else has mapped it."""
    return _sum(pids, "smaps_rollup", "Pss:") / 1024


def _mappings(pid):
    """Of each mapping the part of a file it is of, None for memory of no file, and its sizes in KiB by name."""
    out = []
    try:
        with open(f"/proc/{pid}/smaps") as f:
            for line in f:
                words = line.split()
                if "-" in words[0]:
                    _, _, offset, device, inode = words[:5]
                    out.append(((device, inode, offset) if inode != "0" else None, {}))
                elif words[-1] == "kB":
                    out[-1][1][words[0]] = int(words[1])
    except OSError:
        pass
    return out


def memory_apart_mib(pids):
    """What these have together, whoever else on the machine has mapped the same files: of each mapping of a file, what
    the process counts that has read the most of it. Takes some 30 ms of CPU: not for looking often."""
    own = 0
    files = {}
    for pid in pids:
        for file, sizes in _mappings(pid):
            own += sizes.get("Anonymous:" if file else "Pss:", 0)
            if file:
                files[file] = max(files.get(file, 0), sizes.get("Rss:", 0) - sizes.get("Anonymous:", 0))
    return (own + sum(files.values())) / 1024


def written_bytes(pids):
    """What these have had written to disk."""
    return _sum(pids, "io", "write_bytes")


class Watch:
    """The most memory that a tree of processes has had, sampled twice a second, while it is open."""

    def __init__(self, *pids):
        self.pids = pids
        self.most_mib = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def _sample(self):
        while not self._stop.wait(0.5):
            self.look()

    def look(self):
        now = memory_mib([p for pid in self.pids for p in tree(pid)])
        self.most_mib = max(self.most_mib, now)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.look()
        self._stop.set()
        self._thread.join()
