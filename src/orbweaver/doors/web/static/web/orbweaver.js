// @ts-check
"use strict";

/**
 * Keys and the reveal in place. Every page works without this file; nothing here decides anything.
 *
 * An element says its own key in `aria-keyshortcuts`: buttons, links, radios and boxes are clicked, fields are focused.
 * Keys with Control work while typing; plain ones are ignored then, and can be switched off (kept in this browser).
 */

const OFF = "orbweaver.keys-off";

/** @returns {HTMLElement[]} Elements with a key that are shown now. */
function elementsWithKeys() {
  const found = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[aria-keyshortcuts]"));
  return Array.from(found).filter((element) => element.getClientRects().length > 0 && !element.matches(":disabled"));
}

/** @param {EventTarget | null} target @returns {boolean} Whether keys pressed there are text. */
function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["radio", "checkbox", "button", "submit"].includes(target.type);
  return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** @param {KeyboardEvent} event @returns {string} The key as `aria-keyshortcuts` writes it. */
function nameOf(event) {
  if (event.ctrlKey || event.metaKey) return `Control+${event.key}`;
  const letter = event.key.length === 1 && event.key.toLowerCase() !== event.key.toUpperCase();
  return event.shiftKey && letter ? `Shift+${event.key.toUpperCase()}` : event.key.toLowerCase();
}

/** Puts a person's own keys in the place of the usual ones, in what the elements say of themselves and on screen. */
function useOwnKeys() {
  const kept = /** @type {HTMLElement | null} */ (document.querySelector("dialog#keymap"))?.dataset.keys;
  if (!kept) return;
  /** @type {Record<string, string>} */
  const own = JSON.parse(kept);
  /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[aria-keyshortcuts]")).forEach((element) => {
    const usual = element.getAttribute("aria-keyshortcuts") ?? "";
    if (!Object.hasOwn(own, usual)) return;
    element.setAttribute("aria-keyshortcuts", own[usual]);
    const place = element instanceof HTMLInputElement ? element.labels?.[0] : element;
    const shown = place?.querySelector("kbd");
    if (shown) shown.textContent = own[usual];
  });
}

/** @param {HTMLElement} element */
function act(element) {
  if (element instanceof HTMLInputElement && !["radio", "checkbox"].includes(element.type)) {
    element.focus();
    element.select();
    return;
  }
  if (element instanceof HTMLInputElement) element.focus();
  element.click();
}

/** @param {HTMLElement} element @returns {string} What the element does, in its own words. */
function wordsOf(element) {
  const field = element instanceof HTMLInputElement ? element.labels?.[0] : element;
  const copy = /** @type {HTMLElement} */ ((field ?? element).cloneNode(true));
  copy.querySelectorAll("kbd, small").forEach((part) => part.remove());
  const group = element.closest("fieldset")?.querySelector("legend")?.textContent ?? "";
  const own = (copy.textContent ?? "").trim();
  return group && element instanceof HTMLInputElement ? `${group.trim()} – ${own}` : own;
}

/** @param {HTMLDialogElement} dialog */
function openKeymap(dialog) {
  const list = dialog.querySelector("#keymap-list");
  if (!list) return;
  const rows = elementsWithKeys().flatMap((element) => {
    const key = document.createElement("kbd");
    key.textContent = (element.getAttribute("aria-keyshortcuts") ?? "").replace("Control+", "Ctrl ").replace("+", " ");
    const term = document.createElement("dt");
    term.append(key);
    const words = document.createElement("dd");
    words.textContent = wordsOf(element);
    return [term, words];
  });
  list.replaceChildren(...rows);
  dialog.showModal();
}

function setUpKeys() {
  const dialog = document.querySelector("dialog#keymap");
  const toggle = document.querySelector("#keymap-on");
  if (!(dialog instanceof HTMLDialogElement) || !(toggle instanceof HTMLInputElement)) return;
  toggle.checked = localStorage.getItem(OFF) === null;
  toggle.addEventListener("change", () => {
    if (toggle.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  });
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.altKey || dialog.open) return;
    const name = nameOf(event);
    const plain = !name.startsWith("Control+");
    if (event.key === "Escape" && isTyping(event.target)) {
      /** @type {HTMLElement} */ (event.target).blur();
      return;
    }
    if (plain && isTyping(event.target)) return;
    if (event.key === "?") {
      event.preventDefault();
      openKeymap(dialog);
      return;
    }
    if (plain && !toggle.checked) return;
    const element = elementsWithKeys().find((each) => each.getAttribute("aria-keyshortcuts") === name);
    if (!element) return;
    event.preventDefault();
    act(element);
  });
}

/** Areas of the navigation open and close without this; here Escape and a press or a focus elsewhere close them, too. */
function setUpAreas() {
  const open = () => /** @type {HTMLDetailsElement | null} */ (document.querySelector("details.area[open]"));
  document.addEventListener("keydown", (event) => {
    const area = open();
    if (event.key !== "Escape" || !area) return;
    area.open = false;
    area.querySelector("summary")?.focus();
  });
  for (const kind of ["pointerdown", "focusin"]) {
    document.addEventListener(kind, (event) => {
      const area = open();
      if (area && event.target instanceof Node && !area.contains(event.target)) area.open = false;
    });
  }
}

/** The picture: fetched by a POST each time it is asked for (each is a look), held in memory, gone when hidden. */
class Reveal {
  /** @param {HTMLFormElement} form @param {HTMLElement} frame @param {HTMLButtonElement} button */
  constructor(form, frame, button) {
    this.form = form;
    this.frame = frame;
    this.button = button;
    this.note = /** @type {HTMLElement} */ (frame.querySelector("[data-hidden]"));
    this.noteText = this.note.textContent ?? "";
    this.looks = document.querySelector("#looks");
    this.status = document.querySelector("#look-status");
    /** Where a window opens, in shares of the picture. */
    this.at = { x: 0.5, y: 0.5 };
    /** @type {ImageBitmap | null} */
    this.bitmap = null;
    /** @type {HTMLCanvasElement | null} */
    this.image = null;
    /** The still that is asked for instead of the first picture. @type {HTMLFormElement | null} */
    this.still = null;
    /** Counts requests, so that an answer which comes after "hide" is dropped. */
    this.asked = 0;
    this.wanted = false;
    this.begin();
    frame.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.wanted) this.hide();
      else void this.show();
    });
    for (const still of document.querySelectorAll("form.still")) {
      still.addEventListener("submit", (event) => {
        event.preventDefault();
        if (!(still instanceof HTMLFormElement)) return;
        const again = this.wanted && this.still === still;
        this.hide();
        if (!again) void this.show(still);
      });
    }
    frame.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || this.wanted) return;
      frame.setPointerCapture(event.pointerId);
      this.point(event);
      void this.show();
      for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, () => this.hide(), { once: true });
    });
    frame.addEventListener("pointermove", (event) => {
      if (event.buttons === 1 && frame.hasPointerCapture(event.pointerId)) this.point(event);
    });
    frame.addEventListener("keydown", (event) => this.move(event));
    frame.addEventListener("contextmenu", (event) => event.preventDefault());
    form.addEventListener("change", () => this.mute());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.hide();
    });
    // what is scrolled out of view is hidden again: it never comes back uninvited
    new IntersectionObserver((seen) => {
      if (this.image && seen.some((each) => !each.isIntersecting)) this.hide();
    }).observe(frame);
  }

  /** The next look: asked for again before anything was shown, it is the same one and counts once. */
  begin() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    this.look = Array.from(bytes, (each) => each.toString(16).padStart(2, "0")).join("");
    this.counted = false;
  }

  /** @param {PointerEvent} event The window follows what is pressed; nothing follows a pointer that only passes. */
  point(event) {
    const box = (this.image ?? this.frame).getBoundingClientRect();
    this.at = { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
    this.paint();
  }

  /** @param {KeyboardEvent} event Arrows move the window. */
  move(event) {
    const step = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] }[event.key];
    if (!step || !this.image) return;
    event.preventDefault();
    const within = (/** @type {number} */ share) => Math.min(1, Math.max(0, share));
    this.at = { x: within(this.at.x + step[0]), y: within(this.at.y + step[1]) };
    this.paint();
  }

  /** Puts the chosen blur, grey and part on the picture. */
  mute() {
    if (!this.image) return;
    const chosen = new FormData(this.form);
    const grey = chosen.get("grey") ? " grey" : "";
    this.image.className = `blur-${chosen.get("blur") ?? "2"}${grey} part-${chosen.get("part") ?? "whole"}`;
    this.paint();
  }

  /** Draws the picture, or the soft-edged window of it. */
  paint() {
    const canvas = this.image;
    const pen = canvas?.getContext("2d");
    if (!canvas || !pen || !this.bitmap) return;
    pen.globalCompositeOperation = "copy";
    pen.drawImage(this.bitmap, 0, 0);
    if (new FormData(this.form).get("part") !== "window") return;
    const [x, y] = [this.at.x * canvas.width, this.at.y * canvas.height];
    const soft = pen.createRadialGradient(x, y, 0, x, y, Math.max(canvas.width, canvas.height) / 5);
    soft.addColorStop(0.7, "rgb(0 0 0 / 1)");
    soft.addColorStop(1, "rgb(0 0 0 / 0)");
    pen.globalCompositeOperation = "destination-in";
    pen.fillStyle = soft;
    pen.fillRect(0, 0, canvas.width, canvas.height);
  }

  /** @param {HTMLFormElement | null} still One of the strip, instead of the first picture. */
  async show(still = null) {
    this.wanted = true;
    this.still = still;
    const said = new FormData(this.form);
    for (const [name, value] of still ? new FormData(still) : []) said.set(name, value);
    said.set("look", this.look ?? "");
    const number = ++this.asked;
    this.label();
    this.note.textContent = this.form.dataset.coming ?? "";
    this.say(this.form.dataset.coming);
    let why = "";
    try {
      const answer = await fetch(this.form.action, {
        method: "POST",
        body: said,
        headers: { Accept: "image/*" },
        credentials: "same-origin",
      });
      if (!answer.ok || !(answer.headers.get("Content-Type") ?? "").startsWith("image/")) {
        why = reasonIn(await answer.text());
        throw new Error("refused");
      }
      if (this.looks && !this.counted) this.looks.textContent = String(Number(this.looks.textContent) + 1);
      this.counted = true;
      const picture = await createImageBitmap(await answer.blob());
      if (!this.wanted || number !== this.asked) return;
      this.draw(picture);
    } catch {
      if (number !== this.asked) return;
      this.hide();
      this.note.textContent = why || (this.form.dataset.failed ?? "");
    }
  }

  /** @param {ImageBitmap} picture Its first frame alone: nothing moves by itself. */
  draw(picture) {
    const canvas = document.createElement("canvas");
    canvas.width = picture.width;
    canvas.height = picture.height;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", this.form.dataset.alt ?? "");
    canvas.tabIndex = 0;
    this.bitmap = picture;
    this.image = canvas;
    this.begin();
    this.mute();
    this.say(this.form.dataset.shown);
    this.note.hidden = true;
    this.frame.classList.add("shown");
    this.frame.append(canvas);
  }

  hide() {
    this.wanted = false;
    this.label();
    this.still = null;
    this.asked += 1;
    this.say("");
    if (this.image) {
      this.say(this.form.dataset.hidden);
      this.bitmap?.close();
      this.bitmap = null;
      this.image.width = 0;
      this.image.remove();
      this.image = null;
    }
    this.frame.classList.remove("shown");
    this.note.hidden = false;
    this.note.textContent = this.noteText;
    this.label();
  }

  /** @param {string | undefined} words Told to a screen reader, not shown. */
  say(words) {
    if (this.status) this.status.textContent = words ?? "";
  }

  label() {
    const words = this.button.querySelector("span");
    this.still?.querySelector("button")?.setAttribute("aria-pressed", String(this.wanted));
    if (words) words.textContent = (this.wanted ? this.form.dataset.hide : this.form.dataset.show) ?? "";
  }
}

/** Pictures on a page of their own: hidden for good once they leave the view, as each is shown once for each look. */
function setUpPlainPictures() {
  const places = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".plain-picture"));
  const hide = (/** @type {HTMLElement} */ place) => {
    if (place.querySelector("img")) place.textContent = place.dataset.gone ?? "";
  };
  const hideAll = () => places.forEach(hide);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hideAll();
  });
  addEventListener("pagehide", hideAll);
  const seen = new WeakSet();
  const watch = new IntersectionObserver((changes) => {
    for (const { target, isIntersecting } of changes) {
      if (isIntersecting) seen.add(target);
      else if (seen.has(target)) hide(/** @type {HTMLElement} */ (target));
    }
  });
  places.forEach((place) => watch.observe(place));
}

/** @param {string} text @returns {string} What a page that refuses says first, such as that it is time to rest. */
function reasonIn(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  return page.querySelector("main h1 + p")?.textContent?.trim() ?? "";
}

/** Parts of the assessment that an earlier answer makes needless are put away; the consequence that applies is marked. */
class Assessment {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    form.classList.add("live");
    form.addEventListener("input", () => this.update());
    this.update();
  }

  update() {
    const said = new FormData(this.form);
    /** @type {NodeListOf<HTMLElement>} */ (this.form.querySelectorAll("[data-when]")).forEach((part) => {
      const conditions = (part.dataset.when ?? "").split(" ").map((each) => each.split("="));
      part.hidden = !conditions.every(([name, values]) => values.split("|").includes(String(said.get(name))));
    });
    this.markConsequence(said);
    this.nameAgeClass(said);
  }

  /** @param {FormData} said */
  markConsequence(said) {
    const no = said.get("is_child") === "no" || (said.get("is_child") === "yes" && said.get("is_harmed") === "no");
    const yes = said.get("is_child") === "yes" && said.get("is_harmed") === "yes";
    const place = this.form.querySelector("[name=place]")?.closest("fieldset");
    const applies = no ? "no_action" : yes ? (place && !place.hidden ? "place" : "remove") : "";
    /** @type {NodeListOf<HTMLElement>} */ (this.form.querySelectorAll("[data-case]")).forEach((line) => {
      line.classList.toggle("applies", line.dataset.case === applies);
    });
  }

  /** @param {FormData} said */
  nameAgeClass(said) {
    const output = this.form.querySelector("#age-class");
    if (!(output instanceof HTMLOutputElement)) return;
    const low = said.get("age_min") === "" ? NaN : Number(said.get("age_min"));
    const high = said.get("age_max") === "" ? low : Number(said.get("age_max"));
    const classes = /** @type {HTMLElement[]} */ (Array.from(this.form.querySelectorAll("[data-age-first]")));
    const youngest = classes.find((each) => covers(each, low));
    const words = youngest?.textContent ?? "";
    const straddles = youngest && high >= low && !covers(youngest, Math.min(high, 17));
    output.textContent = straddles ? `${words}. ${output.dataset.straddles ?? ""}` : words;
  }
}

/** @param {HTMLElement} element @param {number} age @returns {boolean} */
function covers(element, age) {
  return Number(element.dataset.ageFirst) <= age && age <= Number(element.dataset.ageLast);
}

/** Renews the lease without leaving the page; where that fails, the form is sent the plain way and its answer shown. */
function setUpRenewal() {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button#renew") : null;
    if (!(button instanceof HTMLButtonElement) || !button.form || button.dataset.plain) return;
    event.preventDefault();
    void renew(button, button.form);
  });
}

/** @param {HTMLButtonElement} button @param {HTMLFormElement} form */
async function renew(button, form) {
  const lease = document.querySelector("#lease");
  try {
    const answer = await fetch(button.formAction, { method: "POST", body: new FormData(form), credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const renewed = page.querySelector("#lease");
    if (!answer.ok || !renewed || !lease) throw new Error("refused");
    lease.replaceWith(document.adoptNode(renewed));
  } catch {
    button.dataset.plain = "1";
    button.click();
  }
}

/** Fields to be pasted elsewhere: one press copies. Where the browser has no clipboard, the field is marked instead. */
function setUpCopying() {
  const said = document.querySelector("#copied");
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("button[data-copy]"))) {
    const field = document.getElementById(button.dataset.copy ?? "");
    if (!(field instanceof HTMLTextAreaElement)) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
      } catch {
        if (!document.execCommand("copy")) return;
      }
      if (said instanceof HTMLElement) said.textContent = `${button.textContent}: ${said.dataset.said}`;
    });
  }
}

const FOLLOWED_AGAIN_MS = 1500;

/** A part of the page that changes by itself: fetched anew until it says that it does no more. */
function setUpFollowing() {
  const part = document.querySelector("[data-follow]");
  if (!part) return;
  const again = async () => {
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      const text = answer.ok ? await answer.text() : "";
      const fresh = new DOMParser().parseFromString(text, "text/html").getElementById(part.id);
      if (fresh) {
        part.replaceChildren(...fresh.childNodes);
        if (!fresh.hasAttribute("data-follow")) return;
      }
    } catch {
      // the server is away for a moment: the next try may find it
    }
    setTimeout(again, FOLLOWED_AGAIN_MS);
  };
  setTimeout(again, FOLLOWED_AGAIN_MS);
}

function start() {
  useOwnKeys();
  setUpKeys();
  setUpAreas();
  setUpRenewal();
  setUpCopying();
  setUpFollowing();
  setUpPlainPictures();
  const look = document.querySelector("form#look");
  const frame = document.querySelector("#frame");
  const show = document.querySelector("button#show");
  if (look instanceof HTMLFormElement && frame instanceof HTMLElement && show instanceof HTMLButtonElement) {
    new Reveal(look, frame, show);
  }
  const assessment = document.querySelector("form#assessment");
  if (assessment instanceof HTMLFormElement) new Assessment(assessment);
  const errors = document.querySelector("#assessment-errors");
  if (errors) errors.scrollIntoView({ block: "center" });
}

start();
