/** One picture in full size, with its metadata. */

import { html, useEffect, useState } from "./vendor/preact.js";
import { DeleteButton, Dialog, ErrorMessage, Icon } from "./components.js";
import { readImage } from "./uploads.js";

const SECTIONS = { exif: "Camera (EXIF)", iptc: "Caption (IPTC)", xmp: "XMP", text: "Comments" };
const FILE_PROPERTIES = ["format", "colour"];

/** Shows the picture of a row of the gallery. */
export function Viewer({ image: row, onClose, onDelete }) {
  const [image, setImage] = useState(row);
  const [problem, setProblem] = useState("");
  const name = image.title || "Untitled";
  useEffect(() => {
    readImage(row.imageID).then(setImage, (error) => setProblem(error.message));
  }, [row.imageID]);

  return html`<${Dialog} class="viewer" label=${name} onClose=${onClose}>
    <div class="title-bar">
      <h2>${name}</h2>
      <button class="plain" onClick=${onClose}><${Icon} name="close" /><span class="visually-hidden">Close</span></button>
    </div>
    <${ErrorMessage} text=${problem} />
    ${image.status === "READY" && html`<img class="large" src=${image.url} alt=${name} />`}
    ${image.status === "PENDING" && html`<p>The picture is being processed.</p>`}
    ${image.status === "FAILED" && html`<${ErrorMessage} text=${image.reason} />`}
    ${image.metadata && html`<${Metadata} ...${image.metadata} />`}
    <${DeleteButton} path="/images/${row.imageID}" name=${name} onDelete=${() => onDelete(row.imageID)} />
  <//>`;
}

function Metadata({ size, gps, ...metadata }) {
  const properties = { size: size && `${size.width} × ${size.height}`, ...pick(metadata, FILE_PROPERTIES) };
  return html`
    <${Table} caption="File" properties=${properties} />
    ${Object.entries(SECTIONS).map(
      ([name, caption]) => html`<${Table} key=${name} caption=${caption} properties=${metadata[name]} />`,
    )}
    ${!isEmpty(gps) && html`<${Location} gps=${gps} />`}`;
}

// The location is often somebody's home: it is shown only on request, and no map is loaded.
function Location({ gps }) {
  const [isShown, setShown] = useState(false);
  if (!isShown) return html`<button onClick=${() => setShown(true)}>Show location</button>`;
  const { GPSLatitude: latitude, GPSLongitude: longitude } = gps;
  const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=14/${latitude}/${longitude}`;
  return html`
    <${Table} caption="Location" properties=${gps} />
    ${Number.isFinite(latitude) &&
    Number.isFinite(longitude) &&
    html`<p><a href=${map} target="_blank" rel="noopener noreferrer">Open in OpenStreetMap</a></p>`}`;
}

function Table({ caption, properties }) {
  if (isEmpty(properties)) return null;
  const rows = Array.isArray(properties)
    ? properties.map((each, index) => [index + 1, each])
    : Object.entries(properties);
  return html`<table>
    <caption>${caption}</caption>
    <tbody>
      ${rows
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => html`<tr key=${name}><th scope="row">${name}</th><td>${asText(value)}</td></tr>`)}
    </tbody>
  </table>`;
}

function asText(value) {
  if (Array.isArray(value)) return value.map(asText).join(", ");
  if (value !== null && typeof value === "object") {
    return Object.entries(value).map(([name, each]) => `${name}: ${asText(each)}`).join("; ");
  }
  return String(value);
}

function pick(from, names) {
  return Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]]));
}

function isEmpty(properties) {
  return !properties || Object.keys(properties).length === 0;
}
