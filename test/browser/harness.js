// The program, the browser, and pages that are watched. A test file starts each once, in its own process.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

// How long anything may take before it counts as broken. Training on a busy machine is the slowest of it.
export const patience = 60_000;

// house starts the program and the browser before the tests of a file, has prepared what they need, and ends them
// after.
export function house(prepare = async () => {}) {
  const h = { url: "", browser: null, data: "" };
  let work, service;
  const end = async () => {
    await h.browser?.close();
    await service?.stop();
    if (work) rmSync(work, { recursive: true, force: true });
  };
  before(async () => {
    try {
      work = mkdtempSync(join(tmpdir(), "probewise-browser-"));
      h.data = join(work, "data");
      service = await serve(program(work), h.data);
      h.url = service.url;
      h.browser = await chromium.launch({
        executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
        // Containers have no user namespaces for the sandbox; the rest keeps the browser from talking to its maker.
        args: [
          "--no-sandbox",
          "--disable-gpu",
          "--disable-quic",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
        ],
      });
      await prepare(h); // here, since Node does not let one hook wait for another
    } catch (error) {
      await end().catch(() => {}); // Node runs no after() then, and would wait for the service for ever
      throw error;
    }
  });
  after(end);
  return h;
}

// program returns the path of the built program.
function program(folder) {
  if (process.env.PROBEWISE) return process.env.PROBEWISE;
  const path = join(folder, process.platform === "win32" ? "probewise.exe" : "probewise");
  execFileSync("go", ["build", "-o", path, "./cmd/probewise"], { cwd: root, stdio: "inherit" });
  return path;
}

// serve starts the service on a free port and waits until it says where it listens.
async function serve(path, data) {
  const child = spawn(path, ["serve", "--listen", "127.0.0.1:0", "--data-dir", data], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "exit");
  process.once("exit", () => child.kill("SIGKILL")); // where the tests did not come to their end
  const log = [];
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stderr })
      .on("line", (line) => {
        log.push(line);
        const found = /url=(http:\/\/127\.0\.0\.1:\d+)/.exec(line);
        if (found) resolve(found[1]);
      })
      .on("close", () => reject(new Error(`the service does not listen:\n${log.join("\n")}`)));
    child.on("error", reject);
  });
  const stop = async () => {
    child.kill("SIGTERM");
    const [code] = await ended;
    assert.equal(code, 0, `the service ended with ${code}:\n${log.join("\n")}`);
    assert.deepEqual(
      log.filter((line) => /level=ERROR/.test(line)),
      [],
      "the service logged errors",
    );
  };
  return { url, stop };
}

// visitor opens a page of its own, closed when the test ends, which then fails where the page complained of anything.
// A test that provokes an error says so: visitor(t, h, {expected: [422]}).
export async function visitor(t, h, { expected = [], ...options } = {}) {
  const context = await h.browser.newContext({ baseURL: h.url, viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(patience);
  const complaints = [];
  await context.exposeFunction("__complain", (text) => complaints.push(text));
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (e) =>
      window.__complain(`CSP: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`),
    );
  });
  context.on("console", (m) => {
    const provoked = expected.some((status) => m.text().includes(`the server responded with a status of ${status}`));
    if (["error", "warning"].includes(m.type()) && !provoked)
      complaints.push(`console: ${m.text()} (${m.location().url})`);
  });
  context.on("weberror", (e) => complaints.push(`script: ${e.error().stack}`));
  context.on("request", (r) => {
    if (!r.url().startsWith(h.url) && !/^(data|blob):/.test(r.url()))
      complaints.push(`request to elsewhere: ${r.url()}`);
  });
  context.on("response", (r) => {
    if (r.status() >= 400 && !expected.includes(r.status()))
      complaints.push(`${r.request().method()} ${r.url()}: ${r.status()}`);
  });
  const page = await context.newPage();
  t.after(async () => {
    await context.close();
    assert.deepEqual(complaints, [], "the pages complained");
  });
  return page;
}

// rest calls the REST interface.
export async function rest(h, method, path, body) {
  const response = await fetch(h.url + path, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

// finished has advice made and waits for it.
export async function finished(h, request) {
  const advice = await rest(h, "POST", "/v1/advice?wait=5m", request);
  assert.equal(advice.state, "succeeded", advice.error);
  return advice;
}

// event follows a job until one of its events contains the words.
export async function event(h, path, words) {
  const response = await fetch(`${h.url}${path}/events`);
  assert.equal(response.status, 200);
  let text = "";
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.includes(words)) return;
  }
  assert.fail(`no event of ${path} has ${words}:\n${text}`);
}
