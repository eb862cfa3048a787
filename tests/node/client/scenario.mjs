// What an application does with the client, in Node and in a page of another origin: one and many URLs, media and
// files, and the loop that polls for a batch's end. Returns what came of it.

/** Talks to the server with the web pages of `site` in the place of others. */
export function clientFor({ TroupeClient, baseUrl, key, replace = [] }) {
  const withSite = (url, options) => {
    if (typeof options?.body !== "string") return fetch(url, options);
    return fetch(url, { ...options, body: replace.reduce((text, [from, to]) => text.replaceAll(from, to), options.body) });
  };
  return new TroupeClient({ baseUrl, key, fetch: withSite });
}

export async function poll(apiService, notebookId, batchJobId) {
  for (const states = []; ; ) {
    const { batch_job: job } = await apiService.getBatchJobStatus(notebookId, batchJobId);
    if (states.at(-1) !== job.status) states.push(job.status);
    if (["completed", "failed", "partially_completed"].includes(job.status)) return { states, job };
  }
}

export async function scenario(apiService, { site, notebookId }) {
  const file = (text, name) => new File([text], name, { type: "text/plain" });
  const out = {};
  out.url = await apiService.parseUrl(`${site}/single`, notebookId);
  out.media = await apiService.parseUrlWithMedia(`${site}/film.mp4`, notebookId);
  out.file = await apiService.parseFile(file("Words of one file.", "one.txt"), "upload-1", notebookId);
  const batches = {
    urls: await apiService.parseUrl([`${site}/1`, `${site}/2`, `${site}/missing`], notebookId),
    mediaUrls: await apiService.parseUrlWithMedia([`${site}/film.mp4`, `${site}/film.mp4?2`], notebookId),
    files: await apiService.parseFile([file("Words of a first.", "a.txt"), file("Words of a second.", "b.txt")], null, notebookId),
  };
  for (const [name, accepted] of Object.entries(batches)) out[name] = { accepted, ...(await poll(apiService, notebookId, accepted.batch_job_id)) };

  const events = [];
  for await (const event of apiService.watchBatch(batches.urls.batch_job_id)) events.push(event.type);
  out.events = events.filter((type) => type !== "progress");
  out.titles = [];
  for await (const result of apiService.results(batches.urls.batch_job_id)) out.titles.push(result.title ?? result.error.code);
  out.failed = [];
  for await (const item of apiService.items(batches.urls.batch_job_id, { status: "failed" })) out.failed.push(item.error.code);
  await apiService.retry(batches.urls.batch_job_id);
  out.retried = (await apiService.waitForBatch(batches.urls.batch_job_id)).state;
  out.refused = await apiService.parseUrl("no url", notebookId).catch((error) => ({ name: error.name, status: error.status, code: error.code, message: error.message }));
  return out;
}

/**
 * Runs examples of a document as they are written there, each paragraph that begins with a comment by itself;
 * what is declared in one block is there for the next.
 */
export async function runExamples(blocks, given) {
  const said = [];
  const console = Object.fromEntries(["log", "warn", "error"].map((level) => [level, (text) => said.push(`${level}: ${text}`)]));
  const AsyncFunction = (async () => {}).constructor;
  const results = [];
  for (const block of blocks)
    for (const part of block.split(/^(?=\/\/ )/m).filter((p) => p.trim())) {
      const declared = [...part.matchAll(/^async function (\w+)/gm)].map((m) => m[1]);
      const names = Object.keys(given);
      const tail = /\bconst result\b/.test(part) ? "return result;" : `return { ${declared.join(", ")} };`;
      const value = await new AsyncFunction(...names, "console", `${part}\n${tail}`)(...names.map((n) => given[n]), console);
      if (declared.length > 0) Object.assign(given, value);
      else results.push(value);
    }
  return { said, results, given };
}
