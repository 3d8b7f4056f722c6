/** The copy of the user's data: prepared on request, and offered as files to download. */

import { html, useEffect, useState } from "./vendor/preact.js";
import { ErrorMessage, announce } from "./components.js";
import { subscribe } from "./live.js";
import { requestAsUser } from "./session.js";

const PATH = "/users/me/export"; // reading it starts an export, so it is not read before a request
const FRESH = `${PATH}?fresh=true`;
const POLL_INTERVAL = 5_000; // ms; live events are faster, and may be missed
const SIZE = new Intl.NumberFormat(undefined, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 });

/** A button, the progress of the export, and the links to its files until they expire. */
export function DataExport() {
  const [value, set] = useState(null);
  const [problem, setProblem] = useState("");

  async function read(path) {
    try {
      const response = await requestAsUser("GET", path);
      if (value?.status === "PREPARING" && response.status === "READY") announce("Your data are ready.");
      set(response);
      setProblem("");
    } catch (error) {
      setProblem(error.message);
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
    <p>Everything that is stored about you, as ZIP files with texts and pictures.</p>
    <${ErrorMessage} text=${problem} retry=${() => read(PATH)} />
    ${value ? html`<${Export} ...${value} read=${read} />` : html`<button onClick=${() => read(PATH)}>Download my data</button>`}`;
}

function Export({ status, parts, read }) {
  if (status === "PREPARING") {
    return html`<p role="status"><span class="spinner" /> Preparing your data. This can take some minutes.</p>`;
  }
  if (status === "FAILED") {
    return html`<${ErrorMessage} text="Your data could not be prepared." retry=${() => read(FRESH)} />`;
  }
  return html`
    <ul>
      ${parts.map(({ name, size, url }) => html`<li><a href=${url}>${name}</a> (${SIZE.format(size / 1e6)})</li>`)}
    </ul>
    <button onClick=${() => read(FRESH)}>Prepare a fresh copy</button>
    <p class="hint">Once an hour at most. The links work for some minutes.</p>`;
}
