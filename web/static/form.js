// What scripts add to the form: line numbers, a file that is dropped on the text, findings that select their line.
const text = document.getElementById("architecture");
const paper = text.closest(".paper");
const file = document.getElementById("file");
const largest = 2 << 20; // bytes of an architecture

for (const e of document.querySelectorAll("[data-with-scripts]")) e.hidden = false;

const wrong = new Set([...document.querySelectorAll("[data-line]")].map((a) => Number(a.dataset.line)));
const gutter = document.createElement("div");
const numbers = gutter.appendChild(document.createElement("ol"));
gutter.className = "gutter";
gutter.setAttribute("aria-hidden", "true");
paper.classList.add("numbered");
paper.append(gutter);

function number() {
  const lines = Math.min(text.value.split("\n").length, 5000);
  while (numbers.children.length < lines) {
    const n = numbers.children.length + 1;
    const line = numbers.appendChild(document.createElement("li"));
    line.textContent = n;
    line.classList.toggle("wrong", wrong.has(n));
  }
  while (numbers.children.length > lines) numbers.lastChild.remove();
  gutter.scrollTop = text.scrollTop;
}

text.addEventListener("input", number);
text.addEventListener("scroll", () => (gutter.scrollTop = text.scrollTop));
new ResizeObserver(number).observe(text);
number();

// select puts the cursor over a line and the line into view.
function select(line) {
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, l) => sum + l.length + 1, 0);
  text.focus();
  text.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
  const row = parseFloat(getComputedStyle(text).lineHeight);
  text.scrollTop = Math.max(0, (line - 1) * row - text.clientHeight / 3);
}

for (const link of document.querySelectorAll("a[data-line]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    select(Number(link.dataset.line));
    text.scrollIntoView({ block: "nearest" });
  });
}

// take reads a file into the text, where it can be seen and changed. The text is what is sent then.
async function take(chosen) {
  if (!chosen) return;
  if (chosen.size >= largest) {
    file.setCustomValidity("An architecture must be smaller than 2 MiB.");
    file.reportValidity();
    return;
  }
  file.setCustomValidity("");
  text.value = await chosen.text();
  file.value = "";
  wrong.clear();
  numbers.replaceChildren();
  number();
  text.focus();
}

file.addEventListener("change", () => take(file.files[0]));

paper.addEventListener("dragover", (event) => {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  paper.classList.add("over");
});
paper.addEventListener("dragleave", () => paper.classList.remove("over"));
paper.addEventListener("drop", (event) => {
  paper.classList.remove("over");
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  take(event.dataTransfer.files[0]);
});

// One request is enough, however often the button is pressed.
let asked = false;
document.querySelector("[data-ask]").addEventListener("submit", (event) => {
  if (asked) {
    event.preventDefault();
    return;
  }
  asked = true;
  const button = event.target.querySelector("[type=submit]");
  button.setAttribute("aria-disabled", "true");
  button.textContent = "Asking …";
});
addEventListener("pageshow", (event) => event.persisted && location.reload());
