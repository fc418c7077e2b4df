// The form as a person uses it: examples, mistakes, files.
import assert from "node:assert/strict";
import { test } from "node:test";
import { house, visitor } from "./harness.js";
import { flawed, mistaken, mistakes } from "./networks.js";

const h = house();
const architecture = (page) => page.getByLabel("Architecture", { exact: true });
const ask = (page) => page.getByRole("button", { name: "Ask for advice" });

test("an example fills the form in", async (t) => {
  const page = await visitor(t, h);
  await page.goto("/");
  await page.getByRole("link", { name: "flawed", exact: true }).click();
  await page.waitForURL(/example=flawed/);
  assert.equal(await architecture(page).inputValue(), flawed);
  assert.equal(await page.getByLabel("Data set").inputValue(), "fashion-mnist-sample");
});

test("mistakes are named at their field, and nothing that was typed is lost", async (t) => {
  const page = await visitor(t, h, { expected: [422] });
  await page.goto("/");
  await architecture(page).fill(mistaken);
  await page.getByLabel("Probe length, epochs").fill("2");
  await page.getByText("More", { exact: true }).click();
  await page.getByLabel("Suggestions at most").fill("5");
  await page.getByLabel("Try the suggestions").uncheck();
  const [answer] = await Promise.all([page.waitForResponse((r) => r.request().method() === "POST"), ask(page).click()]);
  assert.equal(answer.status(), 422);

  const summary = page.getByRole("alert");
  await summary.waitFor();
  assert.ok(await summary.evaluate((e) => e === document.activeElement), "the summary has the focus");
  assert.equal(await architecture(page).getAttribute("aria-invalid"), "true");
  const said = await page
    .locator(`#${(await architecture(page).getAttribute("aria-describedby")).split(" ").at(-1)}`)
    .innerText();
  for (const m of mistakes) {
    const link = summary.getByRole("link").filter({ hasText: m.pointer });
    assert.match(await link.innerText(), new RegExp(`line ${m.line}\\b`, "i"));
    assert.ok((await link.innerText()).includes(m.words), `${await link.innerText()} has ${m.words}`);
    assert.ok(said.includes(m.pointer) && said.includes(m.words), `at the field: ${said}`);
    await link.click();
    const selected = await architecture(page).evaluate((e) => e.value.slice(e.selectionStart, e.selectionEnd));
    assert.equal(selected, mistaken.split("\n")[m.line - 1], "the link selects the line");
  }
  assert.equal(await architecture(page).inputValue(), mistaken);
  assert.equal(await page.getByLabel("Probe length, epochs").inputValue(), "2");
  assert.equal(await page.getByLabel("Suggestions at most").inputValue(), "5");
  assert.equal(await page.getByLabel("Try the suggestions").isChecked(), false);
});

test("what is no JSON is shown with its line", async (t) => {
  const page = await visitor(t, h, { expected: [422] });
  await page.goto("/");
  await architecture(page).fill('{"layers": [\n  {"type": "flatten"},\n  {"type" "dense"}\n]}');
  await ask(page).click();
  assert.match(await page.getByRole("alert").innerText(), /line 3/i);
});

test("nothing at all is refused at the field", async (t) => {
  const page = await visitor(t, h, { expected: [422] });
  await page.goto("/");
  await ask(page).click();
  assert.match(await page.getByRole("alert").innerText(), /architecture/i);
  assert.equal(await architecture(page).getAttribute("aria-invalid"), "true");
});

test("an impossible number is refused by the browser, and by the service where the browser lets it pass", async (t) => {
  const page = await visitor(t, h, { expected: [422] });
  await page.goto("/?example=flawed");
  const epochs = page.getByLabel("Probe length, epochs");
  await epochs.fill("0");
  await ask(page).click();
  assert.ok(await epochs.evaluate((e) => !e.validity.valid));
  assert.equal(new URL(page.url()).pathname, "/");
  await page.locator("form[action='/advice']").evaluate((form) => (form.noValidate = true));
  await ask(page).click();
  await page.getByRole("alert").waitFor();
  assert.equal(await epochs.getAttribute("aria-invalid"), "true");
  assert.equal(await epochs.inputValue(), "0");
  const described = await epochs.evaluate((e) =>
    e
      .getAttribute("aria-describedby")
      .split(" ")
      .map((id) => document.getElementById(id).textContent)
      .join(" "),
  );
  assert.match(described, /whole number from 1/i);
  assert.equal(await architecture(page).inputValue(), flawed);
});

test("a dropped file becomes the text", async (t) => {
  const page = await visitor(t, h);
  await page.goto("/");
  const dropped = await page.evaluateHandle((text) => {
    const d = new DataTransfer();
    d.items.add(new File([text], "flawed.json", { type: "application/json" }));
    return d;
  }, flawed);
  await architecture(page).dispatchEvent("dragover", { dataTransfer: dropped });
  await architecture(page).dispatchEvent("drop", { dataTransfer: dropped });
  await page.waitForFunction((text) => document.getElementById("architecture").value === text, flawed);
});

test("a chosen file becomes the text, one that is too large is refused", async (t) => {
  const page = await visitor(t, h);
  await page.goto("/");
  const file = page.locator("input[type=file]");
  await file.setInputFiles({ name: "flawed.json", mimeType: "application/json", buffer: Buffer.from(flawed) });
  await page.waitForFunction((text) => document.getElementById("architecture").value === text, flawed);
  await file.setInputFiles({ name: "large.json", mimeType: "application/json", buffer: Buffer.alloc(2 << 20, " ") });
  await page.waitForFunction(() => document.querySelector("input[type=file]").validationMessage !== "");
  assert.equal(await architecture(page).inputValue(), flawed);
});
