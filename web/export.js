/** The copy of the user's data: prepared on request, and offered as files to download. */

import { html, useEffect, useState } from "./vendor/preact.js";
import { ErrorMessage, announce } from "./components.js";
import { format, words } from "./language.js";
import { subscribe } from "./live.js";
import { requestAsUser } from "./session.js";

const PATH = "/users/me/export"; // reading it starts an export, so it is not read before a request
const FRESH = `${PATH}?fresh=true`;
const POLL_INTERVAL = 5_000; // ms; live events are faster, and may be missed

/** A button, the progress of the export, and the links to its files until they expire. */
export function DataExport() {
  const [value, set] = useState(null);
  const [error, setError] = useState(null);

  async function read(path) {
    try {
      const response = await requestAsUser("GET", path);
      if (value?.status === "PREPARING" && response.status === "READY") announce(words.export.ready);
      set(response);
      setError(null);
    } catch (error) {
      setError(error);
    }
  }

  useEffect(() => {
    if (value?.status === "READY") {
      const timer = setTimeout(() => set(null), value.expiresIn * 1_000);
      return () => clearTimeout(timer);
    }
    if (value?.status === "PREPARING") {
      const again = () => read(PATH);
      const timer = setInterval(again, POLL_INTERVAL);
      const stops = ["export.ready", "export.failed", "connected"].map((type) => subscribe(type, again));
      return () => [() => clearInterval(timer), ...stops].forEach((stop) => stop());
    }
  }, [value]);

  return html`
    <p>${words.export.explanation}</p>
    <${ErrorMessage} text=${error?.message} retry=${error?.canRetry && (() => read(PATH))} />
    ${value ? html`<${Export} ...${value} read=${read} />` : html`<button onClick=${() => read(PATH)}>${words.export.submit}</button>`}`;
}

function Export({ status, parts, read }) {
  if (status === "PREPARING") {
    return html`<p role="status"><span class="spinner" /> ${words.export.preparing}</p>`;
  }
  if (status === "FAILED") {
    return html`<${ErrorMessage} text=${words.export.failed} retry=${() => read(FRESH)} />`;
  }
  return html`
    <ul>
      ${parts.map(({ name, size, url }) => html`<li><a href=${url}>${name}</a> (${format.megabytes.format(size / 1e6)})</li>`)}
    </ul>
    <button onClick=${() => read(FRESH)}>${words.export.fresh}</button>
    <p class="hint">${words.export.freshHint}</p>`;
}
