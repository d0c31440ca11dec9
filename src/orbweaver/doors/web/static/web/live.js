// @ts-check
"use strict";

/** Times as the clock of whoever reads them shows them, and word of new work. Every page works without this file. */

const ASKED_AGAIN_MS = 20_000;

/** Each instant in the time of this browser, with its zone; in UTC, as it was written, when pointed at. */
function useLocalTimes() {
  const language = document.documentElement.lang || "en";
  const options = /** @type {const} */ ({ day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hour12: false, timeZoneName: "short" });
  const local = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, options);
  for (const each of /** @type {NodeListOf<HTMLTimeElement>} */ (document.querySelectorAll("main .when time[datetime]"))) {
    const instant = new Date(each.dateTime);
    if (Number.isNaN(instant.getTime()) || instant.getTimezoneOffset() === 0) continue;
    each.title = each.textContent ?? "";
    each.textContent = local.format(instant);
  }
}

/** Says that more waits than the page shows; a page that shows nothing to do is opened again by itself. */
function watchForWork() {
  const note = document.querySelector("[data-waiting-at]");
  if (!(note instanceof HTMLElement)) return;
  const shown = Number(note.dataset.waiting);
  const ask = async () => {
    try {
      const answer = await fetch(note.dataset.waitingAt ?? "", { headers: { Accept: "application/json" }, credentials: "same-origin" });
      const more = answer.ok && !answer.redirected ? Number((await answer.json()).waiting) - shown : 0;
      if (more > 0 && shown === 0 && !document.querySelector("details[open]")) location.reload();
      note.hidden = more <= 0;
    } catch {
      // the server is away for a moment, or the sign-in has ended: the next try may find it
    }
  };
  setInterval(() => {
    if (!document.hidden) void ask();
  }, ASKED_AGAIN_MS);
}

useLocalTimes();
watchForWork();
