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
      await wait(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures++), signal);
    }
  }
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
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let frame = {};
  try {
    for (;;) {
      const { done, value } = await within(reader.read(), SILENCE_MS, signal);
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) {
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
  } finally {
    reader.cancel().catch(() => {});
  }
}

function within(promise, ms, signal) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("the stream is silent")), ms);
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function wait(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}
