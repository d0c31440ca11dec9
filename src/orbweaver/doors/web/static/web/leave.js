// @ts-check
"use strict";

/** Leaves the pages for survivors at once, without a way back by the browser's button. The link works without this, too. */

const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector("#leave"));
const TWICE_WITHIN_MS = 600;
let lastEscape = -Infinity;
let leaving = false;

/** Empties the page before it goes, so that nothing is to be read while the other one loads. */
function leave() {
  if (!link) return;
  leaving = true;
  document.body.replaceChildren();
  window.location.replace(link.href);
}

link?.addEventListener("click", (event) => {
  event.preventDefault();
  leave();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const twice = event.timeStamp - lastEscape < TWICE_WITHIN_MS;
  // Escape stops a page that loads, in Firefox: whoever presses again, or thrice, would stay where they were
  if (twice || leaving) event.preventDefault();
  if (twice) leave();
  lastEscape = event.timeStamp;
});
