// The same path where scripts are off: the pages are forms and links, and a refresh follows the work.
import assert from "node:assert/strict";
import { test } from "node:test";
import { finished, house, rest, visitor } from "./harness.js";
import { plain } from "./look.js";
import { flawed, mistaken, mistakes, slow } from "./networks.js";

const h = house();
const off = { javaScriptEnabled: false };
const id = (page) => new URL(page.url()).pathname.split("/")[2];

test("from an example to the trained revision", async (t) => {
  const page = await visitor(t, h, off);
  let loads = 0;
  page.on(
    "response",
    (r) => (loads += r.request().isNavigationRequest() && /\/advice\/[0-9a-f-]{36}$/.test(r.url()) ? 1 : 0),
  );
  await page.goto("/");
  await page.getByRole("link", { name: "flawed", exact: true }).click();
  await page.getByLabel("Probe length, epochs").fill("2");
  await page.getByRole("button", { name: "Ask for advice" }).click();
  await page.getByRole("progressbar").waitFor();
  await page.getByRole("heading", { name: "Prediction", exact: true }).waitFor();
  assert.ok(loads >= 2, `the page was loaded ${loads} times: it refreshes itself`);

  const advice = await rest(h, "GET", `/v1/advice/${id(page)}`);
  const prediction = await plain(page.locator("#prediction"));
  for (const figure of [advice.prediction.test_accuracy, advice.prediction.low, advice.prediction.high])
    assert.ok(prediction.includes(figure.toFixed(3)), prediction);
  assert.equal(await page.locator("#suggestions table.tried > tbody > tr").count(), advice.suggestions.length);
  assert.equal(await page.locator("[data-copy]").isVisible(), false, "nothing is offered that needs scripts");
  assert.deepEqual(
    JSON.parse(await page.locator("#revised-json").evaluate((e) => e.textContent)),
    advice.revised.architecture,
  );
  assert.ok((await page.locator("#learning table tbody tr").count()) > 0);

  await page
    .locator("#statistics")
    .getByRole("group", { name: "Weights" })
    .getByRole("button", { name: /variance/ })
    .click();
  await page
    .locator("#statistics")
    .getByRole("heading", { name: /Weights: variance/ })
    .waitFor();
  assert.match(page.url(), /statistic=weights\.variance/);

  await page.getByRole("button", { name: "Train in full" }).click();
  await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);
  await page.getByRole("heading", { name: "Predicted and reached" }).waitFor();
  const run = await rest(h, "GET", `/v1/runs/${id(page)}`);
  assert.ok((await plain(page.locator("#prediction"))).includes(`reached ${run.outcome.test_accuracy.toFixed(3)}`));
});

test("mistakes, then a file instead", async (t) => {
  const page = await visitor(t, h, { ...off, expected: [422] });
  await page.goto("/");
  const architecture = page.getByLabel("Architecture", { exact: true });
  await architecture.fill(mistaken);
  await page.getByRole("button", { name: "Ask for advice" }).click();
  const summary = await page.getByRole("alert").innerText();
  for (const m of mistakes) assert.ok(summary.includes(m.pointer) && summary.includes(m.words), summary);
  assert.equal(await architecture.inputValue(), mistaken);

  await page
    .getByLabel("or a file")
    .setInputFiles({ name: "flawed.json", mimeType: "application/json", buffer: Buffer.from(flawed) });
  await page.getByLabel("Probe length, epochs").fill("1");
  await page.getByLabel("Try the suggestions").uncheck();
  await page.getByRole("button", { name: "Ask for advice" }).click();
  await page.waitForURL(/\/advice\/[0-9a-f-]{36}$/);
  assert.equal((await rest(h, "GET", `/v1/advice/${id(page)}?wait=1m`)).architecture.name, "flawed");
});

test("advice is cancelled", async (t) => {
  const advice = await rest(h, "POST", "/v1/advice", { architecture: JSON.parse(slow), probe: { epochs: 50 } });
  const page = await visitor(t, h, off);
  await page.goto(`/advice/${advice.id}`);
  await page.locator("tbody tr").first().waitFor(); // after some refreshes
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("link", { name: "Ask again with this architecture" }).waitFor();
});

test("older advice is reached by a link", async (t) => {
  for (let seed = 1; seed <= 13; seed++) {
    await finished(h, { architecture: JSON.parse(flawed), probe: { epochs: 1, images: 200, seed }, verify: false });
  }
  const page = await visitor(t, h, off);
  await page.goto("/");
  const rows = page.locator("#recent tbody tr");
  assert.equal(await rows.count(), 12);
  const first = await rows.first().locator("a").getAttribute("href");
  await page.getByRole("link", { name: "Older" }).click();
  await page.waitForURL(/after=/);
  assert.ok((await rows.count()) >= 1);
  await page.getByRole("link", { name: "Newest" }).click();
  await page.waitForURL((url) => !url.search);
  assert.equal(await rows.first().locator("a").getAttribute("href"), first);
});
