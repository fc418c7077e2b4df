// Every page, light and dark and on a telephone: no violation that axe finds, nothing that scrolls sideways, and a
// picture.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { event, finished, house, rest, visitor } from "./harness.js";
import { drawn } from "./look.js";
import { flawed, mistaken, slow } from "./networks.js";
import { pastRuns } from "./past.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pictures = process.env.PROBEWISE_SCREENSHOTS || mkdtempSync(join(tmpdir(), "probewise-screenshots-"));
const picture = (name, kind) => join(pictures, `${name}-${kind}.png`);

// What the pages are of.
const made = {};
const h = house(async (h) => {
  mkdirSync(pictures, { recursive: true });
  const architecture = JSON.parse(flawed);
  made.whole = await finished(h, { architecture, probe: { epochs: 2 } });
  made.trained = await rest(h, "POST", "/v1/runs?wait=5m", { from_advice: made.whole.id });
  made.unpredicted = await finished(h, {
    architecture: { ...architecture, name: "few-images" },
    probe: { epochs: 1, images: 300 },
    verify: false,
  });
  const training = { ...architecture.training, optimizer: { type: "sgd", learning_rate: 1000 } };
  made.diverged = await finished(h, {
    architecture: { ...architecture, name: "diverged", training },
    probe: { epochs: 1 },
    verify: false,
  });
  made.cancelled = await rest(h, "POST", "/v1/advice", { architecture: { ...JSON.parse(slow), name: "cancelled" } });
  await rest(h, "POST", `/v1/advice/${made.cancelled.id}/cancel`);
  await rest(h, "GET", `/v1/advice/${made.cancelled.id}?wait=1m`);
  pastRuns(h, "few-runs");
  for (const part of ["", "/statistics", "/hyperparameters"])
    await rest(h, "GET", `/v1/forest${part}?dataset=few-runs&wait=5m`);
});

// working asks for advice that is worked on while its page is looked at, and starts a run that waits for it: late,
// since it takes the processor from everything else.
async function working() {
  if (made.running) return made;
  made.running = await rest(h, "POST", "/v1/advice", { architecture: JSON.parse(slow), probe: { epochs: 100 } });
  made.queued = await rest(h, "POST", "/v1/runs", { architecture: JSON.parse(slow) });
  await event(h, `/v1/advice/${made.running.id}`, '"epoch":0.5');
  return made;
}

// pages, by the names of their pictures.
const pages = {
  form: { open: () => "/" },
  example: { open: () => "/?example=flawed" },
  mistakes: { open: () => "/", expected: [422], act: submitMistakes },
  report: { open: () => `/advice/${made.whole.id}`, act: charts },
  signed: { open: () => `/advice/${made.whole.id}?statistic=weights.mean`, act: openAll },
  unpredicted: { open: () => `/advice/${made.unpredicted.id}`, act: charts },
  diverged: { open: () => `/advice/${made.diverged.id}` },
  trained: { open: () => `/runs/${made.trained.id}`, act: charts },
  probe: { open: () => `/runs/${made.whole.probe_run}`, act: charts },
  cancelled: { open: () => `/advice/${made.cancelled.id}` },
  forest: { open: () => "/forest?dataset=few-runs", act: figures },
  beta: {
    open: () => "/forest?dataset=few-runs&method=beta",
    act: async (page) => {
      await figures(page);
      await openAll(page);
    },
  },
  // What Swagger UI makes is not ours to change: its contrast is too weak for axe. What it is put in is ours.
  docs: {
    open: () => "/docs",
    except: "#docs",
    act: (page) => page.getByText("Ask for advice on an architecture").waitFor(),
  },
  missing: { open: () => "/advice/01a20c27-107c-79c9-af3f-6bdc8aac38d4", expected: [404] },
  running: {
    open: async () => `/advice/${(await working()).running.id}`,
    act: (page) => page.getByText(/batch \d+ of \d+/).waitFor(),
  },
  computing: {
    open: () => "/forest?dataset=cifar10",
    act: (page) => page.locator("#card").getByText("being computed").waitFor(),
  }, // its model card takes minutes
  queued: {
    open: async () => `/runs/${(await working()).queued.id}`,
    act: (page) => page.getByText("queued", { exact: true }).waitFor(),
  },
};

// variants: the telephone is a browser of its own, dark is a change that a page has to follow while it is open.
const variants = {
  desktop: { options: { colorScheme: "light" }, schemes: ["light", "dark"], widths: [1280] },
  phone: {
    options: { colorScheme: "light", viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
    schemes: ["light"],
    widths: [390, 360],
  },
};

for (const [name, { open, act, expected, except }] of Object.entries(pages)) {
  for (const [variant, { options, schemes, widths }] of Object.entries(variants)) {
    test(`${name}, ${variant}`, async (t) => {
      const page = await visitor(t, h, { ...options, expected, reducedMotion: "reduce" });
      await page.goto(await open());
      await act?.(page);
      for (const colorScheme of schemes) {
        await page.emulateMedia({ colorScheme });
        // "initial": a hidden caret is a style sheet that Playwright puts into the page, and the page's policy forbids
        // it.
        await page.screenshot({
          path: picture(name, variant === "phone" ? variant : colorScheme),
          fullPage: true,
          caret: "initial",
        });
        assert.deepEqual(await violations(page, except), [], colorScheme);
      }
      for (const width of widths) {
        await page.setViewportSize({ width, height: 844 });
        // Charts follow their room in the next frame.
        await page
          .waitForFunction(fits, null, { timeout: 5000 })
          .catch(async () => assert.fail(`wider than ${width} px: ${(await page.evaluate(tooWide)).join("; ")}`));
        assert.deepEqual(await page.evaluate(overlapping), [], `labels at ${width} px`);
      }
    });
  }
}

test("every link leads somewhere", async (t) => {
  const page = await visitor(t, h, { expected: [404] });
  const links = new Set();
  for (const { open } of Object.values(pages)) {
    await page.goto(await open());
    for (const link of await page
      .locator("a[href]:not(#docs *)")
      .evaluateAll((all) => all.map((a) => a.href.replace(/#.*/, ""))))
      links.add(link);
    for (const place of await page
      .locator("a[href^='#']:not(#docs *)")
      .evaluateAll((all) => all.map((a) => a.getAttribute("href").slice(1)))) {
      assert.ok(
        await page.evaluate((id) => document.getElementById(id) !== null, place),
        `${page.url()} has #${place}`,
      );
    }
  }
  assert.ok(links.size > 20, `${links.size} links`);
  for (const link of links) {
    const { status } = await fetch(link);
    assert.ok(status === 200 || link.endsWith(pages.missing.open()), `${link}: ${status}`);
  }
});

test("there is a picture of every page", (t) => {
  for (const name of Object.keys(pages))
    for (const kind of ["light", "dark", "phone"]) assert.ok(existsSync(picture(name, kind)), picture(name, kind));
  t.diagnostic(`pictures: ${pictures}`);
});

// violations are what axe finds, in both its rules and its best practices.
async function violations(page, except) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  const found = await page.evaluate(
    (without) => window.axe.run({ exclude: without ? [without] : [] }, { resultTypes: ["violations"] }),
    except,
  );
  return found.violations.map((v) => ({
    rule: v.id,
    help: v.help,
    at: v.nodes.map((n) => `${n.target}: ${n.failureSummary}`),
  }));
}

// fits says that the page does not scroll sideways.
function fits() {
  return document.documentElement.scrollWidth <= document.documentElement.clientWidth;
}

// tooWide lists what is wider than the page.
function tooWide() {
  const width = document.documentElement.clientWidth;
  const inScroller = (e) =>
    e && (/auto|scroll|hidden|clip/.test(getComputedStyle(e).overflowX) || inScroller(e.parentElement));
  return [...document.body.querySelectorAll("*")]
    .filter((e) => e.getBoundingClientRect().right > width + 1 && !inScroller(e.parentElement))
    .map((e) => `${e.tagName}#${e.id}.${e.getAttribute("class")} to ${Math.round(e.getBoundingClientRect().right)} px`);
}

// overlapping lists labels of drawings that cover each other, or leave the page.
function overlapping() {
  const labels = [...document.querySelectorAll("svg.scale .label, svg.bars .tick")].map((e) => ({
    text: e.textContent,
    box: e.getBoundingClientRect(),
  }));
  return labels.flatMap((a, i) => [
    ...(a.box.right > document.documentElement.clientWidth ? [`${a.text} leaves the page`] : []),
    ...labels
      .slice(i + 1)
      .filter(
        ({ box: b }) => a.box.left < b.right && b.left < a.box.right && a.box.top < b.bottom && b.top < a.box.bottom,
      )
      .map((b) => `${a.text} / ${b.text}`),
  ]);
}

async function submitMistakes(page) {
  await page.getByLabel("Architecture", { exact: true }).fill(mistaken);
  await page.getByRole("button", { name: "Ask for advice" }).click();
  await page.getByRole("alert").waitFor();
}

// charts waits until they are drawn, and goes back to the top, where a picture begins.
async function charts(page) {
  for (const figure of await page.locator("figure.chart").all()) await drawn(figure);
  await page.evaluate(() => scrollTo(0, 0));
}

// figures waits until all parts of a forest's page are there.
async function figures(page) {
  await page.waitForFunction(() => !document.querySelector("[data-computing]"));
}

// openAll opens what is folded, so that axe sees it.
async function openAll(page) {
  await page.evaluate(() => document.querySelectorAll("details").forEach((fold) => (fold.open = true)));
  await charts(page);
}
