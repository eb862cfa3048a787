// BullMQ: bullmq.mjs drive|work noop|pages REDIS_PORT [ITEMS [SITE]]. `drive` adds the jobs in bulk and prints how many
// milliseconds it took until all had completed; `work` is a worker process. A job and its result stay in Redis.
import { Queue, Worker } from "bullmq";
import http from "node:http";
import TurndownService from "turndown";

const [role, workload, port, items, site] = process.argv.slice(2);
const connection = { host: "127.0.0.1", port: Number(port), maxRetriesPerRequest: null };
const inBulk = 1000;

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
function fetchPage(url) {
  return new Promise((resolve, reject) => {
    http
      .get(url, { agent }, (answer) => {
        const parts = [];
        answer.on("data", (part) => parts.push(part));
        answer.on("end", () => resolve(Buffer.concat(parts).toString()));
      })
      .on("error", reject);
  });
}

const markdown = new TurndownService({ headingStyle: "atx", codeBlockStyle: "fenced" });
markdown.remove(["script", "style", "nav", "header", "footer", "aside", "form"]);
const tasks = {
  noop: async () => 1,
  pages: async (job) => markdown.turndown(await fetchPage(job.data.url)),
};

if (role === "work") {
  new Worker("bench", tasks[workload], { connection, concurrency: workload === "noop" ? 200 : 16 });
  process.send?.("ready");
} else {
  const queue = new Queue("bench", { connection });
  const count = Number(items);
  const begin = performance.now();
  for (let at = 0; at < count; at += inBulk) {
    const jobs = [];
    for (let i = at; i < Math.min(count, at + inBulk); ++i)
      jobs.push({ name: "item", data: { url: `${site ?? "x"}/pages/${i}.html` } });
    await queue.addBulk(jobs);
  }
  while ((await queue.getCompletedCount()) < count) {
    if ((await queue.getFailedCount()) > 0) throw new Error("a job failed");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  console.log(performance.now() - begin);
  process.exit(0);
}
