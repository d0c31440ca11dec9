// @ts-check
"use strict";

/**
 * Lets a survivor make fingerprints of pictures and videos on their own device. The files go to a worker that can open no
 * connection; the digits go into the form's field, where the person sees them. The file field has no name: a form sends none.
 */

const FRAMES = 24;
const SEEK_WITHIN_MS = 10_000;

/** @type {HTMLElement | null} */
let section;
/** @type {HTMLInputElement | null} */
let input;
/** @type {HTMLTextAreaElement | null} */
let field;
/** @type {HTMLElement | null} */
let words;
/** @type {HTMLProgressElement | null} */
let bar;

/** Finds the fields anew: an answer that marks what is not clear takes their place. */
function look() {
  section = document.querySelector("#hash-pictures");
  input = document.querySelector("#pictures");
  field = document.querySelector("#ask [name=hashes]");
  words = document.querySelector("#hashing-words");
  bar = document.querySelector("#hashing-bar");
}

/** @param {string} name @param {Record<string, number>} [numbers] */
function say(name, numbers = {}) {
  let text = section?.dataset[name] ?? "";
  for (const [key, value] of Object.entries(numbers)) text = text.replace(`{${key}}`, String(value));
  if (words) words.textContent = text;
}

/** @param {string[]} lines */
function keep(lines) {
  if (!field) return;
  const there = field.value.split("\n").filter((line) => line.trim());
  field.value = [...new Set([...there, ...lines])].join("\n");
}

/** @param {Worker} worker @param {object} order @param {Transferable[]} [given] @returns {Promise<any>} */
function ask(worker, order, given = []) {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      if (data.failed) reject(new Error(data.failed));
      else if (data.lines || data.ready) resolve(data);
      else if (bar) bar.value = data.size ? data.done / data.size : 0;
    };
    worker.postMessage(order, given);
  });
}

/** @param {HTMLVideoElement} video @param {string} happening */
function until(video, happening) {
  return new Promise((resolve, reject) => {
    video.addEventListener(happening, resolve, { once: true });
    video.addEventListener("error", reject, { once: true });
    setTimeout(reject, SEEK_WITHIN_MS);
  });
}

/** Pictures out of a video, evenly from its beginning to its end. @param {Worker} worker @param {File} file */
async function hashFrames(worker, file) {
  const video = document.createElement("video");
  video.muted = true;
  video.preload = "auto";
  video.src = URL.createObjectURL(file);
  try {
    await until(video, "loadeddata");
    for (let n = 0; n < FRAMES; n++) {
      const seeked = until(video, "seeked");
      video.currentTime = ((n + 0.5) / FRAMES) * video.duration;
      await seeked;
      const frame = await createImageBitmap(video);
      keep((await ask(worker, { number: n, frame }, [frame])).lines);
      if (bar) bar.value = (n + 1) / FRAMES;
    }
    return "done";
  } catch {
    return "unknown-kind";
  } finally {
    URL.revokeObjectURL(video.src);
    video.removeAttribute("src");
  }
}

/** @param {Worker} worker @param {boolean} canRead */
async function hashChosen(worker, canRead) {
  const files = Array.from(input?.files ?? []);
  let unread = 0;
  if (bar) bar.hidden = false;
  for (const [n, file] of files.entries()) {
    say("working", { n: n + 1, all: files.length });
    try {
      const made = await ask(worker, { number: n, file });
      keep(made.lines);
      const looks = file.type.startsWith("video/") && canRead ? await hashFrames(worker, file) : made.looks;
      if (looks !== "done") unread++;
    } catch {
      unread++;
    }
  }
  if (bar) bar.hidden = true;
  if (input) input.value = "";
  if (unread) say(canRead ? "unread" : "noise", { n: unread, all: files.length });
  else say("done", { all: files.length });
}

/** What stands in the page itself where that is one file (``one_file.py``). @param {string} name */
const inside = (name) => document.querySelector(`#inside-${name}`)?.textContent ?? "";

async function start() {
  look();
  if (!section || !input || !field || !window.Worker || !window.WebAssembly) return;
  const [script, within] = [inside("worker"), inside("program")];
  const own = new Blob([script], { type: "text/javascript" });
  const worker = new Worker(script ? URL.createObjectURL(own) : (section.dataset.worker ?? ""));
  const program = within
    ? Uint8Array.from(atob(within), (letter) => letter.charCodeAt(0)).buffer
    : await (await fetch(section.dataset.program ?? "")).arrayBuffer();
  const { canRead } = await ask(worker, { program }, [program]);
  input.addEventListener("change", () => hashChosen(worker, canRead));
  section.hidden = false;
}

start().catch(() => {});
document.addEventListener("answered", () => start().catch(() => {}));
