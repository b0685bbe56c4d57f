/** Keeps a running import's progress up to date: asks the page again every two seconds, until it is done. */

const EVERY_MS = 2000;
const MARK = "[data-import-progress]";

async function ask(): Promise<void> {
  const here = document.querySelector(MARK);
  if (!here) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.querySelector(MARK);
    if (answer.ok && !now) {
      location.reload(); // done: the report is another page
      return;
    }
    if (now) here.replaceChildren(...Array.from(now.childNodes));
  } catch {
    // No network for a moment: the next question may be answered.
  }
  window.setTimeout(() => void ask(), EVERY_MS);
}

window.setTimeout(() => void ask(), EVERY_MS);
