// Figures that are still being computed: their sections are asked for again until they are there.
const waiting = () => [...document.querySelectorAll("[data-computing]")];
const pause = 2000;

async function look() {
  try {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.status >= 400 && answer.status < 500) return location.reload(); // there is no such data set, say
    if (answer.ok) {
      for (const section of waiting()) {
        const fresh = page.getElementById(section.id);
        if (!fresh || "computing" in fresh.dataset) continue;
        const name = section.dataset.computing;
        section.replaceWith(document.adoptNode(fresh));
        document.querySelector("[data-said]").textContent = `${name}: it is there.`;
      }
    }
  } catch {
    // the service is gone for a moment: it is asked again
  }
  if (waiting().length) setTimeout(look, pause);
}

setTimeout(look, pause);
