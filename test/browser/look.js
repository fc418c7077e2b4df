// What a person sees of a page, as tests can ask it.
import assert from "node:assert/strict";

// plain is the text of an element in one line.
export async function plain(locator) {
  return (await locator.evaluate((e) => e.textContent)).replace(/\s+/g, " ").trim();
}

// recordEpochs notes of every page of progress that is loaded with how many epochs it came, to how many they grew while
// it was open, and the states that it showed. The result outlives the page, which a report replaces.
export async function recordEpochs(page) {
  const pages = {};
  await page.exposeFunction("__epochs", (document, rows, state) => {
    const p = (pages[document] ??= { first: rows, most: rows, states: [] });
    p.most = Math.max(p.most, rows);
    if (p.states.at(-1) !== state) p.states.push(state);
  });
  await page.addInitScript(() => {
    document.addEventListener("readystatechange", () => {
      // before scripts of type module
      if (document.readyState !== "interactive" || !document.querySelector("[data-events]")) return;
      const look = () =>
        window.__epochs(
          String(performance.timeOrigin),
          document.querySelectorAll("[data-runs] table[data-chart] tbody tr").length,
          document.querySelector("[data-state]").textContent,
        );
      look();
      new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
    });
  });
  return () => pages;
}

// drawn waits until a chart has lines: pixels of more than one colour on its canvas.
export async function drawn(figure) {
  await figure.evaluate((e) => e.closest("details")?.setAttribute("open", ""));
  await figure.scrollIntoViewIfNeeded();
  const canvas = await figure.locator("canvas").elementHandle();
  const colours = await canvas.evaluate((c) => {
    const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
    const seen = new Map();
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] < 200) continue;
      const colour = `${data[i]},${data[i + 1]},${data[i + 2]}`;
      seen.set(colour, (seen.get(colour) ?? 0) + 1);
    }
    return [...seen].filter(([, n]) => n > 30).map(([colour]) => colour); // one point has more
  });
  assert.ok(colours.length >= 2, `the canvas has the colours ${colours.join(" ")}`); // the axes' and a line's
}
