// @ts-check
"use strict";

/**
 * Forms that a passkey answers. The question is fetched when the button is pressed, so that a page that lies open for an
 * hour still asks a fresh one; the browser's answer goes with the form.
 */

/** @param {HTMLFormElement} form @param {string} which */
function say(form, which) {
  for (const note of form.querySelectorAll("[data-passkey-note]")) {
    /** @type {HTMLElement} */ (note).hidden = note.getAttribute("data-passkey-note") !== which;
  }
}

/** @param {HTMLFormElement} form */
async function question(form) {
  const token = /** @type {HTMLInputElement} */ (form.elements.namedItem("csrfmiddlewaretoken"));
  const headers = { "X-CSRFToken": token.value };
  const answer = await fetch(form.dataset.passkey ?? "", { method: "POST", headers, cache: "no-store" });
  if (!answer.ok) throw new Error("no question");
  return (await answer.json()).publicKey;
}

/** @param {any} asked */
function answerTo(asked) {
  const known = /** @type {any} */ (window.PublicKeyCredential);
  if ("pubKeyCredParams" in asked) {
    return navigator.credentials.create({ publicKey: known.parseCreationOptionsFromJSON(asked) });
  }
  return navigator.credentials.get({ publicKey: known.parseRequestOptionsFromJSON(asked) });
}

/** @param {HTMLFormElement} form */
async function send(form) {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  button.disabled = true;
  say(form, "");
  try {
    const credential = /** @type {any} */ (await answerTo(await question(form)));
    const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("answer"));
    field.value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch {
    button.disabled = false;
    say(form, "failed");
  }
}

const here = /** @type {any} */ (window.PublicKeyCredential);
for (const found of document.querySelectorAll("form[data-passkey]")) {
  const form = /** @type {HTMLFormElement} */ (found);
  if (!here?.parseRequestOptionsFromJSON) {
    say(form, "unknown");
    continue;
  }
  /** @type {HTMLButtonElement} */ (form.querySelector("button")).disabled = false;
  say(form, "");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}
