// A description of an API that checks what goes out and comes in against it, and remembers what it has seen.
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import assert from "node:assert/strict";

const methods = ["get", "post", "patch", "delete"];

export class Contract {
  constructor(description) {
    this.description = description;
    this.ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats(this.ajv);
    this.ajv.addSchema(description, "api");
    this.operations = new Map();
    this.seen = new Map();
    for (const [path, item] of Object.entries(description.paths))
      for (const method of methods)
        if (item[method]) this.operations.set(item[method].operationId, { ...item[method], path, method, pointer: ["paths", path, method], shared: item.parameters ?? [] });
  }

  /** What a reference stands for; its own description goes first. */
  resolve(x) {
    if (!x.$ref) return x;
    const target = x.$ref.slice(2).split("/").reduce((at, part) => at[part], this.description);
    return { ...target, ...(x.description ? { description: x.description } : {}) };
  }

  check(pointer, value, what) {
    const path = pointer.map((part) => encodeURIComponent(String(part).replaceAll("~", "~0").replaceAll("/", "~1"))).join("/");
    const validate = this.ajv.getSchema(`api#/${path}`) ?? this.ajv.compile({ $ref: `api#/${path}` });
    assert.ok(validate(value), `${what}: ${this.ajv.errorsText(validate.errors)} in ${JSON.stringify(value)?.slice(0, 500)}`);
  }

  /** A schema with its references put in, in which an object has no members but those that are described. */
  whole(schema, isPart = false) {
    const s = this.resolve(schema);
    const out = { ...s };
    const parts = s.allOf ?? s.anyOf;
    for (const kind of ["allOf", "anyOf"]) if (s[kind]) out[kind] = s[kind].map((x) => this.whole(x, kind === "allOf"));
    if (s.properties) out.properties = Object.fromEntries(Object.entries(s.properties).map(([name, x]) => [name, this.whole(x)]));
    if (s.items) out.items = this.whole(s.items);
    if (!isPart && (s.properties || s.allOf) && !(parts && !s.allOf)) out.unevaluatedProperties = false;
    return out;
  }
  checkWhole(schema, value, what) {
    if (!this.wholes) this.wholes = new Map();
    if (!this.wholes.has(schema)) this.wholes.set(schema, this.ajv.compile(this.whole(schema)));
    const validate = this.wholes.get(schema);
    assert.ok(validate(value), `${what}: ${this.ajv.errorsText(validate.errors)} in ${JSON.stringify(value)?.slice(0, 500)}`);
  }

  parameters(operation) {
    return [...operation.shared, ...(operation.parameters ?? [])].map((p) => this.resolve(p));
  }

  /** Sends a request for an operation. One that is `wrong` on purpose is not checked itself, its answer is. */
  async call(base, id, { path = {}, query = {}, headers = {}, json, body, type, wrong = false } = {}) {
    const operation = this.operations.get(id);
    assert.ok(operation, `there is no operation ${id}`);
    const sent = new Headers(headers);
    if (json !== undefined) body = JSON.stringify(json);
    if (json !== undefined || type) sent.set("Content-Type", type ?? "application/json");
    if (!wrong) this.checkRequest(operation, { path, query, headers: sent, json });
    const target = operation.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(path[name]));
    const search = new URLSearchParams(query).toString();
    const answer = await fetch(base + target + (search ? `?${search}` : ""), { method: operation.method.toUpperCase(), headers: sent, body, duplex: "half" });
    return this.checkAnswer(operation, answer);
  }

  checkRequest(operation, { path, query, headers, json }) {
    for (const p of this.parameters(operation)) {
      const given = p.in === "path" ? path[p.name] : p.in === "query" ? query[p.name] : headers.get(p.name);
      assert.ok(given != null || !p.required, `${operation.operationId}: ${p.name} is missing`);
      if (given == null) continue;
      const schema = this.resolve(p.schema);
      const value = schema.type === "integer" ? Number(given) : schema.type === "boolean" ? given === "true" || given === true : String(given);
      assert.ok(this.ajv.validate(this.linked(schema), value), `${operation.operationId}: ${p.name}: ${this.ajv.errorsText()}`);
    }
    const known = this.parameters(operation).filter((p) => p.in === "query").map((p) => p.name);
    for (const name of Object.keys(query)) assert.ok(known.includes(name), `${operation.operationId}: ${name} is not described`);
    if (json !== undefined) this.check([...operation.pointer, "requestBody", "content", "application/json", "schema"], json, `the body of ${operation.operationId}`);
  }

  linked(schema) {
    return JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/'));
  }

  async checkAnswer(operation, answer) {
    const id = operation.operationId;
    const raw = operation.responses[answer.status];
    const bytes = answer.headers.get("content-type")?.startsWith("text/event-stream") ? null : Buffer.from(await answer.arrayBuffer());
    const text = bytes?.toString() ?? "";
    assert.ok(raw, `${id} answered ${answer.status}, which is not described: ${text.slice(0, 300)}`);
    const described = this.resolve(raw);
    const type = (answer.headers.get("content-type") ?? "").split(";")[0];
    const pointer = raw.$ref ? raw.$ref.slice(2).split("/") : [...operation.pointer, "responses", String(answer.status)];
    let json;
    if (described.content) {
      const found = described.content[type] ? type : described.content["*/*"] ? "*/*" : undefined;
      assert.ok(found, `${id} answered ${type}, which is not described`);
      if (/^application\/([a-z.]+\+)?json$/.test(type)) json = JSON.parse(text);
      if (json !== undefined && found === type) this.checkWhole(described.content[found].schema, json, `the answer of ${id}`);
    } else {
      assert.equal(text, "", `${id} answered ${answer.status} with a body`);
    }
    for (const [name, header] of Object.entries(described.headers ?? {}))
      if (answer.headers.has(name) && header.schema?.const) assert.equal(answer.headers.get(name), header.schema.const);
    const code = answer.status >= 400 ? json?.code : undefined;
    this.remember(id, answer.status, code);
    if (code) {
      const named = codesIn(described.description);
      if (named.length > 0 && !described.description.startsWith("The item's own")) assert.ok(named.includes(code), `${id} answered ${answer.status} ${code}; described are ${named}`);
    }
    return { status: answer.status, headers: answer.headers, text, bytes, json, body: answer.body };
  }

  remember(id, status, code) {
    const key = `${id} ${status}`;
    if (!this.seen.has(key)) this.seen.set(key, new Set());
    if (code) this.seen.get(key).add(code);
  }

  /** What the description names and no answer has shown. */
  unseen() {
    const out = [];
    for (const [id, operation] of this.operations)
      for (const [status, raw] of Object.entries(operation.responses)) {
        const seen = this.seen.get(`${id} ${status}`);
        if (!seen) out.push(`${id} ${status}`);
        const described = this.resolve(raw);
        if (!seen || status < 400 || described.description.startsWith("The item's own") || !raw.$ref?.match(/Problem$|Error$/)) continue;
        for (const code of codesIn(described.description)) if (!seen.has(code)) out.push(`${id} ${status} ${code}`);
      }
    return out;
  }

  /** Operations that name a code under a status. */
  naming(status, code) {
    return [...this.operations.values()].filter((o) => o.responses[status] && codesIn(this.resolve(o.responses[status]).description).includes(code)).map((o) => o.operationId);
  }
}

export function codesIn(description) {
  return [...description.matchAll(/`([a-z0-9_]+)`/g)].map((m) => m[1]);
}
