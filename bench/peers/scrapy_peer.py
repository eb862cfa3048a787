"""scrapy_peer.py SITE FROM TO FILE: fetches these pages with Scrapy, html2text makes Markdown of them, a line of JSON
for each goes to the file."""

import json
import sys

import html2text
import scrapy
from scrapy.crawler import CrawlerProcess

site, first, last, target = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]


class Pages(scrapy.Spider):
    name = "pages"
    start_urls = [f"{site}/pages/{n}.html" for n in range(first, last)]

    def __init__(self):
        super().__init__()
        self.out = open(target, "w")

    def parse(self, answer):
        self.out.write(json.dumps({"url": answer.url, "markdown": html2text.html2text(answer.text)}) + "\n")

    def closed(self, _):
        self.out.close()


process = CrawlerProcess(
    {
        "CONCURRENT_REQUESTS": 32,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 32,
        "LOG_ENABLED": False,
        "COOKIES_ENABLED": False,
        "RETRY_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
    }
)
process.crawl(Pages)
process.start()
