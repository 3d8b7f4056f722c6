/** One picture in full size. */

import { html, useEffect, useState } from "./vendor/preact.js";
import { DeleteButton, Dialog, ErrorMessage, Icon, Loading } from "./components.js";
import { format, words } from "./language.js";
import { closeTo, replaceAddress } from "./places.js";
import { reasonText } from "./refusals.js";
import { images, readImage } from "./uploads.js";

const SECTIONS = ["exif", "iptc", "xmp", "text"];
const FILE_PROPERTIES = ["size", "format", "colour"];
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

/**
 * Shows a picture above the page at `base`. The arrow keys lead to its neighbours among `ids`. The owner
 * of a group can delete all of its pictures.
 */
export function Viewer({ imageID, ids, base, isOwner, onDelete }) {
  const image = images.value.get(imageID);
  const name = (image && image.title) || words.common.untitled;
  const close = () => closeTo(base);
  const neighbour = (step) => ids[ids.indexOf(imageID) + step];
  const go = (step) => neighbour(step) && replaceAddress(`${base}/${neighbour(step)}`);
  const onKeyDown = ({ key }) => key in STEPS && go(STEPS[key]);
  const remove = () => {
    close();
    onDelete(imageID);
  };
  const step = (by, icon, label) => html`<button class="plain" aria-disabled=${!neighbour(by)} onClick=${() => go(by)}>
    <${Icon} name=${icon} /><span class="visually-hidden">${label}</span></button>`;
  return html`<${Dialog} class="viewer" label=${name} onClose=${close} onKeyDown=${onKeyDown}>
    <div class="title-bar">
      <h2 dir="auto">${name}</h2>
      ${step(-1, "back", words.viewer.previous)}${step(1, "next", words.viewer.next)}
      <button class="plain" autofocus onClick=${close}><${Icon} name="close" /><span class="visually-hidden">${words.common.close}</span></button>
    </div>
    <${Picture} key=${imageID} imageID=${imageID} image=${image} name=${name} isOwner=${isOwner} onDelete=${remove} />
  <//>`;
}

function Picture({ imageID, image, name, isOwner, onDelete }) {
  const [error, setError] = useState(null);
  const read = () => {
    setError(null);
    readImage(imageID).catch(setError);
  };
  useEffect(read, []);
  if (!image) return html`<${Loading} problem=${error?.message} canRetry=${error?.canRetry} read=${read} />`;
  const { status, url, reason, metadata } = image;
  return html`
    <${ErrorMessage} text=${error?.message} />
    ${status === "READY" && html`<img class="large" src=${url} alt=${name} />`}
    ${status === "PENDING" && html`<p>${words.viewer.pending}</p>`}
    ${status === "FAILED" && html`<${ErrorMessage} text=${reasonText(reason)} />`}
    ${metadata && html`<${Summary} ...${metadata} /><${Metadata} ...${metadata} />`}
    ${(isOwner || isOwn(image)) && html`<${DeleteButton} path="/images/${imageID}" name=${name} onDelete=${onDelete} />`}`;
}

// Only the user who uploaded a picture gets its metadata, or sees it at all before it is ready.
function isOwn({ status, metadata }) {
  return status !== "READY" || Boolean(metadata);
}

// f/5.6 · 1/125 s · ISO 200
function Summary({ size, format: type, exif = {} }) {
  const { Make = "", Model = "", LensModel, DateTimeOriginal } = exif;
  const camera = [Model.startsWith(Make) ? Model : `${Make} ${Model}`, LensModel];
  const taken = new Date(String(DateTimeOriginal).slice(0, 19)); // the time where it was taken
  const facts = [
    [words.viewer.camera, camera],
    [words.viewer.exposure, exposure(exif)],
    [words.viewer.taken, [!isNaN(taken) && format.dateTime.format(taken)]],
    [words.viewer.file, [size && `${size.width} × ${size.height}`, type?.name]],
  ];
  return html`<dl class="facts">
    ${facts.map(([name, values]) => {
      const text = values.filter(Boolean).join(" · ");
      return text && html`<dt>${name}</dt><dd>${text}</dd>`;
    })}
  </dl>`;
}

function exposure({ FNumber, ExposureTime, PhotographicSensitivity, FocalLength }) {
  const number = (value, of) => Number.isFinite(value) && value > 0 && of(value);
  return [
    number(FNumber, (value) => `f/${format.number.format(value)}`),
    number(ExposureTime, (value) => (value < 0.4 ? `1/${Math.round(1 / value)}\u00a0s` : `${format.number.format(value)}\u00a0s`)),
    number([PhotographicSensitivity].flat()[0], (value) => `ISO\u00a0${value}`),
    number(FocalLength, (value) => `${format.number.format(value)}\u00a0mm`),
  ];
}

function Metadata({ size, gps, ...metadata }) {
  const all = { ...metadata, size: size && `${size.width} × ${size.height}` };
  return html`
    <details>
      <summary>${words.viewer.all}</summary>
      <${Table} caption=${words.viewer.file} properties=${pick(all, FILE_PROPERTIES)} />
      ${SECTIONS.map(
        (name) => html`<${Table} key=${name} caption=${words.metadata[name]} properties=${metadata[name]} />`,
      )}
    </details>
    ${!isEmpty(gps) && html`<${Location} gps=${gps} />`}`;
}
// The location is often somebody's home: it is shown only on request, and no map is loaded.
function Location({ gps }) {
  const [isShown, setShown] = useState(false);
  if (!isShown) return html`<button onClick=${() => setShown(true)}>${words.viewer.showLocation}</button>`;
  const { GPSLatitude: latitude, GPSLongitude: longitude } = gps;
  const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=14/${latitude}/${longitude}`;
  return html`
    <${Table} caption=${words.viewer.location} properties=${gps} />
    ${Number.isFinite(latitude) &&
    Number.isFinite(longitude) &&
    html`<p><a href=${map} target="_blank" rel="noopener noreferrer">${words.viewer.openMap}</a></p>`}`;
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
        .map(([name, value]) => html`<tr key=${name}><th scope="row">${name}</th><td dir="auto">${asText(value)}</td></tr>`)}
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
