// Client of Troupe, for browsers and Node 20: what it does is in index.d.ts. No dependencies.
import { lines, pauseAfter, wait, watchEvents } from "./events.js";

const ENDED = new Set(["completed", "completed_with_errors", "failed", "cancelled", "expired"]);
/** Failures in a row after which a server is given up: some minutes. */
const MOST_FAILURES = 20;

/** An answer that is no success; `code` is stable, `message` is for people. */
export class TroupeError extends Error {
  constructor(status, body, retryAfter) {
    super(typeof body?.detail === "string" ? body.detail : `HTTP ${status}`);
    this.name = "TroupeError";
    this.status = status;
    this.code = body?.code;
    this.errors = body?.errors ?? [];
    this.requestId = body?.request_id;
    this.retryAfter = retryAfter;
  }
}

export class TroupeClient {
  #base;
  #key;
  #fetch;

  constructor({ baseUrl = "", key, fetch: withFetch = globalThis.fetch } = {}) {
    this.#base = baseUrl.replace(/\/+$/, "");
    this.#key = key;
    this.#fetch = (...args) => withFetch(...args);
  }

  // -- as the guide has them ------------------------------------------------------------------------------

  parseUrl(url, notebookId, options = {}) {
    return this.#parse("parse_url", url, notebookId, {}, options);
  }

  parseUrlWithMedia(url, notebookId, options = {}) {
    return this.#parse("parse_url_media", url, notebookId, { media_processing: true }, options);
  }

  async #parse(endpoint, url, notebookId, more, { uploadUrlId, searchMethod = "cosine", maxAge, strict, signal }) {
    const many = Array.isArray(url);
    const body = { search_method: searchMethod, ...more, [many ? "urls" : "url"]: url };
    if (uploadUrlId != null) body.upload_url_id = uploadUrlId;
    if (maxAge != null) body.max_age = maxAge;
    if (strict != null) body.strict = strict;
    return this.#json("POST", `/api/v1/notebooks/${segment(notebookId)}/files/${endpoint}/`, { body, signal });
  }

  parseFile(file, uploadFileId, notebookId, { signal } = {}) {
    const many = Array.isArray(file) || (typeof FileList !== "undefined" && file instanceof FileList);
    const form = new FormData();
    for (const f of many ? file : [file]) form.append(many ? "files" : "file", f, f.name ?? "file");
    form.append("notebook", String(notebookId));
    if (uploadFileId != null && !many) form.append("upload_file_id", uploadFileId);
    return this.#json("POST", `/api/v1/notebooks/${segment(notebookId)}/files/upload/`, { form, signal });
  }

  getBatchJobStatus(notebookId, batchJobId, { limit, offset, items, signal } = {}) {
    const path = `/api/v1/notebooks/${segment(notebookId)}/batch-jobs/${segment(batchJobId)}/status/`;
    return this.#json("GET", path + query({ limit, offset, items }), { signal });
  }

  // -- the native API -------------------------------------------------------------------------------------

  createBatch(body, { idempotencyKey, signal } = {}) {
    return this.#json("POST", "/v1/batches", { body, signal, headers: idempotencyKey ? { "Idempotency-Key": idempotencyKey } : {} });
  }

  getBatch(batch, { signal } = {}) {
    return this.#json("GET", `/v1/batches/${name(batch)}`, { signal });
  }

  cancel(batch, { signal } = {}) {
    return this.#json("POST", `/v1/batches/${name(batch)}/cancel`, { signal });
  }

  retry(batch, { items = "failed", stage = "fetch", signal } = {}) {
    return this.#json("POST", `/v1/batches/${name(batch)}/retry`, { body: { items, stage }, signal });
  }

  async *items(batch, { signal, ...filter } = {}) {
    for (let cursor; ; ) {
      const page = await this.#json("GET", `/v1/batches/${name(batch)}/items${query({ ...filter, cursor })}`, { signal });
      yield* page.data;
      if (!page.has_more) return;
      cursor = page.next_cursor;
    }
  }

  async *results(batch, { follow = false, signal } = {}) {
    // A line's cursor goes on behind it: a connection that breaks costs nothing.
    let cursor;
    for (let failures = 0; ; ) {
      try {
        const path = `/v1/batches/${name(batch)}/results${query({ follow: follow || undefined, cursor })}`;
        const answer = await this.#send("GET", path, { signal });
        for await (const line of lines(answer.body, signal)) {
          if (!line) continue;
          const result = JSON.parse(line);
          cursor = result.cursor;
          failures = 0;
          yield result;
        }
        return;
      } catch (error) {
        if (signal?.aborted || isFinal(error) || failures >= MOST_FAILURES) throw error;
        await wait(pauseAfter(failures++, error), signal);
      }
    }
  }

  async *watchBatch(batch, { signal, after } = {}) {
    const path = `/v1/batches/${name(batch)}/events`;
    const open = (headers) => this.#send("GET", path, { signal, headers });
    const page = (from) => this.#json("GET", path + query({ after: from }), { signal });
    yield* watchEvents({ open, page, after, signal, isFinal });
  }

  async waitForBatch(batch, { signal, onProgress } = {}) {
    for (;;) {
      for await (const event of this.watchBatch(batch, { signal })) onProgress?.(event.counts, event);
      for (let failures = 0; ; )
        try {
          const last = await this.getBatch(batch, { signal });
          if (ENDED.has(last.state)) return last;
          // Tried again meanwhile: it is not over.
          break;
        } catch (error) {
          if (signal?.aborted || isFinal(error) || failures >= MOST_FAILURES) throw error;
          await wait(pauseAfter(failures++, error), signal);
        }
    }
  }

  // -- requests -------------------------------------------------------------------------------------------

  async #json(method, path, options) {
    const answer = await this.#send(method, path, options);
    if (answer.status === 204) return undefined;
    const body = parsed(await answer.text());
    if (body === undefined) throw new TroupeError(answer.status, { detail: "the answer is no JSON: is this a Troupe server?" });
    return body;
  }

  async #send(method, path, { body, form, headers = {}, signal } = {}) {
    const all = { Accept: "application/json", ...headers };
    if (this.#key) all.Authorization = `Bearer ${this.#key}`;
    if (body !== undefined) all["Content-Type"] = "application/json";
    if (method !== "GET" && !this.#key) Object.assign(all, csrf());
    const answer = await this.#fetch(this.#base + path, {
      method,
      headers: all,
      body: form ?? (body === undefined ? undefined : JSON.stringify(body)),
      credentials: this.#key ? "omit" : "include",
      signal,
    });
    if (answer.ok) return answer;
    const text = await answer.text();
    throw new TroupeError(answer.status, parsed(text), Number(answer.headers.get("Retry-After")) || undefined);
  }
}

/** A part of a path, which can name nothing but itself. */
function segment(value) {
  const text = encodeURIComponent(String(value ?? ""));
  if (text === "" || /^\.+$/.test(text)) throw new TypeError(`"${value}" names nothing`);
  return text;
}

/** `bat_9`, whether it was called that or by the guide's number. */
function name(batch) {
  return /^\d+$/.test(String(batch)) ? `bat_${batch}` : segment(batch);
}

/** Asked again, it would be refused again. */
function isFinal(error) {
  return error instanceof TypeError && /names nothing/.test(error.message) || (error instanceof TroupeError && error.status < 500 && error.status !== 429);
}

function query(members) {
  const given = Object.entries(members).filter(([, value]) => value != null);
  return given.length > 0 ? `?${new URLSearchParams(given)}` : "";
}

/** What a page sends back that has signed in. */
function csrf() {
  const found = globalThis.document?.cookie?.match(/(?:^|;\s*)csrftoken=([^;]*)/);
  return found ? { "X-CSRFToken": decodeURIComponent(found[1]) } : {};
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
