// A log of events, followed: by server-sent events as long as they come, by polling where they do not.
//
// Each durable event comes once and in order, whatever breaks in between: the log's own numbers say where to
// go on. Frames are those of the WHATWG HTML standard, section 9.2; read by fetch, so that a key can be sent.

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;
const POLL_MS = 1000;
/** A stream that says nothing for so long is taken for dead: the server says something more often. */
const SILENCE_MS = 45_000;
/** After so many streams in a row that brought nothing, pages are asked for; so often, then a stream is tried. */
const FUTILE_STREAMS = 2;
const POLLS = 60;

export async function* watchEvents({ open, page, after, signal, isFinal }) {
  const at = { last: after, ended: false, futile: 0, polls: 0 };
  for (let failures = 0; !at.ended; ) {
    signal?.throwIfAborted();
    try {
      if (at.futile < FUTILE_STREAMS) yield* fromStream(at, open, signal);
      // Why the stream ended is in the log: nothing more will come, or the connection broke.
      yield* fromPage(at, page);
      failures = 0;
      if (at.ended || at.futile < FUTILE_STREAMS) continue;
      if (++at.polls % POLLS === 0) at.futile = FUTILE_STREAMS - 1;
      await wait(POLL_MS, signal);
    } catch (error) {
      if (signal?.aborted || isFinal(error)) throw error;
      await wait(pauseAfter(failures++, error), signal);
    }
  }
}

/** Before trying again: longer each time, and as long as a server asks for. */
export function pauseAfter(failures, error) {
  return Math.max((error?.retryAfter ?? 0) * 1000, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures));
}

async function* fromStream(at, open, signal) {
  const headers = { Accept: "text/event-stream", ...(at.last == null ? {} : { "Last-Event-ID": String(at.last) }) };
  let brought = false;
  try {
    const answer = await open(headers);
    for await (const frame of frames(answer.body, signal)) {
      brought = true;
      if (frame.id !== undefined) at.last = Number(frame.id);
      const data = JSON.parse(frame.data);
      yield frame.event === "progress" ? { type: "progress", ...data } : data;
    }
  } finally {
    at.futile = brought ? 0 : at.futile + 1;
  }
}

async function* fromPage(at, page) {
  const answer = await page(at.last ?? 0);
  for (const event of answer.data) {
    at.last = event.id;
    yield event;
  }
  at.last = Math.max(at.last ?? 0, answer.last_event_id);
  at.ended = answer.ended;
}

async function* frames(body, signal) {
  let frame = {};
  for await (const line of lines(body, signal)) {
    if (line === "") {
      if (frame.data !== undefined) yield frame;
      frame = {};
    } else if (!line.startsWith(":")) {
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const text = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      frame[field] = field === "data" && frame.data !== undefined ? `${frame.data}\n${text}` : text;
    }
  }
}

/** What a promise gives; fails when it takes too long or is called off. */
function within(promise, ms, signal) {
  return called(ms, signal, () => new Error("the stream is silent"), promise);
}

export function wait(ms, signal) {
  return called(ms, signal);
}

/** Settles with `promise`, after `ms`, or when it is called off; nothing of it stays behind. */
function called(ms, signal, late, promise) {
  let timer;
  let stop;
  const ended = new Promise((resolve, reject) => {
    timer = setTimeout(() => (late ? reject(late()) : resolve()), ms);
    stop = () => reject(signal.reason);
    if (signal?.aborted) return stop();
    signal?.addEventListener("abort", stop);
  });
  return Promise.race(promise ? [promise, ended] : [ended]).finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  });
}

/** The lines of a body, as they come; the last one need not be ended. */
export async function* lines(body, signal) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await within(reader.read(), SILENCE_MS, signal);
      const parts = (rest + (value ?? "")).split("\n");
      rest = parts.pop();
      yield* parts;
      if (done) break;
    }
    if (rest) yield rest;
  } finally {
    reader.cancel().catch(() => {});
  }
}
