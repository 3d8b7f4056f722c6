/** Uploads of pictures: from the browser to the bucket, until the thumbnail is ready. */

import { requestAsUser } from "./session.js";
import { subscribe } from "./live.js";
import { announce } from "./components.js";
import { store } from "./store.js";

const CONTENT_TYPES = [
  "image/jpeg", "image/png", "image/gif", "image/webp", "image/tiff", "image/avif", "image/heic",
];

const HEIC = /\.(heic|heif|hif)$/i;

/** What an `<input type="file">` accepts. */
export const ACCEPT = [...CONTENT_TYPES, ".heic", ".heif", ".hif"].join();

const MAX_BYTES = 10 * 1024 * 1024;
const MAX_PARALLEL = 3;
const MAX_TITLE_LENGTH = 200;
const POLL_PAUSES = [1000, 1000, 2000, 2000, 4000, 8000, 16000, 32000]; // ms

/** The current uploads: `{id, file, groupID, progress, problem}`, with `progress` from 0 to 1. */
export const uploads = store([]);

/** The latest known state of images, by imageID. */
export const images = store(new Map());

/** The ids of the user's own images that were added since the page was loaded. */
export const newImages = new Set();

subscribe("image.ready", onProcessed);
subscribe("image.failed", onProcessed);

const abortControllers = new Map();
const queue = [];
let running = 0;

/** Upload files, a few in parallel, into a group if `groupID` is given. */
export function upload(files, groupID) {
  for (const file of files) {
    const added = { id: crypto.randomUUID(), file, groupID, progress: 0, problem: check(file) };
    uploads.value = [...uploads.value, added];
    if (!added.problem) queue.push(added);
  }
  startNext();
}

/** Cancel an upload, or remove one that failed. */
export function cancel(id) {
  uploads.value = uploads.value.filter((each) => each.id !== id);
  const position = queue.findIndex((each) => each.id === id);
  if (position >= 0) queue.splice(position, 1);
  abortControllers.get(id)?.abort();
}

/** Retry an upload that failed. */
export function retry({ id, file, groupID }) {
  cancel(id);
  upload([file], groupID);
}

/** Forget an image that was deleted. */
export function forgetImage(imageID) {
  images.value = new Map([...images.value].filter(([id]) => id !== imageID));
}

/** Read an image's state, with presigned URLs that are valid for some minutes. */
export async function readImage(imageID) {
  const image = await requestAsUser("GET", `/images/${imageID}`);
  keepImage(image);
  return image;
}

function onProcessed({ imageID }) {
  newImages.add(imageID);
  readImage(imageID).catch(() => {}); // polling or the next list shows it
}

function check(file) {
  if (!CONTENT_TYPES.includes(typeOf(file))) {
    return "Unsupported file type. Use JPEG, PNG, GIF, WebP, TIFF, AVIF or HEIC.";
  }
  if (file.size > MAX_BYTES) return "The file is larger than 10 MiB.";
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
  let imageID;
  try {
    const path = groupID ? `/groups/${groupID}/images` : "/images";
    const title = file.name.slice(0, MAX_TITLE_LENGTH);
    const created = await requestAsUser("POST", path, { contentType: typeOf(file), title }, id);
    const { upload: form, expiresIn, ...image } = created;
    imageID = image.imageID;
    // A repeated request gets no form if the file of the earlier one has been processed.
    if (form) await post(form, file, controller.signal, (progress) => change(id, { progress }));
    newImages.add(imageID);
    keepImage({ groupID, ...image });
    cancel(id);
    poll(imageID);
  } catch (error) {
    if (controller.signal.aborted && imageID) {
      await requestAsUser("DELETE", `/images/${imageID}`).catch(() => {});
    }
    change(id, { problem: error.message });
  } finally {
    abortControllers.delete(id);
  }
}

// XMLHttpRequest, because fetch does not report the progress of an upload.
function post({ url, fields }, file, signal, onProgress) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const fail = () => reject(new Error("The upload failed. Check the connection, then try again."));
  const request = new XMLHttpRequest();
  request.open("POST", url);
  request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
  request.onload = () => (request.status < 300 ? resolve() : fail());
  request.onerror = fail;
  request.onabort = fail;
  signal.addEventListener("abort", () => request.abort());
  if (signal.aborted) return Promise.reject(new Error("The upload was cancelled."));
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
  const before = images.value.get(image.imageID);
  if (before?.status === "PENDING" && image.status !== "PENDING") {
    const result = image.status === "READY" ? "Picture ready" : "Picture failed";
    announce(`${result}: ${image.title || "Untitled"}`);
  }
  images.value = new Map(images.value).set(image.imageID, image);
}

function change(id, fields) {
  uploads.value = uploads.value.map((each) => (each.id === id ? { ...each, ...fields } : each));
}
