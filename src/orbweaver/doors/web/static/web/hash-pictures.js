// @ts-check
"use strict";

/**
 * Lets a survivor make fingerprints of pictures and videos on their own device. The files go to a worker that can open no
 * connection; the digits go into the form's field, where the person sees them. The file field has no name: a form sends none.
 */

// Of a video as our own program looks at it (fingerprints/video.py, shots.py): so many pictures a second from the first on,
// and those kept that differ from all before them. Fewer a second of a long one.
const LOOKS_A_SECOND = 2;
const MOST_LOOKS = 240;
const MOST_FRAMES = 48;
const DISTINCT_BITS = 8;
const LATER_S = 0.01; // a time that is rounded down would show the picture before
const SEEK_WITHIN_MS = 10_000;
const FIRST_LOOKS_AGAIN = 10;
const FIRST_LOOK_AFTER_MS = 100;
const SAID_APART_MS = 500; // screen readers leave out what is said at once after something else

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
/** How many choices of files are not done yet: one is made after the other. */
let choices = 0;
/** @type {HTMLFormElement | null} */
let waiting = null;

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
    worker.onerror = reject;
    worker.onmessage = ({ data }) => {
      if (data.failed) reject(new Error(data.failed));
      else if (data.lines || data.looks || data.ready) resolve(data);
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

/** @param {HTMLVideoElement} video @param {number} time */
async function goTo(video, time) {
  const seeked = until(video, "seeked");
  video.currentTime = time;
  await seeked;
}

/** Its length in seconds. What was recorded by a browser does not say it: then its end is looked for. @param {HTMLVideoElement} video */
async function lengthOf(video) {
  if (!Number.isFinite(video.duration)) await goTo(video, Number.MAX_SAFE_INTEGER);
  return Number.isFinite(video.duration) ? video.duration : video.currentTime;
}

/** @param {string} one @param {string} other */
function bitsApart(one, other) {
  let count = 0;
  for (let at = 0; at < one.length; at += 8) {
    let differ = parseInt(one.slice(at, at + 8), 16) ^ parseInt(other.slice(at, at + 8), 16);
    for (; differ; differ &= differ - 1) count++;
  }
  return count;
}

/** The video as it is shown now, turned as it asks. @param {HTMLVideoElement} video */
function drawn(video) {
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  return canvas.transferToImageBitmap();
}

/** What is seen of the video as it is shown now; nothing where that says nothing. @param {Worker} worker @param {HTMLVideoElement} video @param {number} number */
async function lookAt(worker, video, number) {
  const frame = drawn(video);
  return (await ask(worker, { number, frame }, [frame])).seen;
}

/** Distinct pictures of a video with the times at which it shows them. @param {Worker} worker @param {HTMLVideoElement} video */
async function framesOf(worker, video) {
  const length = await lengthOf(video);
  const looks = Math.max(1, Math.min(MOST_LOOKS, Math.ceil(length * LOOKS_A_SECOND)));
  const step = Math.max(1 / LOOKS_A_SECOND, length / looks);
  /** @type {{ time: number, pdq: string, quality: number }[]} */
  const kept = [];
  for (let n = 0; n < looks; n++) {
    const time = Math.min(n * step + LATER_S, length);
    await goTo(video, time);
    let seen = await lookAt(worker, video, n);
    // A busy browser says that a video is open before it has drawn anything of it.
    for (let again = 0; n === 0 && !seen && again < FIRST_LOOKS_AGAIN; again++) {
      await new Promise((resolve) => setTimeout(resolve, FIRST_LOOK_AFTER_MS));
      seen = await lookAt(worker, video, n);
    }
    if (seen && kept.every((each) => bitsApart(each.pdq, seen.pdq) > DISTINCT_BITS)) kept.push({ time, ...seen });
    if (bar) bar.value = (n + 1) / looks;
  }
  const most = Math.min(kept.length, MOST_FRAMES);
  return Array.from({ length: most }, (_, n) => kept[Math.floor((n * kept.length) / most)]).map(
    ({ time, pdq, quality }) => `frame:${pdq}@${time.toFixed(3)}/${(length + 0.001).toFixed(3)},${quality}`,
  );
}

/** @param {Worker} worker @param {File} file */
async function hashFrames(worker, file) {
  const video = document.createElement("video");
  video.muted = true;
  video.preload = "auto";
  video.src = URL.createObjectURL(file);
  try {
    await until(video, "loadeddata");
    keep(await framesOf(worker, video));
    return "done";
  } catch {
    return "unknown-kind";
  } finally {
    URL.revokeObjectURL(video.src);
    video.removeAttribute("src");
  }
}

/** @param {Worker} worker @param {boolean} canRead @param {File[]} files */
async function hashChosen(worker, canRead, files) {
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
  await new Promise((resolve) => setTimeout(resolve, SAID_APART_MS));
  if (unread) say(canRead ? "unread" : "noise", { n: unread, all: files.length });
  else say("done");
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
  let before = Promise.resolve();
  input.addEventListener("change", () => {
    const files = Array.from(input?.files ?? []);
    if (input) input.value = "";
    choices++;
    before = before.then(() => hashChosen(worker, canRead, files)).finally(done);
  });
  section.hidden = false;
}

/** One choice of files is done; what was to be sent meanwhile goes now, with all of its fingerprints. */
function done() {
  choices--;
  if (choices) return;
  waiting?.requestSubmit();
  waiting = null;
}

document.addEventListener(
  "submit",
  (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!choices || form.id !== "ask" || /** @type {HTMLButtonElement | null} */ (event.submitter)?.name === "speak") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    waiting = form;
    const words = form.querySelector("#sent-later");
    if (words) words.textContent = section?.dataset.later ?? "";
  },
  true,
);

start().catch(() => {});
document.addEventListener("answered", () => start().catch(() => {}));
