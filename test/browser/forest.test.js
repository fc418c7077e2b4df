// What the past runs say, with scripts and without: what a person sees, held against what the REST interface says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { house, rest, visitor } from "./harness.js";
import { plain } from "./look.js";
import { pastRuns } from "./past.js";

const h = house(async (h) => pastRuns(h, "few-runs"));
const off = { javaScriptEnabled: false };
const all = ["Correlation", "Beta", "Linear coefficient", "Forest importance"];
const words = (name) => name.replaceAll("_", " ");

// figuresOf are the figures of a table's column, null where there is none.
async function figuresOf(table, column) {
  const cells = await table
    .locator("tbody tr")
    .evaluateAll((rows, i) => rows.map((r) => r.cells[i].dataset.value ?? null), column);
  return cells.map((v) => (v === null ? null : Number(v)));
}

test("figures come into the page as they are computed", async (t) => {
  const page = await visitor(t, h);
  await page.goto("/");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Forest" }).waitFor();
  await page.goto("/forest?dataset=few-runs");
  await page.evaluate(() => (window.stayed = true));
  await page.getByText("being computed").first().waitFor();
  const relations = page.locator("#relations");
  await relations.waitFor({ state: "attached" });
  const { result: table } = await rest(h, "GET", "/v1/forest/statistics?dataset=few-runs&wait=1m");
  const everywhere = table.positions.find((p) => p.position === "all");
  for (const [column, key] of [
    [1, "correlation"],
    [2, "beta"],
    [3, "coefficient"],
    [5, "p_value"],
    [6, "importance"],
  ]) {
    assert.deepEqual(
      await figuresOf(relations, column),
      everywhere.statistics.map((s) => s[key]),
      key,
    );
  }
  for (const title of all) {
    const chart = page.locator("#statistics").getByRole("img", { name: new RegExp(`^${title} by statistic`) });
    const known = everywhere.statistics.filter(
      (s) =>
        s[
          {
            Correlation: "correlation",
            Beta: "beta",
            "Linear coefficient": "coefficient",
            "Forest importance": "importance",
          }[title]
        ] !== null,
    );
    assert.equal(await chart.locator("rect.bar").count(), known.length, title);
  }
  for (const s of everywhere.statistics.filter((s) => s.reason))
    assert.ok((await plain(page.locator("#statistics"))).toLowerCase().includes(words(s.name)), s.name);
  const fits = page.locator("#fits");
  assert.deepEqual(
    await figuresOf(fits, 2),
    table.positions.map((p) => p.linear.held_out_r2),
  );
  assert.deepEqual(
    await figuresOf(fits, 3),
    table.positions.map((p) => p.linear.in_sample_r2),
  );
  assert.match(await plain(page.locator("#statistics")), /in-sample.*says nothing about other runs/);

  await page.locator("#influences").waitFor({ state: "attached" });
  const { result: influences } = await rest(h, "GET", "/v1/forest/hyperparameters?dataset=few-runs&wait=1m");
  for (const [i, s] of influences.statistics.entries()) {
    assert.deepEqual(
      await figuresOf(page.locator("#influences"), i + 1),
      s.hyperparameters.map((r) => r.correlation),
      s.statistic,
    );
  }

  const { result: card } = await rest(h, "GET", "/v1/forest?dataset=few-runs&wait=5m");
  await page.locator("#ablation").waitFor({ state: "attached" });
  assert.ok(await page.evaluate(() => window.stayed), "the page is the same");
  assert.deepEqual(
    await figuresOf(page.locator("#quality"), 2),
    card.probe.map((e) => e.r2),
  );
  assert.deepEqual(
    await figuresOf(page.locator("#ablation"), 3),
    card.ablation.map((e) => e.gain),
  );
  const gains = card.ablation.filter((e) => e.gain !== null && e.features === "statistics").length;
  assert.equal(
    await page
      .getByRole("img", { name: /^\+ statistics: gain/ })
      .locator("line.whisker")
      .count(),
    3 * gains,
  );
});

test("accuracy, position and method are chosen without scripts, and the page comes again by itself", async (t) => {
  const page = await visitor(t, h, off);
  let loads = 0;
  page.on("response", (r) => (loads += r.request().isNavigationRequest() ? 1 : 0));
  await page.goto("/forest?dataset=few-runs");
  await page.getByRole("combobox", { name: "Accuracy" }).selectOption("train");
  await page.getByRole("combobox", { name: "Layers" }).selectOption("dense");
  await page.getByRole("combobox", { name: "Statistics" }).selectOption("0");
  await page.getByRole("combobox", { name: "Heat maps by" }).selectOption("importance");
  await page.getByRole("button", { name: "Show" }).click();
  await page.waitForURL(/target=train&position=dense&probe=0&method=importance/);
  await page.getByRole("heading", { name: "Statistics of dense layers and train accuracy, 28 runs" }).waitFor();
  await page
    .getByRole("heading", { name: "Forest importance of hyperparameters with statistics of dense layers" })
    .waitFor();
  assert.ok(loads >= 3, `the page was loaded ${loads} times: it refreshes itself`);
  assert.match(
    await plain(page.locator("#statistics")),
    /statistics after initialisation, related to the final train accuracy/,
  );
  assert.equal(await page.getByRole("combobox", { name: "Layers" }).inputValue(), "dense");
  const map = page.getByRole("img", { name: /^Forest importance with train accuracy/ });
  const cells = await map
    .locator("g:has(> title)")
    .evaluateAll((all) =>
      all.map((g) => [g.getAttribute("class"), Number(g.querySelector("title").textContent.split(": ").at(-1))]),
    );
  const known = cells.filter(([, value]) => Number.isFinite(value));
  const greatest = Math.max(...known.map(([, value]) => Math.abs(value)));
  const ends = known.filter(([, value]) => Math.abs(value) === greatest);
  assert.ok(known.length > 10 && ends.length > 0);
  for (const [colour, value] of ends) assert.equal(colour, value < 0 ? "h0" : "h8", "the greatest has the last colour");
});

test("what is not there is said so", async (t) => {
  const page = await visitor(t, h, { ...off, expected: [422] });
  for (const query of ["dataset=nope", "position=top"]) {
    const answer = await page.goto(`/forest?${query}`);
    assert.equal(answer.status(), 422);
    assert.ok(await page.getByRole("link", { name: "To the form" }).isVisible());
  }
});
