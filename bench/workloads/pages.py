"""pages: 2,000 pages of 20 to 60 KiB from nginx on loopback fetched, parsed to Markdown and stored, each once."""

import os
import subprocess
import time

import peers
from harness import pages, processes, tools
from harness.measures import Measure
from harness.server import Server

PAGES = 2_000
SETTINGS = ["fetch.max_per_host=64"]


def curl_alone(site, folder):
    """Pages/s of libcurl's own program against the same nginx, 64 at once."""
    lines = "".join(f'url = "{site.url}/pages/{n}.html"\noutput = "/dev/null"\n' for n in range(PAGES))
    list_file = folder.parent / "urls.txt"
    list_file.write_text(lines)
    start = time.monotonic()
    subprocess.run(["curl", "-s", "--no-progress-meter", "-Z", "--parallel-max", "64", "-K", str(list_file)], check=True, stderr=subprocess.DEVNULL)
    return PAGES / (time.monotonic() - start)


def run(with_peers=False):
    folder = pages.folder(PAGES)
    some = [folder / f"{n}.html" for n in range(0, PAGES, 10)]
    with tools.Site(pages=folder) as site:
        with Server(SETTINGS) as server, processes.Watch(server.pid) as memory:
            server.wait_for(server.submit([f"{site.url}/pages/{n}.html?first" for n in range(100)], notebook=2))
            before = server.costs()
            start = time.monotonic()
            server.wait_for(server.submit([f"{site.url}/pages/{n}.html" for n in range(PAGES)]))
            seconds = time.monotonic() - start
            cpu, written, syncs = (after - b for after, b in zip(server.costs(), before))
        fetching = curl_alone(site, folder)
        nginx = tools.wrk(site.url + "/pages/0.html", 64, seconds=2).rate
        others = peers.pages(site.url, PAGES) if with_peers else {}
    cores = len(os.sched_getaffinity(0))
    parsing = tools.ceiling("parse", 3, *some) * cores
    parsing_at_once = tools.ceiling_at_once("parse", cores, 3, *some)
    return [
        Measure("pages/s", PAGES / seconds, "1/s", parsing, {name: r for name, (r, _) in others.items()}),
        Measure("parsing alone, times the cores", parsing, "1/s"),
        Measure("parsing alone, one on each core at once", parsing_at_once, "1/s"),
        Measure("curl alone, 64 at once", fetching, "1/s"),
        Measure("nginx alone", nginx, "1/s"),
        Measure("CPU a page", 1e3 * cpu / PAGES, "ms", None, {name: 1e3 * c for name, (_, c) in others.items()}),
        Measure("written to disk a page", written / PAGES, "bytes"),
        Measure("syncs for 1,000 pages", 1000 * syncs / PAGES, ""),
        Measure("most memory", memory.most_mib, "MiB"),
    ]
