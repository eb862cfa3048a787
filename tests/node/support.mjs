// The real server and a web site for it, for tests in Node. TROUPE names the program.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const program = process.env.TROUPE ?? new URL("../../build/release/troupe", import.meta.url).pathname;

/** A folder that goes with the test. */
export function scratch(t) {
  const folder = mkdtempSync(join(tmpdir(), "troupe-node-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a server, on a free port by default; killed at the test's end. Settings as `{"http.body_bytes": 2048}`. */
export async function startServer(t, settings = {}, data = undefined, listen = "127.0.0.1:0") {
  const folder = data ? undefined : mkdtempSync(join(tmpdir(), "troupe-node-"));
  data ??= join(folder, "data");
  const set = { "work.backoff_ms": 20, "work.drain_timeout_ms": 5000, "http.heartbeat_ms": 500, "log.format": "json", ...settings };
  const args = ["serve", "--listen", listen, "--data", data, "--allow-network", "127.0.0.0/8"];
  for (const [key, value] of Object.entries(set)) args.push("--set", `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  t.after(async () => {
    child.kill("SIGKILL");
    await ended;
    if (folder) rmSync(folder, { recursive: true, force: true });
  });
  const seen = [];
  let address;
  let ready = false;
  for await (const line of createInterface({ input: child.stderr })) {
    seen.push(line);
    const entry = JSON.parse(line);
    if (entry.message === "listening") address = entry.address;
    if (entry.message === "ready") ready = true;
    if (address && ready) break;
  }
  if (!address) throw new Error(`the server did not start: ${seen.join("\n")}`);
  child.stderr.resume();
  return { base: `${settings["http.tls_certificate"] ? "https" : "http"}://${address}`, data, child, ended };
}

/** Starts a worker for the server whose cluster port is at `address`; killed at the test's end. */
export function startWorker(t, address, name) {
  const folder = scratch(t);
  const args = ["work", "--join", address, "--name", name, "--data", join(folder, "work"), "--allow-network", "127.0.0.0/8"];
  const child = spawn(program, args, { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  t.after(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return { child, ended };
}

/** A web site: a function from a request's path to `{status, type, body, wait}`; `wait` is a promise. */
export async function startSite(t, answer) {
  const server = createServer(async (request, response) => {
    const a = await answer(request.url, request);
    if (a.wait) await a.wait;
    response.writeHead(a.status ?? 200, { "Content-Type": a.type ?? "text/html", ...a.headers });
    response.end(a.body ?? "");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

export function page(title, text = "Some words that a reader came for, and enough of them to be an article of its own.") {
  return `<!doctype html><html><head><title>${title}</title></head><body><article><h1>${title}</h1><p>${text}</p><p>${text} ${title}.</p></article></body></html>`;
}

/** Asks again until the answer is a good one; at most a minute. */
export async function until(ask) {
  for (const end = Date.now() + 60_000; ; ) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error("it did not come to be");
    await new Promise(setImmediate);
  }
}
