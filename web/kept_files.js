/** Starts the service worker, which keeps the files of the client: see sw.js. */

/** Let the service worker keep the files, once everything that the user waits for is loaded. */
export function keepFiles() {
  if (document.readyState === "complete") start();
  else addEventListener("load", start, { once: true });
}

// Browsers look for a new worker at each registration. Without one, everything works as well.
function start() {
  const policy = globalThis.trustedTypes?.createPolicy("worker", { createScriptURL: () => "sw.js" });
  const url = policy?.createScriptURL("") ?? "sw.js";
  navigator.serviceWorker?.register(url, { updateViaCache: "none" }).catch(() => {});
}
