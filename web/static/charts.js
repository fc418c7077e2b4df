// Line charts, drawn by uPlot from the tables beside them: <table data-chart> has the figures, its head names
// the chart of each column (data-plot), and the element [data-charts-of] with the table's id takes the charts.
import uPlot from "/static/vendor/uplot/uPlot.esm.js";

const drawn = new Map(); // from a table to its charts
const height = 230;

// draw makes or renews the charts of a table.
export function draw(table) {
  const holder = document.querySelector(`[data-charts-of="${CSS.escape(table.id)}"]`);
  if (!holder) return;
  const figures = read(table);
  if (figures.x.length < 2) return erase(table); // there is no line yet
  const plots = [...new Set(figures.columns.map((c) => c.plot))];
  const before = drawn.get(table);
  if (before && before.map((c) => c.name).join() === plots.join()) {
    for (const chart of before) renew(chart, figures);
    return;
  }
  erase(table);
  table.closest("details.twin")?.removeAttribute("open"); // it was open for those without scripts
  drawn.set(
    table,
    plots.map((name) => make(name, holder, table, figures)),
  );
}

// erase takes the charts of a table away.
export function erase(table) {
  for (const chart of drawn.get(table) ?? []) {
    chart.observer.disconnect();
    chart.plot?.destroy();
    chart.figure.remove();
  }
  drawn.delete(table);
}

// drawAll draws the charts of every table below an element.
export function drawAll(root = document) {
  for (const table of root.querySelectorAll("table[data-chart]")) draw(table);
}

function read(table) {
  const heads = [...table.tHead.rows[0].cells];
  const number = (cell) => (cell.dataset.value === undefined ? null : Number(cell.dataset.value));
  const rows = [...table.tBodies[0].rows].filter((r) => r.cells[0].dataset.value !== undefined);
  const columns = heads.flatMap((head, i) =>
    head.dataset.plot
      ? [
          {
            title: head.textContent,
            key: head.dataset.key,
            plot: head.dataset.plot,
            values: rows.map((r) => number(r.cells[i])),
          },
        ]
      : [],
  );
  return { x: rows.map((r) => number(r.cells[0])), columns, log: table.dataset.log !== undefined };
}

function make(name, holder, table, figures) {
  const figure = document.createElement("figure");
  figure.className = "chart";
  const caption = figure.appendChild(document.createElement("figcaption"));
  caption.textContent = figures.log ? `${name} (logarithmic scale)` : name;
  holder.append(figure);
  const chart = { name, figure, table, ramp: holder.dataset.ramp !== undefined, plot: null, figures };
  chart.observer = new ResizeObserver(() => size(chart));
  chart.observer.observe(figure);
  return chart;
}

// size draws a chart once it has room (it may be in closed details), and fits it to its room after that.
function size(chart) {
  const width = Math.floor(chart.figure.clientWidth);
  if (width < 50) return;
  if (!chart.plot) build(chart, width);
  else if (chart.plot.width !== width) chart.plot.setSize({ width, height });
}

function renew(chart, figures) {
  chart.figures = figures;
  if (!chart.plot) size(chart);
  else chart.plot.setData(dataOf(chart));
}

function dataOf({ name, figures }) {
  const shown = (v) => (figures.log && v !== null && v <= 0 ? null : v); // a logarithm has no zero
  return [figures.x, ...figures.columns.filter((c) => c.plot === name).map((c) => c.values.map(shown))];
}

function build(chart, width) {
  const css = getComputedStyle(document.documentElement);
  const colour = (property) => css.getPropertyValue(property).trim();
  const columns = chart.figures.columns.filter((c) => c.plot === chart.name);
  const brief = (v) =>
    v == null
      ? "–"
      : v === 0 || (Math.abs(v) >= 0.001 && Math.abs(v) < 1e5)
        ? String(Number(v.toPrecision(3)))
        : v.toExponential(1);
  const axis = {
    stroke: colour("--soft"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line"), width: 1 },
    font: `12px ${colour("--sans")}`,
  };
  chart.plot?.destroy();
  chart.plot = new uPlot(
    {
      width,
      height,
      scales: { x: { time: false }, y: chart.figures.log ? { distr: 3, range: wholePowers } : {} },
      cursor: { focus: { prox: 24 }, drag: { x: false, y: false } },
      focus: { alpha: 0.25 },
      axes: [
        { ...axis, size: 34, values: (_, ticks) => ticks.map(brief) },
        {
          ...axis,
          size: 62,
          ...(chart.figures.log ? { splits: powers, filter: (_, splits) => splits } : {}),
          values: (_, ticks) => ticks.map((t) => (t == null ? "" : brief(t))),
        },
      ],
      series: [
        { label: "epoch", value: (_, v) => brief(v) },
        ...columns.map((c, i) => ({
          label: c.title,
          value: (_, v) => brief(v),
          width: 2,
          stroke: strokeOf(c, i, columns.length, chart.ramp, colour),
          dash: c.key?.startsWith("train") ? [5, 4] : undefined,
          spanGaps: c.key?.startsWith("test"), // known at whole epochs only
          points: { show: chart.figures.x.length < 30, size: 5 },
        })),
      ],
    },
    dataOf(chart),
    chart.figure,
  );
  describe(chart, columns.length);
}

// wholePowers is the range of a logarithmic scale.
function wholePowers(_, least, greatest) {
  if (least === null) return [0.1, 1];
  const from = Math.floor(Math.log10(least));
  return [10 ** from, 10 ** Math.max(Math.ceil(Math.log10(greatest)), from + 1)];
}

// powers of ten from the least to the greatest, seven of them at most.
function powers(_, __, least, greatest) {
  const [from, to] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(greatest))];
  const step = Math.ceil((to - from + 1) / 7);
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => 10 ** (from + i * step));
}

// describe says what the canvas is to those who do not see it; the legend below it follows the mouse and says nothing
// else.
function describe(chart, lines) {
  const wrap = chart.plot.root.querySelector(".u-wrap");
  wrap.setAttribute("role", "img");
  wrap.setAttribute(
    "aria-label",
    `${chart.name} through the epochs, ${lines} lines. The table "${chart.table.caption.textContent}" has the figures.`,
  );
  chart.plot.root.querySelector(".u-legend").setAttribute("aria-hidden", "true");
}

function strokeOf(column, i, count, ramp, colour) {
  if (ramp)
    return between(
      [colour("--low-layer"), colour("--middle-layer"), colour("--high-layer")],
      count > 1 ? i / (count - 1) : 0,
    );
  for (const part of ["train", "validation", "test"])
    if (column.key?.startsWith(part)) return colour(`--series-${part}`);
  return colour(`--c${i % 8}`);
}

// between mixes hexadecimal colours: layers go from the first to the last of them as they go up.
function between(stops, share) {
  const at = share * (stops.length - 1);
  const i = Math.min(Math.floor(at), stops.length - 2);
  const parts = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
  const [a, b] = [parts(stops[i]), parts(stops[i + 1])];
  return `rgb(${a.map((v, k) => Math.round(v + (b[k] - v) * (at - i))).join(",")})`;
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const charts of drawn.values()) for (const chart of charts) if (chart.plot) build(chart, chart.plot.width);
});

drawAll();
