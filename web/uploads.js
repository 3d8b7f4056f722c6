/** Uploads of pictures: from the browser to the bucket, until the thumbnail is ready. */

import { ApiError } from "./api.js";
import { words } from "./language.js";
import { requestAsUser } from "./session.js";
import { subscribe } from "./live.js";
import { announce } from "./components.js";
import { askWhile, keep, kept } from "./drafts.js";
import { store } from "./store.js";
import { hear } from "./tabs.js";

const CONTENT_TYPES = [
  "image/jpeg", "image/png", "image/gif", "image/webp", "image/tiff", "image/avif", "image/heic",
];

const HEIC = /\.(heic|heif|hif)$/i;

export const ACCEPT = [...CONTENT_TYPES, ".heic", ".heif", ".hif"].join();

const MAX_BYTES = 10 * 1024 * 1024;
const MAX_PARALLEL = 3;
const MAX_TITLE_LENGTH = 200;
const POLL_PAUSES = [1000, 1000, 2000, 2000, 4000, 8000, 16000, 32000]; // ms

const STARTED = "uploads"; // the name under which the ids of images are kept that have no file yet

/**
 * The current uploads: `{id, file, groupID, progress, problem, canRetry}`, with `progress` from 0 to 1.
 */
export const uploads = store([]);

/** The latest known state of images, by imageID. */
export const images = store(new Map());

/** The ids of the user's own images that were added since the page was loaded. */
export const newImages = new Set();

subscribe("image.ready", onProcessed);
subscribe("image.failed", onProcessed);
for (const type of ["connected", "look"]) subscribe(type, deleteAbandoned);
hear("changed", ({ method, path }) => method === "DELETE" && forgetImage(path.split("/").at(-1)));

const abortControllers = new Map();
const started = new Map(); // the imageID by the id of the upload
const deleted = new Set();
const isReloaded = performance.getEntriesByType("navigation")[0]?.type === "reload";
const queue = [];
let running = 0;

/** Upload files, a few in parallel, into a group if `groupID` is given. */
export function upload(files, groupID) {
  for (const file of files) {
    const problem = check(file);
    const added = { id: crypto.randomUUID(), file, groupID, progress: 0, problem, canRetry: false };
    uploads.value = [...uploads.value, added];
    if (!added.problem) queue.push(added);
  }
  startNext();
}

/** Cancel an upload, or remove one that failed. */
export function cancel(id) {
  remove(id);
  const position = queue.findIndex((each) => each.id === id);
  if (position >= 0) queue.splice(position, 1);
  abortControllers.get(id)?.abort();
  if (started.has(id)) discard(started.get(id));
  markStarted(id);
}

/** Retry an upload that failed. It has the same id, so it is the same image. */
export function retry(failed) {
  change(failed.id, { problem: "", progress: 0 });
  queue.push(failed);
  startNext();
}

/** Whether an image was deleted since the page was loaded. */
export function isDeleted({ imageID }) {
  return deleted.has(imageID);
}

/** Forget an image that was deleted. */
export function forgetImage(imageID) {
  deleted.add(imageID);
  images.value = new Map([...images.value].filter(([id]) => id !== imageID));
}

/** Read an image's state, with presigned URLs that are valid for some minutes. */
export async function readImage(imageID) {
  try {
    const image = await requestAsUser("GET", `/images/${imageID}`);
    keepImage(image);
    return image;
  } catch (error) {
    if (error.status === 404) forgetImage(imageID);
    throw error;
  }
}

/** Read images again that were still being processed when a list was loaded, until they are not. */
export function follow(rows) {
  for (const image of rows) {
    if (image.status !== "PENDING" || images.value.has(image.imageID)) continue;
    keepImage(image);
    poll(image.imageID);
  }
}

function onProcessed({ imageID }) {
  if (deleted.has(imageID)) return;
  newImages.add(imageID);
  readImage(imageID).catch(() => {}); // polling or the next list shows it
}

function check(file) {
  if (!CONTENT_TYPES.includes(typeOf(file))) {
    return words.pictures.wrongType;
  }
  if (file.size > MAX_BYTES) return words.pictures.tooLarge;
  return "";
}

/** The content type of a file. Many systems have none for HEIC, or call it `image/heif`. */
function typeOf(file) {
  return HEIC.test(file.name) ? "image/heic" : file.type;
}

function startNext() {
  while (running < MAX_PARALLEL && queue.length) {
    running++;
    run(queue.shift()).finally(() => {
      running--;
      startNext();
    });
  }
}

async function run({ id, file, groupID }) {
  const controller = new AbortController();
  abortControllers.set(id, controller);
  try {
    const path = groupID ? `/groups/${groupID}/images` : "/images";
    const title = file.name.slice(0, MAX_TITLE_LENGTH);
    const created = await requestAsUser("POST", path, { contentType: typeOf(file), title }, id);
    const { upload: form, expiresIn, ...image } = created;
    const { imageID } = image;
    if (controller.signal.aborted) return discard(imageID);
    markStarted(id, imageID);
    // A repeated request gets no form if the file of the earlier one has been processed.
    if (form) await post(form, file, controller.signal, (progress) => change(id, { progress }));
    newImages.add(imageID);
    keepImage({ groupID, ...image });
    remove(id);
    markStarted(id);
    poll(imageID);
  } catch (error) {
    change(id, { problem: error.message, canRetry: error.canRetry ?? true });
  } finally {
    abortControllers.delete(id);
  }
}

// XMLHttpRequest, because fetch does not report the progress of an upload.
function post({ url, fields }, file, signal, onProgress) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const fail = () => reject(new Error(words.pictures.uploadFailed));
  const request = new XMLHttpRequest();
  request.open("POST", url);
  request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
  request.onload = () => {
    if (request.status < 300) return resolve();
    if (request.status >= 500) return fail();
    reject(new ApiError(request.status, words.pictures.notAccepted));
  };
  request.onerror = fail;
  request.onabort = fail;
  signal.addEventListener("abort", () => request.abort());
  if (signal.aborted) return Promise.reject(new Error(words.pictures.uploadCancelled));
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file); // last, because S3 ignores all fields after it
  request.send(form);
  return promise;
}

/** Poll until the picture is processed, because the live connection may be down. */
async function poll(imageID) {
  for (const pause of POLL_PAUSES) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (images.value.get(imageID)?.status !== "PENDING") return;
    await readImage(imageID).catch(() => {});
  }
}

function keepImage(image) {
  if (isDeleted(image)) return;
  const before = images.value.get(image.imageID);
  if (before?.status === "PENDING" && image.status !== "PENDING") {
    const title = image.title || words.common.untitled;
    announce(image.status === "READY" ? words.pictures.ready(title) : words.pictures.failed(title));
  }
  images.value = new Map(images.value).set(image.imageID, image);
}

function change(id, fields) {
  uploads.value = uploads.value.map((each) => (each.id === id ? { ...each, ...fields } : each));
}

function remove(id) {
  uploads.value = uploads.value.filter((each) => each.id !== id);
}

// Without an imageID, the upload is finished or cancelled.
function markStarted(id, imageID) {
  if (imageID) started.set(id, imageID);
  else started.delete(id);
  keep(STARTED, started.size ? [...started.values()] : null);
}

function discard(imageID) {
  forgetImage(imageID);
  return requestAsUser("DELETE", `/images/${imageID}`).catch(() => {}); // its row expires after a week
}

// The session ended during these uploads. In a tab that is a copy, they are those of the other one.
function deleteAbandoned() {
  const running = [...started.values()];
  if (isReloaded) (kept(STARTED) ?? []).filter((each) => !running.includes(each)).forEach(discard);
  keep(STARTED, running.length ? running : null);
}

askWhile(() => uploads.value.some(({ problem }) => !problem));
addEventListener("pagehide", ({ persisted }) => !persisted && [...started.values()].forEach(discard));
