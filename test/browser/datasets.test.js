// A data set through the pages: added from a form, looked at, used, removed; without scripts, by people who cannot see,
// and on a telephone.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { house, rest, visitor } from "./harness.js";
import { plain } from "./look.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pictures = process.env.PROBEWISE_SCREENSHOTS || mkdtempSync(join(tmpdir(), "probewise-screenshots-"));
const h = house(async () => mkdirSync(pictures, { recursive: true }));

// table is a CSV of gray images of 8×8 pixels: a bright column for one class, a bright row for the other.
function table(rows) {
  const lines = [["label", ...Array.from({ length: 64 }, (_, i) => `pixel${i}`)].join(",")];
  for (let k = 0; k < rows; k++) {
    const upright = k % 3 > 0;
    const pixels = Array.from({ length: 64 }, (_, i) => ((upright ? i % 8 : i >> 3) === k % 8 ? 255 : (i * k) % 90));
    lines.push([upright ? "column" : "row", ...pixels].join(","));
  }
  return { name: "dots.csv", mimeType: "text/csv", buffer: Buffer.from(lines.join("\n")) };
}

test("without scripts: mistakes, added, seen, offered, removed", async (t) => {
  const page = await visitor(t, h, { javaScriptEnabled: false, expected: [422, 404] });
  await page.goto("/");
  await page.getByRole("navigation").getByRole("link", { name: "Data sets" }).click();
  await page.getByLabel("Name", { exact: true }).fill("dots");
  await page.getByLabel("Height and width of all images").fill("16");
  await page.getByLabel("File", { exact: true }).setInputFiles(table(60));
  await page.getByRole("button", { name: "Add the data set" }).click();
  assert.match(await plain(page.locator("#size-error")), /expected HEIGHTxWIDTH/);
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "dots");

  await page.getByLabel("Height and width of all images").fill("16x16");
  await page.getByLabel("File", { exact: true }).setInputFiles(table(60));
  await page.getByRole("button", { name: "Add the data set" }).click();
  await page.getByRole("heading", { name: "dots", level: 1 }).waitFor();
  assert.match(page.url(), /\/datasets\/dots$/);
  const details = await rest(h, "GET", "/v1/datasets/dots");
  const text = await plain(page.locator("main"));
  for (const part of [`${details.train} training and ${details.test} test images of 16×16×1`, details.id, "64 columns"])
    assert.ok(text.includes(part), text);
  for (const count of details.class_counts)
    assert.ok(text.includes(`${count.class}${count.train}${count.test}`), text);
  for (const sheet of await page.locator(".sheet img").all()) {
    await sheet.scrollIntoViewIfNeeded();
    const box = await sheet.boundingBox();
    assert.ok(box.width > 100, `a sheet is ${box.width} pixels wide`);
  }
  await page.getByRole("link", { name: "Get advice on it" }).click();
  assert.equal(await page.getByLabel("Data set", { exact: true }).inputValue(), "dots");

  await page.goto("/datasets/dots");
  await page.getByText("Remove dots").click();
  await page.getByRole("button", { name: "Remove it for good" }).click();
  await page.getByRole("heading", { name: "Data sets", level: 1 }).waitFor();
  assert.equal(await page.getByRole("link", { name: "dots", exact: true }).count(), 0);
  await page.goto("/datasets/dots");
  await page.getByRole("heading", { name: "There is no such data set" }).waitFor();
});

const looks = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 844 } },
};

for (const [look, options] of Object.entries(looks)) {
  test(`nothing that axe finds, nothing that scrolls sideways: ${look}`, async (t) => {
    const page = await visitor(t, h, { ...options, expected: [422] });
    const check = async (name) => {
      for (const image of await page.locator(".sheet img").all()) {
        await image.scrollIntoViewIfNeeded();
        await image.evaluate((e) => e.decode());
      }
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run());
      assert.deepEqual(
        violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`),
        [],
      );
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(wide <= 0, `the page is ${wide} pixels too wide`);
      await page.screenshot({ path: join(pictures, `${name}-${look}.png`), fullPage: true });
    };
    await page.goto("/datasets");
    await check("datasets");
    await page.getByText("More", { exact: true }).click();
    await page.getByLabel("Name", { exact: true }).fill(look);
    await page.getByLabel("Broken files to leave out, at most").fill("2");
    await page.getByLabel("Column of labels").fill("nothing");
    await page.getByLabel("File", { exact: true }).setInputFiles(table(90));
    await page.getByRole("button", { name: "Add the data set" }).click();
    await page.locator("#label_column-error").waitFor();
    await check("datasets-mistakes");
    await page.getByLabel("Column of labels").fill("label");
    await page.getByLabel("File", { exact: true }).setInputFiles(table(90));
    await page.getByRole("button", { name: "Add the data set" }).click();
    await page.getByRole("heading", { name: look, level: 1 }).waitFor();
    await check("dataset");
    await page.goto("/datasets/fashion-mnist-sample");
    await check("dataset-sample");
  });
}
