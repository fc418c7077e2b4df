// From the form to the trained revision, with scripts: what a person sees, held against what the REST interface says.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { event, finished, house, rest, visitor } from "./harness.js";
import { drawn, plain, recordEpochs } from "./look.js";
import { flawed, mendable, slow } from "./networks.js";

const h = house();
const id = (page) => new URL(page.url()).pathname.split("/")[2];
const three = (v) => v.toFixed(3);
const points = (v) => ((Math.abs(v) < 0.0005 ? 0 : 100 * v) >= 0 ? "+" : "-") + Math.abs(100 * v).toFixed(1);

test("a probe is watched as it goes, until its report is there", async (t) => {
  const page = await visitor(t, h);
  const seen = await recordEpochs(page);
  const streams = [];
  page.on("response", (r) => r.url().endsWith("/events") && streams.push(r.headers()["content-type"]));
  await page.goto("/?example=flawed");
  await page.getByLabel("Probe length, epochs").fill("2");
  await page.getByRole("button", { name: "Ask for advice" }).click();
  await page.waitForURL(/\/advice\/[0-9a-f-]{36}$/);
  await page.getByRole("heading", { name: "Prediction", exact: true }).waitFor();

  const advice = await rest(h, "GET", `/v1/advice/${id(page)}`);
  const runs = await rest(h, "GET", `/v1/runs?advice=${advice.id}&page_size=100`);
  const recorded = (await Promise.all(runs.runs.map((r) => rest(h, "GET", `/v1/runs/${r.id}/epochs`)))).reduce(
    (n, r) => n + r.epochs.length,
    0,
  );
  const pages = Object.values(seen());
  assert.equal(pages.length, 1, "the page of the progress was loaded once");
  const [{ first, most, states }] = pages;
  assert.ok(first < recorded, `the page came with ${first} of ${recorded} epochs`);
  assert.equal(most, recorded, "all others came while it was open");
  assert.ok(states.includes("running"), `states seen: ${states}`);
  assert.deepEqual(
    streams.map((s) => s.split(";")[0]),
    ["text/event-stream"],
  );
});

test("the report says what the answer says", async (t) => {
  const advice = await finished(h, { architecture: JSON.parse(mendable), probe: { epochs: 1 } });
  const page = await visitor(t, h, { permissions: ["clipboard-read", "clipboard-write"], acceptDownloads: true });
  await page.goto(`/advice/${advice.id}`);

  const prediction = await plain(page.locator("#prediction"));
  for (const figure of [advice.prediction.test_accuracy, advice.prediction.low, advice.prediction.high])
    assert.ok(prediction.includes(three(figure)), `${prediction} has ${three(figure)}`);
  assert.ok(prediction.includes(String(advice.prediction.past_runs)), "it says on how many runs");
  assert.ok(await page.locator("#prediction svg").first().isVisible());

  const diagnoses = page.locator("#diagnoses li");
  assert.equal(await diagnoses.count(), advice.diagnoses.length);
  for (const d of advice.diagnoses) {
    const shown = await plain(diagnoses.filter({ hasText: d.message }));
    assert.ok(shown.includes(d.rule) && shown.includes(d.severity), shown);
  }

  const suggestions = page.locator("#suggestions table.tried > tbody > tr");
  assert.equal(await suggestions.count(), advice.suggestions.length);
  for (const [i, s] of advice.suggestions.entries()) {
    const item = suggestions.nth(i);
    const shown = await plain(item);
    assert.ok(shown.includes(s.verdict.replaceAll("_", " ")), `${shown} has ${s.verdict}`);
    if (s.gain) assert.ok(shown.includes(points(s.gain.mean)), `${shown} has the gain ${s.gain.mean}`);
    await item.locator("summary").first().click();
    await item.getByText("Edits as JSON Patch").click();
    assert.deepEqual(JSON.parse(await item.getByRole("region", { name: /JSON Patch/ }).innerText()), s.edits);
    for (const line of s.diff.slice(0, 8)) assert.ok((await plain(item)).includes(line), `${s.title} shows ${line}`);
  }
  assert.ok((await plain(page.locator(".advised"))).includes(advice.summary), "the answer stands first");

  const revised = page.locator("#revised");
  await revised.getByRole("button", { name: "Copy JSON" }).click();
  await revised.getByText("Copied.").waitFor();
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  assert.deepEqual(copied, advice.revised.architecture);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    revised.getByRole("link", { name: "Download JSON" }).click(),
  ]);
  assert.match(download.suggestedFilename(), /^flawed.*\.json$/);
  assert.deepEqual(JSON.parse(await readFile(await download.path(), "utf8")), advice.revised.architecture);
  await revised.getByRole("link", { name: "Ask about it" }).click();
  await page.waitForURL(/\/\?from=/);
  assert.deepEqual(
    JSON.parse(await page.getByLabel("Architecture", { exact: true }).inputValue()),
    advice.revised.architecture,
  );
});

test("heat maps and charts are beside their figures, and the statistic is chosen without a new page", async (t) => {
  const advice = await finished(h, { architecture: JSON.parse(flawed), probe: { epochs: 1 }, verify: false });
  const { records } = await rest(h, "GET", `/v1/runs/${advice.probe_run}/layers`);
  const page = await visitor(t, h);
  await page.goto(`/advice/${advice.id}`);
  const panel = page.locator("#statistics");
  const maps = panel.locator("svg[role=img]");
  assert.equal(await maps.count(), 4, "the chosen statistic, and all of weights, gradients and activations");
  const layers = records[0].layers.map((l) => l.layer);
  for (const map of await maps.all()) {
    const text = await plain(map);
    for (const layer of layers) assert.ok(text.includes(layer), `${text} has ${layer}`);
  }
  assert.ok(
    (await maps.first().locator("rect").count()) >= layers.length * records.length,
    "a cell for each layer and record",
  );
  const tables = panel.locator("details table");
  assert.equal(await tables.count(), 2);
  assert.equal(await tables.first().locator("tbody tr").count(), records.length);
  for (const table of await tables.all()) {
    const heads = await table.locator("thead th").allTextContents();
    for (const layer of layers) assert.ok(heads.includes(layer), `the table's heads ${heads} have ${layer}`);
  }

  for (const figure of await page.locator("figure.chart").all()) await drawn(figure);
  assert.ok((await page.locator("#learning figure.chart").count()) >= 2, "loss and accuracy");

  await page.evaluate(() => (window.stayed = true));
  const before = await maps.first().innerHTML();
  await panel.getByRole("group", { name: "Gradients" }).getByRole("button", { name: /L2/ }).click();
  await panel.getByRole("heading", { name: /Gradients: L2/ }).waitFor();
  assert.ok(await page.evaluate(() => window.stayed), "the page is the same");
  assert.match(page.url(), /statistic=gradients/);
  assert.notEqual(await maps.first().innerHTML(), before);
  for (const figure of await panel.locator("figure.chart").all()) await drawn(figure);
  const last = records.at(-1).layers[0].gradients.l2_norm;
  assert.equal(
    Number(
      await panel
        .locator("details table")
        .first()
        .locator("tbody tr")
        .last()
        .locator("td")
        .first()
        .getAttribute("data-value"),
    ),
    last,
  );
  await page.reload();
  await panel.getByRole("heading", { name: /Gradients: L2/ }).waitFor();
});

test("the revision is trained in full, and predicted and reached are side by side", async (t) => {
  const advice = await finished(h, { architecture: JSON.parse(mendable), probe: { epochs: 1 } });
  const page = await visitor(t, h);
  const seen = await recordEpochs(page);
  await page.goto(`/advice/${advice.id}`);
  await page.getByRole("button", { name: "Train in full" }).click();
  await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);
  await page.getByRole("heading", { name: "Predicted and reached" }).waitFor();
  const [{ first, most }] = Object.values(seen());
  assert.ok(first < most && Object.keys(seen()).length === 1, `epochs came live: ${first} → ${most}`);

  const run = await rest(h, "GET", `/v1/runs/${id(page)}`);
  assert.equal(run.from_advice, advice.id);
  const verdict = await plain(page.locator("#prediction"));
  assert.ok(
    verdict.includes(
      `Predicted ${three(advice.revised.prediction.test_accuracy)}, reached ${three(run.outcome.test_accuracy)}`,
    ),
    verdict,
  );
  for (const figure of await page.locator("#learning figure.chart").all()) await drawn(figure);

  await page.getByRole("link", { name: /^The advice/ }).click();
  await page.getByRole("link", { name: "The full run" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Train in full" }).count(), 0);
});

test("advice is cancelled while it runs, and asked again", async (t) => {
  const advice = await rest(h, "POST", "/v1/advice", { architecture: JSON.parse(slow), probe: { epochs: 50 } });
  const page = await visitor(t, h);
  await page.goto(`/advice/${advice.id}`);
  await page.locator("tbody tr").first().waitFor(); // it is at work
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("link", { name: "Ask again with this architecture" }).click();
  assert.equal((await rest(h, "GET", `/v1/advice/${advice.id}`)).state, "cancelled");
  assert.equal(JSON.parse(await page.getByLabel("Architecture", { exact: true }).inputValue()).name, "slow");
  assert.equal(await page.getByLabel("Probe length, epochs").inputValue(), "50");
  await page.getByRole("row", { name: /slow/ }).getByText("cancelled").waitFor();
});

test("a run of its own is watched and cancelled too", async (t) => {
  const run = await rest(h, "POST", "/v1/runs", { architecture: JSON.parse(slow) });
  await event(h, `/v1/runs/${run.id}`, "event: epoch");
  const page = await visitor(t, h);
  await page.goto(`/runs/${run.id}`);
  await page.getByText(/batch \d+ of \d+/).waitFor(); // only events say so
  const rows = page.locator("[data-runs] table[data-chart] tbody tr");
  await rows.nth(10).waitFor(); // more than the table has room for
  assert.ok(
    await rows
      .last()
      .evaluate(
        (row) => row.getBoundingClientRect().bottom <= row.closest(".scroll").getBoundingClientRect().bottom + 1,
      ),
    "the newest epoch is in view",
  );
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("The run is cancelled.").waitFor();
});
