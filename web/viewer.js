/** One picture, large, with what it says about itself. */

import { html, useEffect, useState } from "./vendor/preact.js";
import { Deletion, Dialog, Icon, Problem } from "./parts.js";
import { look } from "./uploads.js";

const SECTIONS = { exif: "Camera (EXIF)", iptc: "Caption (IPTC)", xmp: "XMP", text: "Comments" };
const FILE_FACTS = ["format", "colour"];

/** The picture of a row of the gallery. */
export function Viewer({ image: row, onClose, onDelete }) {
  const [image, setImage] = useState(row);
  const [problem, setProblem] = useState("");
  const name = image.title || "Untitled";
  useEffect(() => {
    look(row.imageID).then(setImage, (refusal) => setProblem(refusal.message));
  }, [row.imageID]);

  return html`<${Dialog} class="viewer" label=${name} onClose=${onClose}>
    <div class="bar">
      <h2>${name}</h2>
      <button class="plain" onClick=${onClose}><${Icon} name="close" /><span class="unseen">Close</span></button>
    </div>
    <${Problem} text=${problem} />
    ${image.status === "READY" && html`<img class="large" src=${image.url} alt=${name} />`}
    ${image.status === "PENDING" && html`<p>It is being processed.</p>`}
    ${image.status === "FAILED" && html`<${Problem} text=${image.reason} />`}
    ${image.metadata && html`<${Metadata} ...${image.metadata} />`}
    <${Deletion} path="/images/${row.imageID}" name=${name} onDelete=${() => onDelete(row.imageID)} />
  <//>`;
}

function Metadata({ size, gps, ...metadata }) {
  const facts = { size: size && `${size.width} × ${size.height}`, ...only(metadata, FILE_FACTS) };
  return html`
    <${Table} caption="File" facts=${facts} />
    ${Object.entries(SECTIONS).map(
      ([name, caption]) => html`<${Table} key=${name} caption=${caption} facts=${metadata[name]} />`,
    )}
    ${!isEmpty(gps) && html`<${Place} gps=${gps} />`}`;
}

// Where a picture was taken is often somebody's home: it shows on request, and no map is loaded.
function Place({ gps }) {
  const [isShown, setShown] = useState(false);
  if (!isShown) return html`<button onClick=${() => setShown(true)}>Show where it was taken</button>`;
  const { GPSLatitude: latitude, GPSLongitude: longitude } = gps;
  const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=14/${latitude}/${longitude}`;
  return html`
    <${Table} caption="Place" facts=${gps} />
    ${Number.isFinite(latitude) &&
    Number.isFinite(longitude) &&
    html`<p><a href=${map} target="_blank" rel="noopener noreferrer">On OpenStreetMap</a></p>`}`;
}

function Table({ caption, facts }) {
  if (isEmpty(facts)) return null;
  const rows = Array.isArray(facts) ? facts.map((each, at) => [at + 1, each]) : Object.entries(facts);
  return html`<table>
    <caption>${caption}</caption>
    <tbody>
      ${rows
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => html`<tr key=${name}><th scope="row">${name}</th><td>${plain(value)}</td></tr>`)}
    </tbody>
  </table>`;
}

function plain(value) {
  if (Array.isArray(value)) return value.map(plain).join(", ");
  if (value !== null && typeof value === "object") {
    return Object.entries(value).map(([name, each]) => `${name}: ${plain(each)}`).join("; ");
  }
  return String(value);
}

function only(from, names) {
  return Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]]));
}

function isEmpty(facts) {
  return !facts || Object.keys(facts).length === 0;
}
