// @ts-check
"use strict";

/**
 * Makes fingerprints of files in the survivor's own browser. Its policy lets it open no connection at all (``survivors.py``):
 * it gets files from the page and gives back hexadecimal digits.
 */

const PIECE = 1 << 20;
const MOST_PIXELS = 1 << 24;
const LEAST_QUALITY = 50; // below it no picture is compared by its looks (match_quality_floor)

/** @type {any} */
let program;
let canRead = false;

/** @param {number} at @param {number} size */
const bytesAt = (at, size) => new Uint8Array(program.memory.buffer, at, size);

/** @param {Uint8Array} bytes */
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {number} width @param {number} height */
function paper(width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const drawing = canvas.getContext("2d", { willReadFrequently: true });
  if (!drawing) throw new Error("no canvas");
  drawing.fillStyle = "#fff";
  drawing.fillRect(0, 0, width, height);
  return drawing;
}

/** Whether this browser lets pictures be read: some (Tor Browser) give noise instead, of which a fingerprint would be wrong. */
function readsTrue() {
  try {
    const drawing = paper(16, 16);
    for (let place = 0; place < 256; place++) {
      drawing.fillStyle = `rgb(${place}, ${255 - place}, ${(place * 7) % 256})`;
      drawing.fillRect(place % 16, place >> 4, 1, 1);
    }
    const read = drawing.getImageData(0, 0, 16, 16).data;
    return Array.from({ length: 256 }, (_, n) => n).every(
      (n) => read[4 * n] === n && read[4 * n + 1] === 255 - n && read[4 * n + 2] === (n * 7) % 256,
    );
  } catch {
    return false;
  }
}

/** @param {number} number @param {File} file @returns {Promise<string[]>} */
async function digestsOf(number, file) {
  program.begin();
  const reader = file.stream().getReader();
  let done = 0;
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    for (let start = 0; start < step.value.length; start += PIECE) {
      const piece = step.value.subarray(start, start + PIECE);
      bytesAt(program.room(piece.length), piece.length).set(piece);
      program.update(piece.length);
    }
    done += step.value.length;
    postMessage({ number, done, size: file.size });
  }
  const both = bytesAt(program.finish(), 48);
  return [`sha256:${hex(both.subarray(0, 32))}`, `md5:${hex(both.subarray(32, 48))}`];
}

/** PDQ and quality of a picture, which is let go; none where it has too little in it. @param {ImageBitmap} picture */
function looksOf(picture) {
  const share = Math.min(1, Math.sqrt(MOST_PIXELS / (picture.width * picture.height)));
  const width = Math.max(1, Math.round(picture.width * share));
  const height = Math.max(1, Math.round(picture.height * share));
  const drawing = paper(width, height);
  drawing.imageSmoothingQuality = "high";
  drawing.drawImage(picture, 0, 0, width, height);
  picture.close();
  const pixels = drawing.getImageData(0, 0, width, height).data;
  const at = program.room(pixels.length);
  if (!at) return null;
  bytesAt(at, pixels.length).set(pixels);
  const found = program.pdq(width, height);
  if (!found) return null;
  const value = bytesAt(found, 33);
  return value[32] < LEAST_QUALITY ? null : { pdq: hex(value.subarray(0, 32)), quality: value[32] };
}

/** @param {number} number @param {File} file */
async function hashFile(number, file) {
  const lines = await digestsOf(number, file);
  let looks = "none";
  if (!file.type.startsWith("video/")) {
    try {
      if (!canRead) throw new Error("noise");
      const decoded = await createImageBitmap(file, { imageOrientation: "from-image", colorSpaceConversion: "none" });
      const seen = looksOf(decoded);
      if (seen) lines.push(`pdq:${seen.pdq}`);
      looks = "done";
    } catch {
      looks = canRead ? "unknown-kind" : "noise";
    }
  }
  postMessage({ number, lines, looks });
}

addEventListener("message", async ({ data }) => {
  try {
    if (data.program) {
      program = (await WebAssembly.instantiate(data.program, {})).instance.exports;
      canRead = readsTrue();
      postMessage({ ready: true, canRead });
    } else if (data.file) await hashFile(data.number, data.file);
    else if (data.frame) postMessage({ number: data.number, seen: looksOf(data.frame), looks: "done" });
  } catch (error) {
    postMessage({ number: data.number, failed: String(error) });
  }
});
