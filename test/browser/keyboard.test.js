// The form and the report with the keyboard alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { finished, house, visitor } from "./harness.js";
import { flawed } from "./networks.js";

const h = house();
const still = { reducedMotion: "reduce" }; // else pages scroll smoothly, and what has the focus comes into view later

// focused describes what has the focus and how that is shown.
const focused = (page) =>
  page.evaluate(() => {
    const e = document.activeElement;
    const style = getComputedStyle(e);
    const box = e.getBoundingClientRect();
    return {
      name: e.id || e.textContent.trim().slice(0, 40) || e.tagName,
      tag: e.tagName,
      ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
      inView: box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth && box.width > 0,
    };
  });

// tabTo presses Tab until the element has the focus; everything on the way has to show that it has it.
async function tabTo(page, selector) {
  const way = [];
  while (!(await page.evaluate((s) => document.activeElement.matches(s), selector))) {
    await page.keyboard.press("Tab");
    const f = await focused(page);
    assert.ok(f.tag !== "BODY" && way.length < 100, `Tab never comes to ${selector}, only to ${way.join(", ")}`);
    assert.ok(f.ring, `${f.name} (${f.tag}) shows its focus`);
    assert.ok(f.inView, `${f.name} (${f.tag}) is in view`);
    way.push(f.name);
  }
  return way;
}

test("the form is filled in and sent", async (t) => {
  const page = await visitor(t, h, still);
  await page.goto("/");
  await page.keyboard.press("Tab");
  assert.match((await focused(page)).name, /skip/i);
  await page.keyboard.press("Enter");
  await tabTo(page, "#architecture");
  await page.keyboard.insertText(flawed); // as a paste does
  await tabTo(page, "#dataset");
  await page.keyboard.press("Home");
  await tabTo(page, "#probe_epochs");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("1");
  await tabTo(page, "#verify");
  await page.keyboard.press("Space");
  await tabTo(page, "summary");
  await page.keyboard.press("Enter");
  await tabTo(page, "#images");
  await page.keyboard.type("300");
  await tabTo(page, "#suggestions");
  await page.keyboard.type("3");
  await tabTo(page, "button[type=submit]");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/advice\/[0-9a-f-]{36}$/);
  await page.getByRole("heading", { name: "Suggestions" }).waitFor();
  assert.equal(await page.locator("#suggestions table.tried > tbody > tr").count(), 3);
});

test("what is wrong is reached at once", async (t) => {
  const page = await visitor(t, h, { ...still, expected: [422] });
  await page.goto("/");
  await tabTo(page, "#architecture");
  await page.keyboard.insertText('{"layers": []}');
  await tabTo(page, "button[type=submit]");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await tabTo(page, "[role=alert] a");
  await page.keyboard.press("Enter");
  assert.equal((await focused(page)).name, "architecture");
});

test("everything in the report is reached, and the statistic chosen", async (t) => {
  const advice = await finished(h, { architecture: JSON.parse(flawed), probe: { epochs: 1 }, verify: false });
  const page = await visitor(t, h, still);
  await page.goto(`/advice/${advice.id}`);
  await tabTo(page, "#statistics button[value='weights.mean']");
  await page.keyboard.press("Enter");
  await page
    .locator("#statistics")
    .getByRole("heading", { name: /Weights: mean/ })
    .waitFor();
  assert.ok(
    await page.evaluate(() => document.activeElement.matches("#statistics .chosen")),
    "the focus stays at what was chosen",
  );
  await tabTo(page, "#network a");
});
