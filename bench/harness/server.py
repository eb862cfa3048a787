"""A server of the bench's own, on loopback, with its data in a folder that goes with it."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

from . import processes
from .places import BUILD, ROOT
from .waiting import until

START_SECONDS = 120
ANSWER_SECONDS = 600


class Server:
    """`settings` as --set takes them; `noop` names stages that do nothing; `keep` takes a data folder over."""

    def __init__(self, settings=(), noop="", data=None, port=18080):
        self.port = port
        self.data = data or tempfile.mkdtemp(prefix="troupe-bench-")
        self._own_data = data is None
        program = BUILD / ("tests/troupe_test_server" if noop else "troupe")
        self._refuse_another()
        command = [program, "serve", "--config", ROOT / "config/troupe.json", "--data", self.data]
        command += ["--listen", f"127.0.0.1:{port}", "--allow-network", "127.0.0.0/8", "--set", "log.level=warn"]
        for s in settings:
            command += ["--set", s]
        environment = dict(os.environ, TROUPE_TEST_NOOP=noop)
        started = time.monotonic()
        self.process = subprocess.Popen([str(c) for c in command], env=environment)
        self._wait_ready()
        self.seconds_to_ready = time.monotonic() - started
        self.pid = self.process.pid

    def _refuse_another(self):
        try:
            self.request("GET", "/version")
        except OSError:
            return
        raise RuntimeError(f"another server answers at port {self.port}")

    def _wait_ready(self):
        until(self._is_ready, START_SECONDS, "the server does not become ready", every=0.002)

    def _is_ready(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"the server ended with {self.process.returncode}")
        try:
            return self.request("GET", "/readyz")[0] == 200
        except OSError:
            return False

    def request(self, method, path, body=None, headers=None):
        """Status and body."""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        try:
            c.request(method, path, body, headers or {})
            r = c.getresponse()
            return r.status, r.read()
        finally:
            c.close()

    def submit(self, urls, notebook=1):
        """A batch of these; its name."""
        status, body = self.request("POST", "/v1/batches", json.dumps({"notebook": notebook, "items": urls}))
        if status != 202:
            raise RuntimeError(f"refused: {status} {body[:300]!r}")
        return json.loads(body)["id"]

    def upload(self, form, boundary, notebook=1):
        """A batch of the files of a form; its name."""
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        status, body = self.request("POST", f"/api/v1/notebooks/{notebook}/files/upload/", form, kind)
        if status != 202:
            raise RuntimeError(f"refused: {status} {body[:300]!r}")
        return f"bat_{json.loads(body)['batch_job_id']}"

    def batch(self, name):
        return json.loads(self.request("GET", f"/v1/batches/{name}")[1])

    def wait_for(self, name, most_seconds=ANSWER_SECONDS, every=0.02):
        """Waits for the batch's end; the batch then. All its items have to succeed."""
        until = time.monotonic() + most_seconds
        while time.monotonic() < until:
            batch = self.batch(name)
            if batch.get("reason"):
                if batch["counts"]["succeeded"] != batch["counts"]["total"]:
                    raise RuntimeError(f"not all succeeded: {batch}")
                return batch
            time.sleep(every)
        raise RuntimeError(f"{name} does not end")

    def metric(self, name):
        """Sum of a metric's samples."""
        total = 0.0
        for line in self.request("GET", "/metrics")[1].decode().splitlines():
            if line.startswith(name + " ") or line.startswith(name + "{"):
                total += float(line.rsplit(" ", 1)[1])
        return total

    def pids(self):
        return processes.tree(self.pid)

    def costs(self):
        """CPU seconds, bytes written, syncs of the store so far."""
        pids = self.pids()
        return (
            processes.cpu_seconds(pids),
            processes.written_bytes(pids),
            self.metric("troupe_store_commits_total"),
        )

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        if self._own_data:
            shutil.rmtree(self.data, ignore_errors=True)
