/** Pictures on their way: from the browser to the bucket, and on to their thumbnails. */

import { ask } from "./session.js";
import { hear } from "./live.js";
import { announce } from "./parts.js";
import { signal } from "./signal.js";

export const CONTENT_TYPES = ["image/jpeg", "image/png", "image/gif", "image/webp", "image/tiff"];

const MAX_BYTES = 10 * 1024 * 1024;
const AT_ONCE = 3;
const MAX_TITLE_LENGTH = 200;
const LOOKS = [1000, 1000, 2000, 2000, 4000, 8000, 16000, 32000]; // ms between two

/** What is being uploaded: `{id, file, groupID, progress, problem}`, `progress` from 0 to 1. */
export const uploads = signal([]);

/** The newest known state of images that were looked at, by imageID. */
export const images = signal(new Map());

/** Which of them are the user's own and came since the page was loaded. */
export const arrived = new Set();

hear("image.ready", arrive);
hear("image.failed", arrive);

const underway = new Map();
const waiting = [];
let running = 0;

/** Upload files, a few at once; into a group if there is one. */
export function upload(files, groupID) {
  for (const file of files) {
    const one = { id: crypto.randomUUID(), file, groupID, progress: 0, problem: fault(file) };
    uploads.value = [...uploads.value, one];
    if (!one.problem) waiting.push(one);
  }
  startNext();
}

/** Stop an upload, or take back one that failed. */
export function cancel(id) {
  uploads.value = uploads.value.filter((each) => each.id !== id);
  const at = waiting.findIndex((each) => each.id === id);
  if (at >= 0) waiting.splice(at, 1);
  underway.get(id)?.abort();
}

/** Upload a file again that did not get through. */
export function again({ id, file, groupID }) {
  cancel(id);
  upload([file], groupID);
}

/** Forget an image that was deleted. */
export function forget(imageID) {
  images.value = new Map([...images.value].filter(([id]) => id !== imageID));
}

/** Read an image's state, with addresses that are good for the next minutes. */
export async function look(imageID) {
  const image = await ask("GET", `/images/${imageID}`);
  note(image);
  return image;
}

function arrive({ imageID }) {
  arrived.add(imageID);
  look(imageID).catch(() => {}); // the next look at the list shows it
}

function fault(file) {
  if (!CONTENT_TYPES.includes(file.type)) return "Not a JPEG, PNG, GIF, WebP or TIFF.";
  if (file.size > MAX_BYTES) return "Larger than 10 MiB.";
  return "";
}

function startNext() {
  while (running < AT_ONCE && waiting.length) {
    running++;
    bring(waiting.shift()).finally(() => {
      running--;
      startNext();
    });
  }
}

async function bring({ id, file, groupID }) {
  const stop = new AbortController();
  underway.set(id, stop);
  let imageID;
  try {
    const path = groupID ? `/groups/${groupID}/images` : "/images";
    const title = file.name.slice(0, MAX_TITLE_LENGTH);
    const invited = await ask("POST", path, { contentType: file.type, title }, id);
    const { upload: form, expiresIn, ...image } = invited;
    imageID = image.imageID;
    await post(form, file, stop.signal, (progress) => change(id, { progress }));
    arrived.add(imageID);
    note({ groupID, ...image });
    cancel(id);
    watch(imageID);
  } catch (problem) {
    if (stop.signal.aborted && imageID) await ask("DELETE", `/images/${imageID}`).catch(() => {});
    change(id, { problem: problem.message });
  } finally {
    underway.delete(id);
  }
}

// XMLHttpRequest, because fetch tells nothing of an upload's progress.
function post({ url, fields }, file, stop, onProgress) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const lost = () => reject(new Error("The upload did not get through."));
  const sent = new XMLHttpRequest();
  sent.open("POST", url);
  sent.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
  sent.onload = () => (sent.status < 300 ? resolve() : lost());
  sent.onerror = lost;
  sent.onabort = lost;
  stop.addEventListener("abort", () => sent.abort());
  if (stop.aborted) return Promise.reject(new Error("The upload was cancelled."));
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file); // last: S3 ignores what comes behind it
  sent.send(form);
  return promise;
}

/** Look until the picture is processed: the live connection may be down. */
async function watch(imageID) {
  for (const pause of LOOKS) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (images.value.get(imageID)?.status !== "PENDING") return;
    await look(imageID).catch(() => {});
  }
}

function note(image) {
  const before = images.value.get(image.imageID);
  if (before?.status === "PENDING" && image.status !== "PENDING") {
    const told = image.status === "READY" ? "Ready" : "Failed";
    announce(`${told}: ${image.title || "a picture"}`);
  }
  images.value = new Map(images.value).set(image.imageID, image);
}

function change(id, fields) {
  uploads.value = uploads.value.map((each) => (each.id === id ? { ...each, ...fields } : each));
}
