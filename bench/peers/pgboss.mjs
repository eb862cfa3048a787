// pg-boss: pgboss.mjs URL ITEMS. Sends jobs in blocks, takes and completes them in blocks, and prints how many
// milliseconds it took until all had completed. Jobs and their states stay in PostgreSQL.
import PgBoss from "pg-boss";

const [url, items] = process.argv.slice(2);
const block = 1000;
const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false });
await boss.start();
await boss.createQueue("bench");
const count = Number(items);
const begin = performance.now();
const send = async () => {
  for (let at = 0; at < count; at += block)
    await boss.insert(Array.from({ length: Math.min(block, count - at) }, (_, i) => ({ name: "bench", data: { i: at + i } })));
};
let done = 0;
const work = async () => {
  while (done < count) {
    const jobs = await boss.fetch("bench", { batchSize: block });
    if (jobs.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    else {
      await boss.complete("bench", jobs.map((j) => j.id));
      done += jobs.length;
    }
  }
};
await Promise.all([send(), work(), work()]);
console.log(performance.now() - begin);
process.exit(0);
