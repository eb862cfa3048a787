// Crawlee: crawlee.mjs SITE FROM TO. Fetches these pages with its HTTP crawler, turndown makes Markdown of them, its
// dataset keeps it.
import { HttpCrawler, Configuration, Dataset, log } from "crawlee";
import TurndownService from "turndown";

const [site, first, last] = process.argv.slice(2);
log.setLevel(log.LEVELS.ERROR);
const markdown = new TurndownService({ headingStyle: "atx", codeBlockStyle: "fenced" });
markdown.remove(["script", "style", "nav", "header", "footer", "aside", "form"]);
const urls = [];
for (let n = Number(first); n < Number(last); ++n) urls.push(`${site}/pages/${n}.html`);
const crawler = new HttpCrawler(
  {
    minConcurrency: 16,
    maxConcurrency: 32,
    maxRequestRetries: 0,
    async requestHandler({ request, body }) {
      await Dataset.pushData({ url: request.url, markdown: markdown.turndown(body.toString()) });
    },
  },
  new Configuration({ purgeOnStart: true }),
);
const done = await crawler.run(urls);
if (done.requestsFailed > 0) throw new Error("a page failed");
