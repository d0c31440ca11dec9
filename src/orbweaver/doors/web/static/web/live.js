// @ts-check
"use strict";

/** Times as the clock of whoever reads them shows them, word of new work, and a cover for a page that nobody uses. Every
 * page works without this file: the server ends the sign-in by itself. */

const ASKED_AGAIN_MS = 20_000;
const LOOKED_AT_EVERY_MS = 2_000;

/** Each instant in the time of this browser, with its zone; in UTC, as it was written, when pointed at. */
function useLocalTimes() {
  const language = document.documentElement.lang || "en";
  const options = /** @type {const} */ ({ day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hour12: false, timeZoneName: "short" });
  const local = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, options);
  const day = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { day: "numeric", month: "short", year: "numeric" });
  const clock = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false, timeZoneName: "short" });
  for (const each of /** @type {NodeListOf<HTMLTimeElement>} */ (document.querySelectorAll("main .when time[datetime], main time.clock, main time.day"))) {
    const instant = new Date(each.dateTime);
    if (Number.isNaN(instant.getTime()) || instant.getTimezoneOffset() === 0) continue;
    each.title = `${each.textContent ?? ""}${each.classList.contains("day") ? " (UTC)" : ""}`;
    each.textContent = (each.classList.contains("clock") ? clock : each.classList.contains("day") ? day : local).format(instant);
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

/** Covers a page that was left alone; tells the server now and then that it is used, as reading and typing do not. */
function coverWhenLeft() {
  const cover = document.querySelector("dialog#idle");
  if (!(cover instanceof HTMLDialogElement)) return;
  const after = Number(cover.dataset.minutes) * 60_000;
  if (!after) return;
  const ask = () =>
    fetch(cover.dataset.ask ?? "", { method: "HEAD", headers: { Accept: "text/html" }, credentials: "same-origin", redirect: "manual" });
  let used = Date.now();
  let told = used;
  const use = () => {
    if (cover.open) return;
    used = Date.now();
    if (used - told < after / 4) return;
    told = used;
    ask().catch(() => undefined); // the server is away for a moment: the next use tells it
  };
  const look = () => {
    if (!cover.open && Date.now() - used >= after) cover.showModal();
  };
  for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "input"]) addEventListener(kind, use, { passive: true });
  cover.addEventListener("cancel", (event) => event.preventDefault());
  cover.querySelector("button")?.addEventListener("click", async () => {
    const answer = await ask().catch(() => null);
    if (answer === null) return;
    if (!answer.ok) {
      location.reload();
      return;
    }
    cover.close();
    use();
  });
  document.addEventListener("visibilitychange", look);
  setInterval(look, LOOKED_AT_EVERY_MS);
}

useLocalTimes();
watchForWork();
coverWhenLeft();
