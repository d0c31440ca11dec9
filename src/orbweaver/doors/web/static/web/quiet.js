// @ts-check
"use strict";

/**
 * Keeps what somebody asked out of the history of this tab. A form is sent beside the page and its answer takes the page's
 * place, so that no way back or forward, and no reload, shows it again; a link goes to its page without a way back. A page
 * that is left is emptied, for a browser may keep it as it was. Without this the pages work, and the browser keeps more.
 */

const notSent = /** @type {HTMLElement | null} */ (document.querySelector("#not-sent"));

/** What of the frame is in the language of the answer; the way out stays what it is, as another script listens to it. */
const SPOKEN = [".skip", "#leave", ".demonstration", "#not-sent p", ".foot-inner"];

/** Puts an answer in the page's place, and whoever listens to it at what is not clear, else at its beginning.
 * @param {Document} page @param {HTMLElement} main */
function show(page, main) {
  document.querySelector("main")?.replaceWith(document.adoptNode(main));
  document.querySelector(".languages")?.remove(); // a link to another language would take the place of the secret
  const others = page.querySelector(".languages"); // those of an answer are buttons, which ask for it again
  if (others) document.querySelector(".leave-bar")?.append(document.adoptNode(others));
  if (document.documentElement.lang !== page.documentElement.lang) keepLanguage(page.documentElement.lang);
  for (const part of SPOKEN) {
    const said = page.querySelector(part);
    if (said) document.querySelector(part)?.replaceChildren(...said.childNodes);
  }
  window.scrollTo(0, 0);
  const first = /** @type {HTMLElement | null} */ (main.querySelector("[role=alert]:not([hidden])") ?? main.querySelector("h1"));
  if (first) {
    first.tabIndex = -1;
    first.focus();
    // where a screen reader reads on from: left alone it stands behind the answer, and the number is never said
    window.getSelection()?.collapse(first, 0);
  }
  document.dispatchEvent(new Event("answered"));
}

/** A page that is loaded again speaks the language of what stood there last. @param {string} language */
function keepLanguage(language) {
  document.documentElement.lang = language;
  window.history.replaceState(null, "", `${window.location.pathname}?language=${language}`);
}

/**
 * Whether a file is larger than its field takes, which is then said beside the field: nothing is sent, nothing is lost.
 * @param {HTMLFormElement} form
 */
function isTooLarge(form) {
  let found = false;
  for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("input[type=file][data-most]"))) {
    const large = [...(field.files ?? [])].some((file) => file.size > Number(field.dataset.most));
    const said = /** @type {HTMLElement | null} */ (form.querySelector(`#${field.id}_too_large`));
    if (said) said.hidden = !large;
    if (large) field.focus();
    found ||= large;
  }
  return found;
}

/** @param {HTMLFormElement} form @param {HTMLButtonElement | null} pressed */
async function send(form, pressed) {
  const speaks = pressed?.name === "speak"; // the same form in another language: nothing is sent of a file
  if (!speaks && isTooLarge(form)) return;
  const button = form.querySelector("button");
  if (notSent) notSent.hidden = true;
  if (button) button.disabled = true;
  try {
    const fields = new FormData(form);
    if (pressed?.name) fields.append(pressed.name, pressed.value);
    if (speaks) form.querySelectorAll("input[type=file]").forEach((each) => fields.delete(/** @type {HTMLInputElement} */ (each).name));
    const said = form.enctype === "multipart/form-data" ? fields : new URLSearchParams(/** @type {any} */ (fields));
    const answer = await fetch(form.action, { method: "POST", body: said, cache: "no-store", referrerPolicy: "no-referrer" });
    if (answer.status >= 500) throw new Error("no answer"); // its page would take the place of what was written
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page.querySelector("main");
    if (!main) throw new Error("no page");
    show(page, main);
  } catch {
    if (button) button.disabled = false;
    if (notSent) notSent.hidden = false;
    notSent?.scrollIntoView();
  }
}

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.method !== "post") return;
  event.preventDefault();
  send(form, /** @type {HTMLButtonElement | null} */ (event.submitter));
});

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const link = /** @type {HTMLAnchorElement | null} */ (target.closest("a[href]"));
  const otherwise = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (!link || otherwise || event.defaultPrevented || link.hash || link.download || link.origin !== window.location.origin) return;
  event.preventDefault();
  window.location.replace(link.href);
});

window.addEventListener("pagehide", () => document.body.replaceChildren());
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
