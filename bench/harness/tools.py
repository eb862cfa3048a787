"""Programs of others: load by wrk, pages and late answers by nginx, ceilings by the bench's own programs."""

import re
import statistics
import subprocess
import tempfile
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .measures import Measure
from .places import BUILD
from .waiting import until

WRK_SECONDS = 5
"""Addresses of loopback that a site answers at: each is a host of its own."""
HOSTS = 10


@dataclass
class Load:
    """What wrk saw: requests a second, latencies in milliseconds, answers that were no success."""

    rate: float
    p50: float
    p99: float
    failed: int


def _milliseconds(text):
    found = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text)
    if not found:
        raise RuntimeError(f"wrk says {text}")
    number, unit = found.groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[unit]


def wrk(url, connections, seconds=WRK_SECONDS, script=None):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency"]
    if script:
        command += ["-s", str(script)]
    out = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout

    def found(pattern, otherwise=None):
        m = re.search(pattern, out, re.MULTILINE)
        return m.group(1) if m else otherwise

    failed = int(found(r"Non-2xx or 3xx responses: (\d+)", "0"))
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
    failed += sum(int(n) for n in errors.groups()) if errors else 0
    return Load(
        float(found(r"Requests/sec:\s+([\d.]+)")),
        _milliseconds(found(r"^\s+50%\s+(\S+)")),
        _milliseconds(found(r"^\s+99%\s+(\S+)")),
        failed,
    )


def median_of(loads):
    return Load(
        statistics.median(x.rate for x in loads),
        statistics.median(x.p50 for x in loads),
        statistics.median(x.p99 for x in loads),
        sum(x.failed for x in loads),
    )


def ceiling(name, *arguments):
    """The figure that one of bench/ceilings prints."""
    command = [BUILD / f"bench/ceiling_{name}", *arguments]
    return float(subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True).stdout)


def ceiling_at_once(name, processes, *arguments):
    """The sum of the figures that so many of one of bench/ceilings print when they run at the same time."""
    with ThreadPoolExecutor(processes) as threads:
        return sum(threads.map(lambda _: ceiling(name, *arguments), range(processes)))


def lines_of(program, *arguments):
    """Measures that a program of the bench prints itself (measure.hpp)."""
    command = [BUILD / f"bench/{program}", *arguments]
    out = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True).stdout
    measures = []
    for line in out.splitlines():
        m = re.fullmatch(r"(\S+)\s+(.+?)\s+(-?[\d.]+)(?: (.*))?", line)
        if m:
            measures.append(Measure(m.group(2), float(m.group(3)), m.group(4) or ""))
    return measures


_SITE = """
{modules}
worker_processes 1;
worker_rlimit_nofile 65536;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 30000; }}
http {{
  access_log off;
  default_type text/html;
  keepalive_requests 1000000;
  sendfile on;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{
    {listens}
    location /pages/ {{ alias {pages}/; {validators} }}
    location = /constant {{ default_type text/plain; return 200 '{constant}'; }}
    location /late/ {{ default_type text/plain; echo_sleep 0.2; echo $uri; }}
  }}
}}
"""


class Site:
    """nginx on loopback: /pages/NAME from a folder, /constant with these bytes, /late/… after 200 ms. `fresh`: who
    fetches a page again is given it again (no validators, RFC 9110 section 8.8)."""

    def __init__(self, pages="/nonexistent", constant="{}", port=18090, fresh=False):
        self._folder = tempfile.TemporaryDirectory(prefix="troupe-bench-nginx-")
        folder = self._folder.name
        self.url = f"http://127.0.0.1:{port}"
        modules = "\n".join(
            f"load_module {m};" for m in Path("/usr/lib/nginx/modules").glob("ngx_http_echo_module.so")
        )
        file = Path(folder) / "nginx.conf"
        listens = "\n    ".join(f"listen 127.0.0.{n}:{port} backlog=16384;" for n in range(1, HOSTS + 1))
        file.write_text(_SITE.format(modules=modules, listens=listens, folder=folder, pages=pages, constant=constant, port=port, validators="etag off; add_header Last-Modified '';" if fresh else ""))
        Path(folder).chmod(0o755)
        self.process = subprocess.Popen(["nginx", "-p", folder, "-c", str(file), "-g", "daemon off;"])
        until(self._answers, 10, "nginx does not answer")

    def _answers(self):
        try:
            return urllib.request.urlopen(self.url + "/constant", timeout=1).status == 200
        except urllib.error.URLError:
            return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self._folder.cleanup()
