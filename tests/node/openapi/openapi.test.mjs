// Walks every operation of the API's description, and every error that it names, against the running server.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { page, scratch, startServer, startSite, until, startWorker } from "../support.mjs";
import { Contract, codesIn } from "./contract.mjs";
import { film, wordDocument } from "./files.mjs";

const bearer = (key) => ({ Authorization: `Bearer ${key}` });
const form = (fields) => {
  const body = new FormData();
  for (const [name, value, filename] of fields) filename ? body.append(name, new Blob([value]), filename) : body.append(name, value);
  return { body };
};

/** The server, its keys, a site, and something of everything to ask for. */
class World {
  async begin(t) {
    this.test = t;
    this.t = t;
    this.folder = scratch(t);
    const clip = readFileSync(film(this.folder));
    this.hold = new Promise((resolve) => (this.release = resolve));
    this.site = await startSite(t, (path) => {
      if (path === "/missing") return { status: 404 };
      if (path === "/robots.txt") return { status: 404 };
      if (path === "/film.mp4") return { type: "video/mp4", body: clip };
      if (path.startsWith("/held")) return { body: page(path), wait: this.hold };
      return { body: page(path) };
    });
    t.after(() => this.release());
    this.server = await startServer(t, { "fetch.robots": false, "limits.file_bytes": 100_000, "work.attempts": 1, "fetch.max_per_host": 200, "store.max_backups": 1000, "http.single_item_wait_ms": 20_000, "cluster.listen": "127.0.0.1:0", "cluster.name": "first" });
    this.api = new Contract(await (await fetch(`${this.server.base}/openapi.json`)).json());
    this.manager = (await this.api.call(this.server.base, "createKey", { json: { name: "manager", write: true } })).json.key;
    this.reader = (await this.ask("createKey", { json: { name: "reader" } })).json.key;
    this.bound = (await this.ask("createKey", { json: { name: "bound", write: true, notebooks: [5] } })).json.key;
  }

  ask(id, r = {}, key = this.manager) {
    return this.api.call(this.server.base, id, { ...r, headers: { ...bearer(key), ...r.headers } });
  }

  async batch(options = {}, ...paths) {
    const made = await this.ask("createBatch", { json: { items: paths.map((p) => this.site + p), ...options } });
    assert.equal(made.status, 202);
    return made.json.id;
  }
  async ended(batch) {
    await until(async () => (await this.ask("getBatch", { path: { batch }, query: { wait: 20 } })).json.reason);
    return (await this.ask("listItems", { path: { batch } })).json.data;
  }

  async fill() {
    this.done = await this.batch({ tags: ["a"], notebook: 5 }, "/one", "/missing");
    [this.good, this.bad] = (await this.ended(this.done)).map((x) => x.id);
    this.open = await this.batch({ sealed: false }, "/held/1");
    this.waiting = (await this.ask("listItems", { path: { batch: this.open } })).json.data[0].id;
    this.gone = await this.batch({}, "/two");
    this.goneItem = (await this.ended(this.gone))[0].id;
    await this.ask("deleteBatch", { path: { batch: this.gone } });
    this.webhook = (await this.ask("createWebhook", { json: { url: `${this.site}/hook` } })).json.id;
    const delivered = await this.batch({}, "/three");
    await this.ended(delivered);
    this.delivery = await until(async () => (await this.ask("listDeliveries", { path: { webhook: this.webhook } })).json.data.find((d) => d.state === "succeeded")?.id);
    const word = await this.ask("guideUpload", { path: { notebook: 5 }, ...form([["file", wordDocument(), "picture.docx"], ["notebook", "5"]]) });
    assert.equal(word.status, 201);
    this.file = word.json.file_id;
    this.upload = word.json.upload_id;
    this.picture = (await this.ask("guideContent", { path: { file: this.file } })).json.data.content.match(/images\/([\w.-]+)/)[1];
    this.backup = await this.copy();
  }
  /** Starts a worker of this server; its name once it has come. */
  async worker() {
    const name = `worker${(this.workers = (this.workers ?? 0) + 1)}`;
    const nodes = async () => (await this.ask("listNodes")).json.data;
    startWorker(this.test, (await nodes())[0].address, name);
    await until(async () => (await nodes()).some((n) => n.id === name && n.state === "up"));
    return name;
  }
  async copy() {
    const made = await until(async () => (await this.ask("createBackup")).json.id);
    await until(async () => (await this.ask("getBackup", { path: { backup: made } })).json.state === "completed");
    return made;
  }
}

/** A request for each operation that goes well. */
function samples(w) {
  const batch = { path: { batch: w.open } };
  const item = { path: { item: w.good } };
  const hook = { path: { webhook: w.webhook } };
  const nb = { path: { notebook: 5 } };
  const url = w.site + "/fine";
  return {
    createBatch: () => ({ json: { notebook: 5, items: [url, { url: `${url}/2`, custom_id: "x", metadata: { a: 1 }, priority: 3 }], priority: 1, on_error: "continue", max_age: 60, tags: ["b"] } }),
    listBatches: () => ({ query: { status: "completed", tag: "a", created_after: "2020-01-01T00:00:00Z", limit: 1 } }),
    getBatch: () => batch,
    deleteBatch: async () => {
      const id = await w.batch({}, "/short");
      await w.ended(id);
      return { path: { batch: id } };
    },
    listItems: () => ({ path: { batch: w.done }, query: { status: "failed", error_code: "http_4xx", q: "missing" } }),
    addItems: () => ({ ...batch, json: { items: [`${w.site}/held/more`] } }),
    getResults: () => ({ path: { batch: w.done }, query: { format: "ndjson" } }),
    batchEvents: () => ({ path: { batch: w.done }, query: { after: 0 } }),
    notebookEvents: () => ({ ...nb, query: { after: 0 } }),
    pauseBatch: () => batch,
    resumeBatch: () => batch,
    sealBatch: async () => ({ path: { batch: await w.batch({ sealed: false }, "/held/sealed") } }),
    cancelBatch: async () => ({ path: { batch: await w.batch({}, "/held/cancelled") } }),
    retryBatch: () => ({ path: { batch: w.done }, json: { items: "failed", stage: "fetch" } }),
    getItem: () => item,
    getItemResult: () => item,
    getItemRaw: () => item,
    getItemAttempts: () => item,
    getItemWhy: () => ({ path: { item: w.waiting } }),
    retryItem: () => ({ ...item, json: {} }),
    cancelItem: async () => ({ path: { item: (await w.ask("listItems", { path: { batch: await w.batch({}, "/held/item") } })).json.data[0].id } }),
    parse: () => ({ json: { url }, headers: { Prefer: "wait=20" } }),
    createOriginal: () => ({ query: { filename: "a.txt" }, body: "Bytes sent ahead.", type: "application/octet-stream" }),
    createBulk: () => ({ json: { action: "retry", of: "items", filter: { batch: w.done }, dry_run: true } }),
    getBulk: async () => ({ path: { bulk: (await w.ask("createBulk", { json: { action: "cancel", filter: { tag: "none" } } })).json.id } }),
    createWebhook: () => ({ json: { url, events: ["batch.completed"], notebooks: [5] } }),
    listWebhooks: () => ({}),
    getWebhook: () => hook,
    changeWebhook: () => ({ ...hook, json: { events: [], enabled: true } }),
    deleteWebhook: async () => ({ path: { webhook: (await w.ask("createWebhook", { json: { url } })).json.id } }),
    rotateWebhook: () => hook,
    listDeliveries: () => ({ ...hook, query: { limit: 5 } }),
    redeliver: () => ({ path: { webhook: w.webhook, delivery: w.delivery } }),
    getHost: () => ({ path: { host: "example.org:443" } }),
    changeHost: () => ({ path: { host: "example.org:443" }, json: { paused: true, max_concurrency: 2, delay_ms: null } }),
    createKey: () => ({ json: { name: "another", notebooks: [1] } }),
    listKeys: () => ({}),
    deleteKey: async () => ({ path: { key: (await w.ask("createKey", { json: { name: "short" } })).json.id } }),
    createSession: () => ({ json: { key: w.manager, username: "somebody" } }),
    deleteSession: () => ({}),
    listNodes: () => ({}),
    drainNode: async () => ({ path: { node: await w.worker() } }),
    createBackup: () => ({}),
    listBackups: () => ({}),
    getBackup: () => ({ path: { backup: w.backup } }),
    getBackupArchive: () => ({ path: { backup: w.backup } }),
    deleteBackup: async () => ({ path: { backup: await w.copy() } }),
    guideParseUrl: () => ({ ...nb, json: { search_method: "cosine", url: `${url}/single`, upload_url_id: "mine" } }),
    guideParseUrlMedia: () => ({ ...nb, json: { search_method: "cosine", media_processing: true, url: `${w.site}/film.mp4` } }),
    guideUpload: () => ({ ...nb, ...form([["file", "Some words in a file.", "words.txt"], ["notebook", "5"]]) }),
    guideStatus: () => ({ path: { notebook: 5, job: Number(w.done.slice(4)) }, query: { limit: 1, offset: 0 } }),
    guideUploadStatus: () => ({ path: { notebook: 5, upload: w.upload } }),
    guideUploadStream: () => ({ path: { notebook: 5, upload: w.upload } }),
    guideFiles: () => ({ ...nb, query: { limit: 2, offset: 0 } }),
    guideRawInNotebook: () => ({ path: { notebook: 5, file: w.file } }),
    guideContent: () => ({ path: { file: w.file } }),
    guideRaw: () => ({ path: { file: w.file } }),
    guideImage: () => ({ path: { file: w.file, name: w.picture } }),
    guideKnowledge: () => ({ ...nb, query: { limit: 2, content_type: "text/html" } }),
    guideLink: () => ({ ...nb, json: { knowledge_base_item_id: Number(w.file.slice(2)), notes: "worth it" } }),
    guideUnlink: async () => ({ ...nb, json: { knowledge_base_item_id: (await w.ask("guideUpload", { ...nb, ...form([["file", "Words to be dropped.", "drop.txt"]]) })).json.file_id } }),
    guideDeleteFile: async () => ({ path: { notebook: 5, file: (await w.ask("guideUpload", { ...nb, ...form([["file", "Words to be taken out.", "out.txt"]]) })).json.file_id }, query: { force: "true" } }),
    guideLogin: () => ({ json: { username: "somebody", password: w.manager } }),
    ...Object.fromEntries(["healthz", "readyz", "version", "metrics", "openapiJson", "openapiYaml", "docs", "docsScript", "guideHealth", "guideCsrf", "guideMe"].map((id) => [id, () => ({})])),
  };
}

/** Ids of what does not exist. */
const unknown = { batch: "bat_999999", item: "itm_999999", webhook: "whk_999999", backup: "bak_1", node: "nobody", bulk: "blk_999999", key: "key_0", delivery: "dlv_1_1", notebook: 999, job: 999999, upload: "nobody", file: "f_999999", name: "none.png" };

/** Requests that cannot be understood: a number that is none, a body that is no object, or what is given here. */
const nonsense = {
  createBatch: { json: [] },
  batchEvents: { query: { limit: "none" } },
  notebookEvents: { query: { after: "none" } },
  getResults: { query: { format: "tar" } },
  createOriginal: { query: { sha256: "none" } },
  getHost: { path: { host: "no host" } },
  guideUploadStatus: { path: { notebook: "none" } },
  guideUploadStream: { path: { notebook: "none" } },
  guideDeleteFile: { path: { notebook: "none" } },
  guideRawInNotebook: { path: { notebook: "none" } },
  guideUpload: form([["notebook", "5"]]),
};

function nonsenseFor(api, id) {
  if (nonsense[id]) return nonsense[id];
  const operation = api.operations.get(id);
  const number = api.parameters(operation).find((p) => p.in === "query" && p.schema.type === "integer");
  return number ? { query: { [number.name]: "none" } } : { json: [] };
}

test("every operation, and every error that the description names", { timeout: 300_000 }, async (t) => {
  const w = new World();
  await w.begin(t);
  await w.fill();
  const { api } = w;
  const all = samples(w);
  const ids = [...api.operations.keys()];

  await t.test("what goes well", async () => {
    assert.deepEqual(Object.keys(all).sort(), [...ids].sort(), "each operation has a sample");
    for (const id of ids) {
      const answer = await w.ask(id, await all[id]());
      assert.ok(answer.status < 300, `${id} answered ${answer.status}: ${answer.text}`);
      if (answer.bytes === null) await answer.body.cancel();
    }
  });

  await t.test("other answers that are no errors", async () => {
    const first = await w.ask("getBatch", { path: { batch: w.done } });
    assert.equal((await w.ask("getBatch", { path: { batch: w.done }, headers: { "If-None-Match": first.headers.get("etag") } })).status, 304);
    assert.equal((await w.ask("getItemResult", { path: { item: w.good }, headers: { Accept: "text/markdown" } })).headers.get("content-type"), "text/markdown; charset=utf-8");
    assert.match((await w.ask("getResults", { path: { batch: w.done }, query: { format: "zip" } })).text, /^PK/);
    for (const r of [{ path: { batch: w.done } }, { path: { batch: w.done }, headers: { "Last-Event-ID": "0" } }]) {
      const stream = await w.ask("batchEvents", r);
      assert.match(new TextDecoder().decode((await stream.body.getReader().read()).value), /^id: \d+\nevent: batch\.accepted\n/);
    }
    assert.equal((await w.ask("createBatch", { body: `"${w.site}/line"\n{"url":"${w.site}/object"}\n`, type: "application/x-ndjson", query: { notebook: 5 } })).json.counts.total, 2);
    assert.equal((await w.ask("createBatch", form([["files", "One file.", "one.txt"], ["files", "Another file.", "two.txt"]]))).json.job_type, "file_upload");
    assert.equal((await w.ask("parse", { json: { url: `${w.site}/later` } })).status, 202);
    assert.equal((await w.ask("guideParseUrl", { path: { notebook: 5 }, json: { urls: [`${w.site}/a`, "no url"] } })).status, 202);
    assert.equal((await w.ask("guideParseUrlMedia", { path: { notebook: 5 }, json: { urls: [`${w.site}/film.mp4`] } })).status, 202);
    assert.equal((await w.ask("guideUpload", { path: { notebook: 5 }, ...form([["files", "First words.", "1.txt"], ["files", "Second words.", "2.txt"]]) })).status, 202);
  });

  await t.test("401 without a key, 403 with one that may not", async () => {
    for (const id of api.naming(401, "unauthorized")) {
      const r = id === "createSession" ? { json: { key: "wrong" } } : id === "guideLogin" ? { json: { password: "wrong" } } : await all[id]();
      assert.equal((await api.call(w.server.base, id, r)).status, 401, id);
    }
    const foreign = { guideFiles: 1, guideKnowledge: 1, guideStatus: 1, guideUploadStatus: 1, guideUploadStream: 1, guideRawInNotebook: 1, metrics: 1, listBackups: 1, getBackup: 1, getBackupArchive: 1, listKeys: 1 };
    for (const id of api.naming(403, "forbidden")) {
      const r = await all[id]();
      if (r.path?.notebook !== undefined && foreign[id]) r.path = { ...r.path, notebook: 6 };
      assert.equal((await w.ask(id, r, foreign[id] ? w.bound : w.reader)).status, 403, id);
    }
  });

  await t.test("404 and 410", async () => {
    for (const id of api.naming(404, "not_found")) {
      const r = await all[id]();
      const path = Object.fromEntries(Object.keys(r.path ?? {}).map((name) => [name, unknown[name]]));
      if (r.json?.knowledge_base_item_id) r.json = { knowledge_base_item_id: 999999 };
      if (id === "redeliver") path.webhook = w.webhook;
      if (id === "guideDeleteFile") path.notebook = 5;
      const answer = await w.ask(id, { ...r, path }, id === "notebookEvents" ? w.bound : w.manager);
      assert.equal(answer.json?.code, "not_found", `${id}: ${answer.status} ${answer.text.slice(0, 200)}`);
    }
    for (const id of api.naming(404, "no_result")) assert.equal((await w.ask(id, { path: { item: w.bad } })).json.code, "no_result", id);
    for (const id of api.naming(410, "gone").filter((x) => x !== "getBackupArchive")) {
      const r = await all[id]();
      const answer = await w.ask(id, { ...r, path: r.path.batch ? { batch: w.gone } : { item: w.goneItem } });
      assert.equal(answer.json?.code, "gone", `${id}: ${answer.status} ${answer.text.slice(0, 200)}`);
    }
  });

  await t.test("400", async () => {
    for (const id of api.naming(400, "invalid_request")) {
      const r = await all[id]();
      const wrong = nonsenseFor(api, id);
      const answer = await w.ask(id, { ...r, ...wrong, path: { ...r.path, ...wrong.path }, wrong: true });
      assert.equal(answer.json?.code, "invalid_request", `${id}: ${answer.status} ${answer.text.slice(0, 200)}`);
    }
    const urls = { invalid_url: "no url", unsupported_scheme: "ftp://a/b", url_too_long: `http://a/${"x".repeat(3000)}` };
    for (const [code, url] of Object.entries(urls))
      for (const id of api.naming(400, code)) assert.equal((await w.ask(id, { path: { notebook: 5 }, json: { url } })).json.code, code, id);
  });

  await t.test("409", async () => {
    const conflicts = {
      batch_open: { deleteBatch: { path: { batch: w.open } } },
      batch_ended: Object.fromEntries(["pauseBatch", "resumeBatch", "sealBatch", "addItems"].map((id) => [id, { path: { batch: w.done } }])),
      batch_sealed: { addItems: { path: { batch: await w.batch({}, "/held/closed") } } },
      upload_id_taken: Object.fromEntries(["guideParseUrl", "guideParseUrlMedia"].map((id) => [id, { path: { notebook: 5 }, json: { url: `${w.site}/x`, upload_url_id: "mine" } }])),
    };
    conflicts.batch_ended.addItems.json = conflicts.batch_sealed.addItems.json = { items: [`${w.site}/x`] };
    conflicts.upload_id_taken.guideUpload = { path: { notebook: 5 }, ...form([["file", "x", "x.txt"], ["upload_file_id", "mine"]]) };
    for (const [code, operations] of Object.entries(conflicts)) {
      assert.deepEqual(Object.keys(operations).sort(), api.naming(409, code).sort(), code);
      for (const [id, r] of Object.entries(operations)) {
        // One whose items are all in may still be about to end.
        if (code === "batch_sealed") await w.ask("sealBatch", { path: r.path });
        assert.equal((await w.ask(id, r)).json.code, code, id);
      }
    }
  });

  await t.test("413, 415, 422", async () => {
    const large = "x".repeat(200_000);
    const nb = { path: { notebook: 5 } };
    assert.equal((await w.ask("createOriginal", { body: large, type: "text/plain" })).json.code, "too_large");
    assert.equal((await w.ask("guideUpload", { ...nb, ...form([["file", large, "large.txt"]]) })).json.code, "too_large");
    const texts = Array.from({ length: 34 }, () => ({ text: "x".repeat(1_000_000) }));
    assert.equal((await w.ask("addItems", { ...(await all.addItems()), json: { items: texts } })).json.code, "too_large");
    assert.equal((await w.ask("guideUpload", { ...nb, json: {}, wrong: true })).json.code, "unsupported_media_type");
    assert.equal((await w.ask("createOriginal", { query: { sha256: "0".repeat(64) }, body: "x", type: "text/plain" })).json.code, "digest_mismatch");
    assert.equal((await w.ask("createOriginal", { body: "", type: "text/plain" })).json.code, "empty_content");
    assert.equal((await w.ask("parse", { json: { url: `${w.site}/missing` }, headers: { Prefer: "wait=20" } })).json.code, "http_4xx");
    assert.equal((await w.ask("guideParseUrl", { ...nb, json: { url: `${w.site}/missing` } })).json.code, "http_4xx");
    assert.equal((await w.ask("guideParseUrlMedia", { ...nb, json: { url: `${w.site}/missing` } })).status, 422);
    assert.equal((await w.ask("guideUpload", { ...nb, ...form([["file", "", "empty.txt"]]) })).json.code, "empty_content");
    const headers = { "Idempotency-Key": "once" };
    const first = await w.ask("createBatch", { json: { items: [`${w.site}/once`] }, headers });
    const again = await w.ask("createBatch", { json: { items: [`${w.site}/once`] }, headers });
    assert.equal(again.headers.get("idempotent-replayed"), "true");
    assert.equal(again.json.id, first.json.id);
    for (const id of [...api.naming(422, "idempotency_key_reused")]) {
      const r = id === "createBatch" ? { json: { items: [`${w.site}/other`] } } : await all[id]();
      assert.equal((await w.ask(id, { ...r, headers: { ...r.headers, ...headers } })).json.code, "idempotency_key_reused", id);
    }
  });

  const submissions = {
    createBatch: () => ({ json: { items: [`${w.site}/held/x`] } }),
    parse: () => ({ json: { url: `${w.site}/held/y` } }),
    guideParseUrl: () => ({ path: { notebook: 0 }, json: { urls: [`${w.site}/held/z`] } }),
    guideParseUrlMedia: () => ({ path: { notebook: 0 }, json: { urls: [`${w.site}/held/m`] } }),
    guideUpload: () => ({ path: { notebook: 0 }, ...form([["files", "x", "x.txt"]]) }),
  };
  const refusals = [
    [429, "notebook_full", { "limits.open_batches_per_notebook": 1 }],
    [503, "overloaded", { "limits.open_batches": 1 }],
    [503, "storage_full", { "store.min_free_bytes": 1024 * 2 ** 30 }],
  ];
  for (const [status, code, settings] of refusals)
    await t.test(`${status} ${code}`, async (t) => {
      const { base } = await startServer(t, { "fetch.robots": false, ...settings });
      if (code !== "storage_full") await api.call(base, "createBatch", submissions.createBatch());
      assert.deepEqual(Object.keys(submissions).sort(), api.naming(status, code).sort());
      for (const [id, r] of Object.entries(submissions)) {
        const answer = await api.call(base, id, r());
        assert.equal(answer.json.code, code, id);
        assert.ok(answer.headers.has("retry-after"), id);
      }
    });

  await t.test("409 limit_reached and in_progress", async (t) => {
    const { base } = await startServer(t, { "limits.webhooks": 0, "limits.keys": 2, "store.max_backups": 0 });
    const made = (await api.call(base, "createKey", { json: { name: "first", write: true } })).json;
    const ask = (id, r = {}) => api.call(base, id, { ...r, headers: bearer(made.key) });
    const reader = (await ask("createKey", { json: { name: "second" } })).json;
    assert.equal((await ask("createKey", { json: { name: "third" } })).json.code, "limit_reached");
    assert.equal((await ask("deleteKey", { path: { key: made.id } })).json.code, "limit_reached");
    assert.equal((await ask("deleteKey", { path: { key: reader.id } })).status, 204);
    assert.equal((await ask("createWebhook", { json: { url: w.site } })).json.code, "limit_reached");
    assert.equal((await ask("createBackup")).json.code, "limit_reached");

    const folder = join(scratch(t), "file");
    writeFileSync(folder, "no folder");
    const broken = await startServer(t, { "store.backup_directory": folder });
    const failing = { backup: (await api.call(broken.base, "createBackup")).json.id };
    await until(async () => (await api.call(broken.base, "getBackup", { path: failing })).json.state === "failed");
    assert.equal((await api.call(broken.base, "getBackupArchive", { path: failing })).json.code, "gone");
    assert.equal((await api.call(broken.base, "deleteBackup", { path: failing })).status, 204);

    const busy = await startServer(t, { "store.max_backups": 1000 });
    const pending = new Set(["createBackup", "getBackupArchive", "deleteBackup"]);
    assert.deepEqual([...pending].sort(), api.naming(409, "in_progress").sort());
    await until(async () => {
      const begun = await api.call(busy.base, "createBackup");
      if (begun.status !== 202) return false;
      const path = { backup: begun.json.id };
      await Promise.all([...pending].map(async (id) => ((await api.call(busy.base, id, { path })).json?.code === "in_progress" ? pending.delete(id) : undefined)));
      return pending.size === 0;
    });
  });

  await t.test("410 events_expired, 503 too_many_listeners", async (t) => {
    const { base } = await startServer(t, { "fetch.robots": false, "store.event_retention_ms": 1000, "store.sweep_interval_ms": 10, "http.max_listeners": 1 });
    const one = async () => (await api.call(base, "createBatch", { json: { items: [`${w.site}/e`], notebook: 1 } })).json.id;
    const batch = await one();
    for (const [id, path] of [["batchEvents", { batch }], ["notebookEvents", { notebook: 1 }]])
      await until(async () => {
        // Behind 0 means what is kept, in a notebook.
        const answer = await api.call(base, id, { path, query: { after: 1 } });
        return answer.status === 410 && answer.json.code === "events_expired";
      });
    const fresh = await one();
    const first = await api.call(base, "notebookEvents", { path: { notebook: 1 } });
    assert.equal(first.status, 200);
    for (const [id, path] of [["batchEvents", { batch: fresh }], ["notebookEvents", { notebook: 1 }]])
      await until(async () => {
        const answer = await api.call(base, id, { path });
        if (answer.bytes === null) await answer.body.cancel();
        return answer.json?.code === "too_many_listeners";
      });
    await first.body.cancel();
  });

  await t.test("503 while it drains", async (t) => {
    const { base, child } = await startServer(t, { "fetch.robots": false });
    await api.call(base, "createBatch", { json: { items: [`${w.site}/held/drain`] } });
    await until(async () => (await api.call(base, "guideHealth")).json.transfers > 0);
    child.kill("SIGTERM");
    await until(async () => (await api.call(base, "readyz")).status === 503);
  });

  await t.test("errors of any operation", async (t) => {
    const seen = new Set();
    const note = (code) => seen.add(code);
    const { base } = await startServer(t, { "http.body_timeout_ms": 100, "http.body_bytes": 20_000, "http.header_bytes": 2048 });
    const port = Number(new URL(base).port);
    const raw = (text) =>
      new Promise((resolve) => {
        const socket = connect(port, "127.0.0.1", () => socket.write(text));
        let all = "";
        socket.on("data", (piece) => (all += piece));
        socket.on("close", () => resolve(JSON.parse(all.slice(all.indexOf("\r\n\r\n") + 4)).code));
      });
    const host = `Host: 127.0.0.1:${port}\r\nConnection: close\r\n`;
    note(await raw("GET / NONSENSE\r\n\r\n"));
    note(await raw(`GET /v1/batches HTTP/1.1\r\n${host}X: ${"x".repeat(4000)}\r\n\r\n`));
    note(await raw(`POST /v1/keys HTTP/1.1\r\n${host}Content-Length: 30000\r\n\r\n`));
    note(await raw(`POST /v1/keys HTTP/1.1\r\n${host}Content-Length: 30\r\n\r\n{`));
    note(await raw(`GET /nowhere HTTP/1.1\r\n${host}\r\n`));
    note(await raw(`PATCH /v1/batches HTTP/1.1\r\n${host}\r\n`));
    note(await raw("GET /v1/batches HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"));
    note(await raw(`GET /v1/batches HTTP/1.1\r\n${host}Origin: https://evil.example\r\n\r\n`));
    const key = (await (await fetch(`${base}/v1/keys`, { method: "POST", body: '{"name":"k","write":true}' })).json()).key;
    const session = await fetch(`${base}/v1/session`, { method: "POST", body: JSON.stringify({ key }) });
    const cookie = session.headers.getSetCookie()[0].split(";")[0];
    note((await (await fetch(`${base}/v1/keys`, { method: "POST", body: "{}", headers: { Cookie: cookie } })).json()).code);
    const folder = scratch(t);
    const files = { key: join(folder, "key.pem"), certificate: join(folder, "certificate.pem") };
    execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", files.key, "-out", files.certificate, "-days", "2", "-subj", "/CN=localhost"], { stdio: "ignore" });
    const secure = await startServer(t, { "http.tls_certificate": files.certificate, "http.tls_key": files.key });
    await new Promise((resolve) => httpRequest(secure.base.replace("https", "http"), (answer) => answer.toArray().then((all) => resolve(note(JSON.parse(Buffer.concat(all)).code)))).end());
    const alone = await startServer(t, { "cluster.listen": "127.0.0.1:0", "store.node": 1, "cluster.owners": [1, 2] });
    const away = await fetch(`${alone.base}/v1/batches`, { method: "POST", body: JSON.stringify({ notebook: 1, items: ["http://127.0.0.1/"] }) });
    assert.deepEqual([away.status, away.headers.get("retry-after")], [503, "5"]);
    note((await away.json()).code);
    const table = [...api.description.info.description.matchAll(/^\| \d+ \| (`.+`) \|/gm)].flatMap((m) => codesIn(m[1]));
    // Shown above.
    for (const code of ["overloaded", "storage_full"]) seen.add(code);
    assert.deepEqual([...seen].sort(), table.sort());
  });

  await t.test("nothing that the description names is left", () => assert.deepEqual(api.unseen(), []));
  w.release();
});
