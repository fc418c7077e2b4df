// A job as it goes, from its server-sent events. They begin at the job's first event, so that the page begins afresh
// with them, whatever the server had filled in.
import { draw, erase } from "/static/charts.js";

const place = (name) => document.querySelector(`[data-${name}]`);
const section = document.querySelector("[data-events]");
const runs = new Map(); // from a run's id to its element
let fresh = true;

function clear() {
  for (const table of place("runs").querySelectorAll("table[data-chart]")) erase(table);
  for (const name of ["runs", "diagnoses", "suggestions"]) place(name)?.replaceChildren();
  for (const name of ["empty", "none"]) if (place(name)) place(name).hidden = false;
  runs.clear();
}

function say(state, now) {
  const e = place("state");
  if (state) {
    e.textContent = state;
    e.className = `state ${state}`;
  }
  if (now !== undefined && place("now").textContent !== now) place("now").textContent = now;
}

function bar(share) {
  if (share === undefined) place("bar").removeAttribute("value");
  else place("bar").value = share;
}

// at returns the element of a run; a new one is put above the others, which it closes.
function at(id, phase) {
  let e = runs.get(id);
  if (!e) {
    e = place("run-template").content.firstElementChild.cloneNode(true);
    const table = e.querySelector("table[data-chart]");
    table.id = `epochs-${id}`;
    table.caption.textContent = `${capital(phase)}: the epochs so far`;
    e.querySelector(".scroll").setAttribute("aria-label", `${table.caption.textContent}, table`);
    e.querySelector("[data-charts-of]").dataset.chartsOf = table.id;
    e.dataset.run = id;
    for (const other of runs.values()) other.open = false;
    e.open = true;
    runs.set(id, e);
    place("runs").prepend(e);
    place("empty").hidden = true;
  }
  e.querySelector(".phase").textContent = phase;
  return e;
}

const written = (value, digits) =>
  value === null || value === undefined ? "–" : digits ? value.toFixed(digits) : String(value);

function epoch(run, phase, record) {
  const e = at(run, phase);
  const table = e.querySelector("table[data-chart]");
  const row = document.createElement("tr");
  for (const head of table.tHead.rows[0].cells) {
    const cell = row.appendChild(document.createElement(row.children.length ? "td" : "th"));
    const value = record[head.dataset.key];
    cell.textContent = written(value, Number(head.dataset.digits ?? 0));
    if (value !== null && value !== undefined) cell.dataset.value = value;
  }
  row.cells[0].scope = "row";
  const body = table.tBodies[0];
  const same = [...body.rows].find((r) => Number(r.cells[0].dataset.value) === record.epoch);
  if (same) same.replaceWith(row);
  else body.append(row);
  const box = table.closest(".scroll");
  box.scrollTop = box.scrollHeight; // the newest epoch is in view
  const latest = `epoch ${record.epoch}, validation accuracy ${written(record.validation_accuracy, 3)}`;
  e.querySelector(".latest").textContent = latest;
  say("running", `${capital(phase)}: ${latest}`);
  later(table);
}

// later draws once for all epochs that come in one go.
const waiting = new Set();
function later(table) {
  if (!waiting.size)
    requestAnimationFrame(() => {
      for (const t of waiting) if (t.isConnected) draw(t);
      waiting.clear();
    });
  waiting.add(table);
}

const capital = (s) => s.charAt(0).toUpperCase() + s.slice(1);

function element(name, className, content) {
  const e = document.createElement(name);
  e.className = className;
  e.textContent = content;
  return e;
}

// shared are the trainings of one phase, which stand side by side and share the bar.
let shared = { kind: "", runs: new Map() };

const on = {
  state({ state, phase, run }) {
    if (state === "queued") {
      clear();
      bar(0);
      place("batch").textContent = "";
      say("queued", "Waiting for a worker.");
    } else if (state) {
      say(state, phase ? capital(phase) : undefined);
      if (run) at(run, phase);
    }
  },
  progress({ phase, run, progress }) {
    if (!progress?.batches) return;
    const kind = phase.split(",")[0]; // "search", however far it is
    if (kind !== shared.kind) shared = { kind, runs: new Map() };
    shared.runs.set(run, progress);
    let [batch, batches] = [0, 0];
    for (const p of shared.runs.values()) {
      batch += Math.min(p.batch, p.batches);
      batches += p.batches;
    }
    bar(batch / batches);
    // not in the status: it would be read out without end
    place("batch").textContent = `batch ${batch} of ${batches}`;
  },
  epoch({ run, phase, record }) {
    epoch(run, phase, record);
  },
  diagnosis({ diagnosis: d }) {
    const li = document.createElement("li");
    li.append(
      element("span", `severity ${d.severity}`, d.severity),
      " ",
      element("span", "rule", d.rule),
      " ",
      element("p", "", d.message),
    );
    place("diagnoses")?.append(li);
    if (place("none")) place("none").hidden = true;
  },
  suggestion({ suggestion: s }) {
    const li = element("li", "", `${s.title} `);
    li.append(element("span", "verdict", s.verdict.replaceAll("_", " ")));
    place("suggestions")?.append(li);
  },
  done() {
    source.close();
    location.reload();
  },
};

const source = new EventSource(section.dataset.events);
// A browser comes again by itself, unless the service refused the stream: it is busy or stopping, or the job is over.
source.addEventListener("error", () => {
  if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 3000);
});
for (const [type, take] of Object.entries(on)) {
  source.addEventListener(type, (event) => {
    if (fresh && event.lastEventId) {
      fresh = false;
      clear();
    }
    take(JSON.parse(event.data));
  });
}
