"""Redis and PostgreSQL of the bench's own, on loopback, with the durability that a comparison names."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from harness.waiting import until

REDIS_PORT = 18379
POSTGRES_PORT = 18432
START_SECONDS = 30
POSTGRES = Path("/usr/lib/postgresql/15/bin")


class Redis:
    """`sync` is Redis' appendfsync: `always`, or `everysec`."""

    def __init__(self, sync):
        self._folder = tempfile.TemporaryDirectory(prefix="troupe-bench-redis-")
        self.url = f"redis://127.0.0.1:{REDIS_PORT}/0"
        options = ["--port", REDIS_PORT, "--bind", "127.0.0.1", "--dir", self._folder.name, "--save", ""]
        options += ["--appendonly", "yes", "--appendfsync", sync, "--maxmemory-policy", "noeviction"]
        command = ["redis-server", *map(str, options)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self.pids = [self.process.pid]
        ping = ["redis-cli", "-p", str(REDIS_PORT), "ping"]
        until(lambda: subprocess.run(ping, capture_output=True).returncode == 0, START_SECONDS, "Redis does not answer")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self._folder.cleanup()


class Postgres:
    """As Debian has it, every commit synced; buffers for a small machine."""

    def __init__(self):
        self._folder = tempfile.mkdtemp(prefix="troupe-bench-postgres-")
        self.url = f"postgres://postgres@127.0.0.1:{POSTGRES_PORT}/postgres"
        shutil.chown(self._folder, "postgres")
        data = f"{self._folder}/data"
        self._as_postgres(POSTGRES / "initdb", "-D", data, "-A", "trust", "-U", "postgres")
        options = f"-p {POSTGRES_PORT} -c listen_addresses=127.0.0.1 -k {self._folder} -c shared_buffers=128MB"
        self._data = data
        self._as_postgres(POSTGRES / "pg_ctl", "-D", data, "-w", "-l", f"{self._folder}/log", "-o", options, "start")
        self.pids = [int(Path(data, "postmaster.pid").read_text().split()[0])]

    @staticmethod
    def _as_postgres(*command):
        line = ["runuser", "-u", "postgres", "--", *map(str, command)]
        subprocess.run(line, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._as_postgres(POSTGRES / "pg_ctl", "-D", self._data, "-m", "immediate", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)
