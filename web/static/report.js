// What scripts add to a report: a button that copies, and a statistic that changes without a new page.
import { drawAll, erase } from "/static/charts.js";

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard; // there is none on plain HTTP but for localhost
  button.addEventListener("click", async () => {
    const said = document.querySelector(".copied");
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      said.textContent = "Copied.";
    } catch {
      said.textContent = "The browser does not let it be copied: open the JSON below.";
    }
  });
}

let latest = 0;

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-panel]");
  if (!form || !event.submitter) return;
  event.preventDefault();
  const mine = ++latest;
  const chosen = event.submitter.value;
  const address = new URL(location.href);
  address.searchParams.set("statistic", chosen);
  address.hash = "statistics";
  const panel = document.getElementById("statistics");
  panel.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("statistics");
    if (mine !== latest) return; // another one was chosen meanwhile
    if (!answer.ok || !fresh) throw new Error(answer.statusText);
    for (const table of panel.querySelectorAll("table[data-chart]")) erase(table);
    panel.replaceWith(document.adoptNode(fresh));
    drawAll(fresh);
    history.replaceState(null, "", address);
    fresh.querySelector(".chosen")?.focus({ preventScroll: true });
  } catch {
    location.assign(address); // as without scripts
  }
});
