// The JavaScript client against the real server: in Node, in a browser on a page of another origin, as a package.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { getEventListeners } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import puppeteer from "puppeteer-core";
import { TroupeClient } from "../../../clients/js/index.js";
import { film } from "../openapi/files.mjs";
import { page, scratch, startServer, startSite, until } from "../support.mjs";
import { clientFor, runExamples, scenario } from "./scenario.mjs";

const clientFolder = new URL("../../../clients/js/", import.meta.url);
const quick = { "fetch.robots": false, "work.attempts": 1 };

/** Pages and a film; modules of the client and of these tests, for a browser. */
async function site(t) {
  const clip = readFileSync(film(scratch(t)));
  const module = (url) => ({ type: "text/javascript", body: readFileSync(url) });
  const missing = { status: 404 };
  return startSite(t, (path) => {
    if (path.startsWith("/client/")) return module(new URL(path.slice(8), clientFolder));
    if (path === "/scenario.mjs") return module(new URL("scenario.mjs", import.meta.url));
    if (path.startsWith("/missing") || path === "/robots.txt" || path === "/favicon.ico") return missing;
    if (path.startsWith("/film.mp4") || path.startsWith("/watch")) return { type: "video/mp4", body: clip };
    return { body: page(path) };
  });
}

function check(out) {
  assert.equal(out.url.is_batch, false);
  assert.match(out.url.file_id, /^f_\d+$/);
  assert.equal(out.media.extraction_method.split("/")[0], "media");
  assert.equal(out.file.upload_id, "upload-1");
  for (const [name, total, state] of [["urls", 3, "partially_completed"], ["mediaUrls", 2, "completed"], ["files", 2, "completed"]]) {
    assert.deepEqual([out[name].accepted.is_batch, out[name].accepted.total_items], [true, total], name);
    assert.equal(out[name].job.status, state, name);
    assert.equal(out[name].job.progress_percentage, 100, name);
  }
  assert.equal(out.events[0], "batch.accepted");
  assert.equal(out.events.at(-1), "batch.completed_with_errors");
  assert.deepEqual(out.titles.sort(), ["/1", "/2", "http_4xx"]);
  assert.deepEqual(out.failed, ["http_4xx"]);
  assert.equal(out.retried, "completed_with_errors");
  assert.deepEqual([out.refused.name, out.refused.status, out.refused.code], ["TroupeError", 400, "invalid_url"]);
}

async function openBrowser(t) {
  const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"], userDataDir: scratch(t) });
  t.after(() => browser.close());
  return browser;
}

test("in Node", { timeout: 120_000 }, async (t) => {
  const pages = await site(t);
  const { base } = await startServer(t, quick);
  check(await scenario(clientFor({ TroupeClient, baseUrl: base }), { site: pages, notebookId: 7 }));
});

test("in a page of another origin", { timeout: 120_000 }, async (t) => {
  const pages = await site(t);
  const { base } = await startServer(t, { ...quick, "http.allowed_origins": [pages] });
  const { key } = await (await fetch(`${base}/v1/keys`, { method: "POST", body: JSON.stringify({ name: "page", write: true }) })).json();
  const tab = await (await openBrowser(t)).newPage();
  await tab.goto(`${pages}/app`);
  const out = await tab.evaluate(async ({ base, key, pages }) => {
    const { TroupeClient } = await import("/client/index.js");
    const { clientFor, scenario } = await import("/scenario.mjs");
    return scenario(clientFor({ TroupeClient, baseUrl: base, key }), { site: pages, notebookId: 7 });
  }, { base, key, pages });
  check(out);

  // Signed in by cookie: what it writes carries the token.
  const byCookie = await tab.evaluate(async ({ base, key, pages }) => {
    const { TroupeClient } = await import("/client/index.js");
    const withCookies = { credentials: "include", headers: { "Content-Type": "application/json" } };
    const before = await new TroupeClient({ baseUrl: base }).parseUrl(`${pages}/before`, 7).catch((error) => error.status);
    await fetch(`${base}/api/v1/users/login/`, { ...withCookies, method: "POST", body: JSON.stringify({ username: "somebody", password: key }) });
    const after = await new TroupeClient({ baseUrl: base }).parseUrl(`${pages}/after`, 7);
    return { before, after: after.success };
  }, { base, key, pages });
  assert.deepEqual(byCookie, { before: 401, after: true });

  const elsewhere = await site(t);
  await tab.goto(`${elsewhere}/app`);
  const refused = await tab.evaluate(({ base, key }) => fetch(`${base}/v1/batches`, { headers: { Authorization: `Bearer ${key}` } }).catch(() => "refused"), { base, key });
  assert.equal(refused, "refused");
});

test("a document's examples, as they are written there", { timeout: 120_000, skip: !process.env.TROUPE_GUIDE && "TROUPE_GUIDE names no document" }, async (t) => {
  const text = readFileSync(process.env.TROUPE_GUIDE, "utf8");
  const blocks = [...text.matchAll(/```javascript\n([\s\S]*?)```/g)].map((m) => m[1]);
  assert.ok(blocks.length >= 4);
  const pages = await site(t);
  const { base } = await startServer(t, { ...quick, "http.allowed_origins": [pages] });
  // Their hosts are not to be had: this site stands for them.
  const replace = [["https://example.com", pages], ["https://youtube.com", pages]];
  const body = async ({ TroupeClient, clientFor, runExamples, base, replace, blocks }) => {
    const file = (name) => new File([`Words of ${name}.`], name, { type: "text/plain" });
    const apiService = clientFor({ TroupeClient, baseUrl: base, replace });
    const given = { apiService, notebookId: 3, uploadId: "mine", file: file("single.txt"), file1: file("1.txt"), file2: file("2.txt"), file3: file("3.txt") };
    const { said, results, given: functions } = await runExamples(blocks, given);
    const many = await functions.handleMultipleUrls(["https://example.com/a", "https://example.com/b"], 3);
    await functions.handleParseResult(many, 3);
    while (!said.some((line) => /completed|failed/i.test(line))) await new Promise((resolve) => setTimeout(resolve, 50));
    await functions.handleParseResult(await functions.handleMultipleUrls(["https://example.com/c"], 3), 3);
    const files = [await functions.handleMultipleFiles([file("x.txt")], 3), await functions.handleMultipleFiles([file("y.txt"), file("z.txt")], 3)];
    return { said, results, files };
  };
  const expect = ({ said, results, files }) => {
    assert.deepEqual(results.map((r) => [r.success, r.is_batch, r.total_items]), [[true, false, 1], [true, false, 1], [true, false, 1], [true, true, 3], [true, true, 3], [true, true, 2]]);
    assert.deepEqual(files.map((r) => r.total_items), [1, 2]);
    for (const line of [/^log: Progress: \d/, /^log: Started batch job \d+ with 2 items/, /^log: Batch completed successfully!/, /^log: Single item processed: f_\d+/]) assert.ok(said.some((s) => line.test(s)), `${line} in ${said}`);
  };
  expect(await body({ TroupeClient, clientFor, runExamples, base, replace, blocks }));

  const tab = await (await openBrowser(t)).newPage();
  await tab.goto(`${pages}/app`);
  const inPage = new Function("given", `return (async () => {
    const [{ TroupeClient }, { clientFor, runExamples }] = await Promise.all([import("/client/index.js"), import("/scenario.mjs")]);
    return (${body})({ TroupeClient, clientFor, runExamples, ...given });
  })()`);
  const { base: fresh } = await startServer(t, { ...quick, "http.allowed_origins": [pages] });
  expect(await tab.evaluate(inPage, { base: fresh, replace, blocks }));
});

/** Watches a batch of held pages; `during` may do harm before they are let go. */
async function watched(t, makeClient, during) {
  let release;
  const hold = new Promise((resolve) => (release = resolve));
  const pages = await startSite(t, (path) => (path === "/robots.txt" ? { status: 404 } : { body: page(path), wait: hold }));
  const server = await startServer(t, quick);
  const client = makeClient(server.base);
  const { id } = await client.createBatch({ items: [1, 2, 3].map((n) => `${pages}/${n}`) });
  const events = [];
  const watching = (async () => {
    for await (const event of client.watchBatch(id)) if (event.type !== "progress") events.push(event);
  })();
  await until(() => events.length > 0);
  await during?.(server);
  release();
  await watching;
  const numbers = events.map((e) => e.id);
  assert.deepEqual(numbers, [...new Set(numbers)].sort((a, b) => a - b));
  assert.deepEqual(events.map((e) => e.type).sort(), ["batch.accepted", "batch.completed", "item.succeeded", "item.succeeded", "item.succeeded"]);
}

test("a watch goes on over a crash of the server", { timeout: 60_000 }, (t) =>
  watched(t, (baseUrl) => new TroupeClient({ baseUrl }), async (server) => {
    server.child.kill("SIGKILL");
    await server.ended;
    await startServer(t, quick, server.data, new URL(server.base).host);
  }));

test("where no stream gets through it polls", { timeout: 60_000 }, (t) => {
  let streams = 0;
  const noStreams = (url, options) => (options.headers.Accept === "text/event-stream" ? (streams++, Promise.reject(new TypeError("cut"))) : fetch(url, options));
  return watched(t, (baseUrl) => new TroupeClient({ baseUrl, fetch: noStreams }), () => until(() => streams >= 2));
});

test("a watch is called off by its signal", { timeout: 60_000 }, async (t) => {
  const pages = await startSite(t, () => ({ wait: new Promise(() => {}) }));
  const { base } = await startServer(t, quick);
  const client = new TroupeClient({ baseUrl: base });
  const { id } = await client.createBatch({ items: [pages] });
  const off = new AbortController();
  const watching = (async () => {
    for await (const event of client.watchBatch(id, { signal: off.signal })) if (event.type === "batch.accepted") off.abort();
  })();
  await assert.rejects(watching, { name: "AbortError" });
  assert.equal((await client.cancel(id)).id, id);
  assert.equal((await client.waitForBatch(id)).state, "cancelled");
});

test("what breaks in between costs nothing and leaves nothing behind", { timeout: 60_000 }, async (t) => {
  const pages = await startSite(t, (path) => (path === "/robots.txt" ? { status: 404 } : { body: page(path) }));
  const { base } = await startServer(t, quick);
  let broken = 0;
  const breaking = async (url, options) => {
    if (!String(url).includes("/results")) return fetch(url, options);
    // The first connection breaks after a line, the second finds the server away.
    if (++broken === 2) return new Response('{"detail":"away"}', { status: 503, headers: { "Retry-After": "0" } });
    const answer = await fetch(url, options);
    if (broken > 1) return answer;
    const line = (await answer.text()).split("\n")[0];
    return new Response(new ReadableStream({ start: (c) => c.enqueue(new TextEncoder().encode(`${line}\n`)), pull: (c) => c.error(new TypeError("cut")) }));
  };
  const client = new TroupeClient({ baseUrl: base, fetch: breaking });
  const { id } = await client.createBatch({ items: [1, 2, 3].map((n) => `${pages}/${n}`) });
  const signal = new AbortController().signal;
  await client.waitForBatch(id, { signal });
  const titles = [];
  for await (const result of client.results(id, { signal })) titles.push(result.title);
  assert.deepEqual(titles.sort(), ["/1", "/2", "/3"]);
  assert.equal(broken, 3);
  assert.deepEqual(getEventListeners(signal, "abort").filter((l) => l.name === "stop"), []);
});

test("a name names nothing but itself", { timeout: 60_000 }, async (t) => {
  const { base } = await startServer(t, quick);
  const client = new TroupeClient({ baseUrl: base });
  for (const wrong of ["", ".", "..", undefined]) await assert.rejects(async () => client.getBatch(wrong), TypeError);
  await assert.rejects(client.getBatchJobStatus("../../../healthz?x=", 1), { status: 400 });
  const page = new TroupeClient({ baseUrl: base, fetch: async () => new Response("<html>") });
  await assert.rejects(page.getBatch("bat_1"), { name: "TroupeError" });
});

test("the package installs and type-checks in an empty project", { timeout: 120_000 }, (t) => {
  const folder = scratch(t);
  const run = (command, ...args) => execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const packed = JSON.parse(run("npm", "pack", clientFolder.pathname, "--json", "--loglevel=error"))[0];
  assert.deepEqual(packed.files.map((f) => f.path).sort(), ["README.md", "events.js", "index.d.ts", "index.js", "package.json"]);
  writeFileSync(join(folder, "package.json"), '{"type":"module","private":true}');
  run("npm", "install", "--offline", "--no-audit", "--no-fund", `./${packed.filename}`);
  writeFileSync(join(folder, "use.ts"), `
import { TroupeClient, TroupeError, type Batch } from "troupe-client";
const client = new TroupeClient({ baseUrl: "https://troupe.example", key: "k" });
const one = await client.parseUrl("https://example.com", 1);
const id: string | undefined = one.file_id;
const many = await client.parseUrl(["https://example.com"], 1);
const number: number = many.batch_job_id;
for await (const event of client.watchBatch(number)) {
  console.log(event.type, event.counts.open, id);
  if (event.type !== "progress") event.id.toFixed();
}
const either = await client.parseUrl(Math.random() > 0.5 ? "https://example.com" : ["https://example.com"], 1);
if (either.is_batch) either.batch_job_id.toFixed();
const batch: Batch = await client.waitForBatch(number, { onProgress: (counts) => console.log(counts.total) });
await client.parseFile(new Blob(["x"]), null, 1).catch((error: TroupeError) => error.code);
console.log(batch.state satisfies string);
// @ts-expect-error a batch has no file
many.file_id;
`);
  const tsc = new URL("../node_modules/.bin/tsc", import.meta.url).pathname;
  run(tsc, "--strict", "--noEmit", "--target", "es2022", "--module", "nodenext", "--lib", "es2023", "--skipLibCheck", "false", "use.ts");
  run(process.execPath, "--input-type=module", "-e", 'import { TroupeClient } from "troupe-client"; new TroupeClient();');
});
