/**
 * The service worker: it keeps the files of one version of the client for a quick start, and for a start
 * without a connection. It never touches the API.
 *
 * Whoever serves this file puts two constants in front of it: VERSION, which index.html names too, and
 * FILES, with the SHA-256 digest of each file to keep by its path. See project/web_client.py.
 */

/* global VERSION, FILES */

const CACHE = `files-${VERSION}`;
const PAGE = "index.html";
const PATIENCE = 4_000; // ms; after that, a connection counts as none

addEventListener("install", (event) => event.waitUntil(keepAll().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(removeOthers().then(() => clients.claim())));

addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const { origin, pathname } = new URL(url);
  const path = pathname.slice(new URL(registration.scope).pathname.length) || PAGE;
  if (method !== "GET" || origin !== location.origin || !Object.hasOwn(FILES, path)) return;
  event.respondWith(path === PAGE ? page(event.request) : file(path, event.request));
});

// The page is asked for at each start, so a new version is seen at once. Its other files then come from
// the network, until the worker of that version has kept them.
async function page(request) {
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
    if (!response.ok) throw new Error(`the page is answered with ${response.status}`);
    if (!(await response.clone().text()).includes(VERSION)) await caches.delete(CACHE);
    return response;
  } catch (error) {
    const kept = await caches.match(PAGE, { cacheName: CACHE });
    if (kept) return kept;
    throw error;
  }
}

async function file(path, request) {
  return (await caches.match(path, { cacheName: CACHE })) ?? fetch(request);
}

// All files are of one version, or none is kept: during a deployment there are two.
async function keepAll() {
  const cache = await caches.open(CACHE);
  const keep = async ([path, digest]) => {
    const response = await fetch(path, { cache: "no-cache" });
    if (!response.ok || (await sha256(response.clone())) !== digest) {
      throw new Error(`${path} is not of this version`);
    }
    await cache.put(path, response);
  };
  await Promise.all(Object.entries(FILES).map(keep)).catch(async (error) => {
    await caches.delete(CACHE);
    throw error;
  });
}

async function sha256(response) {
  const digest = await crypto.subtle.digest("SHA-256", await response.arrayBuffer());
  return [...new Uint8Array(digest)].map((each) => each.toString(16).padStart(2, "0")).join("");
}

async function removeOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((each) => each !== CACHE).map((each) => caches.delete(each)));
}
