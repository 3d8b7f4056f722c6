/** A grid of pictures with a zone to drop files. */

import { html, useEffect, useRef, useState } from "./vendor/preact.js";
import { words } from "./language.js";
import { reasonText } from "./refusals.js";
import { now } from "./clock.js";
import { useList } from "./resources.js";
import { EmptyState, Icon, List, Time } from "./components.js";
import {
  ACCEPT, cancel, follow, forgetImage, images, isDeleted, newImages, readImage, retry, upload, uploads,
} from "./uploads.js";
import { Viewer } from "./viewer.js";

const LATE = 600_000; // ms, after which a picture was perhaps never uploaded

/**
 * The pictures at `path`. Dropped files are uploaded into the group, if `groupID` is given. Who is
 * its owner can delete them all. The picture with this `imageID` is shown above the page at `base`.
 */
export function Gallery({ path, base, imageID, groupID, isOwner }) {
  const list = useList(`${path}?limit=24`, "images", "imageID");
  const listed = new Set(list.items?.map(({ imageID }) => imageID));
  const isNewHere = (image) =>
    newImages.has(image.imageID) && !listed.has(image.imageID) && (!groupID || image.groupID === groupID);
  const added = [...images.value.values()].filter(isNewHere).reverse();
  useEffect(() => follow(list.items ?? []), [list.items]);
  const items = list.items && [
    ...added,
    ...list.items.filter((each) => !isDeleted(each)).map((each) => images.value.get(each.imageID) ?? each),
  ];
  const ids = items?.map((each) => each.imageID) ?? [];
  useEffect(() => {
    if (imageID && imageID === ids.at(-1) && list.next) list.more(); // for the way to the next one
  }, [imageID]);
  const onDelete = (deleted) => {
    forgetImage(deleted);
    list.change((rows) => rows.filter((row) => row.imageID !== deleted));
  };
  return html`
    <${DropZone} groupID=${groupID} />
    <${List} list=${{ ...list, items }} label=${words.things.pictures} bones="grid"
      empty=${html`<${EmptyState} icon="picture" title=${words.pictures.empty} action=${html`<button onClick=${chooseFiles}>
        ${words.pictures.choose}</button>`}>${words.pictures.emptyHint}<//>`}>
      <ul class="grid" aria-label=${words.pictures.title}>
        ${items?.map((each) => html`<${Tile} key=${each.imageID} image=${each} base=${base} />`)}
      </ul>
    <//>
    ${imageID &&
    html`<${Viewer} imageID=${imageID} ids=${ids} base=${base} isOwner=${isOwner} onDelete=${onDelete} />`}`;
}

function chooseFiles() {
  document.querySelector(".drop-zone input").click();
}

function DropZone({ groupID }) {
  const [isOver, setOver] = useState(false);
  const input = useRef();
  const onDragOver = (event) => {
    event.preventDefault();
    setOver(true);
  };
  const onDrop = (event) => {
    event.preventDefault();
    setOver(false);
    upload(event.dataTransfer.files, groupID);
  };
  const onSelect = () => {
    upload(input.current.files, groupID);
    input.current.value = ""; // so that the same files can be selected again
  };
  const here = uploads.value.filter((each) => each.groupID === groupID);
  return html`
    <div class="drop-zone ${isOver && "over"}" onDragOver=${onDragOver} onDragLeave=${() => setOver(false)}
      onDrop=${onDrop}>
      <${Icon} name="up" />
      <p>${words.pictures.drop(
        (text) => html`<label class="button">${text}
          <input type="file" multiple accept=${ACCEPT} ref=${input} onChange=${onSelect}
            class="visually-hidden" /></label>`,
      )}</p>
      <p class="muted">${words.pictures.types}</p>
    </div>
    ${here.length > 0 &&
    html`<ul class="rows" aria-label=${words.pictures.uploads}>
      ${here.map((each) => html`<${Upload} key=${each.id} ...${each} />`)}
    </ul>`}`;
}

function Upload(current) {
  const { id, file, progress, problem, canRetry } = current;
  const [preview, setPreview] = useState(null);
  const name = html`<span class="visually-hidden"> ${file.name}</span>`;
  useEffect(() => {
    const url = URL.createObjectURL(file);
    setPreview(url);
    return () => URL.revokeObjectURL(url);
  }, [file]);
  return html`<li class="card upload">
    <span class="frame">
      ${preview && html`<img src=${preview} alt="" onError=${() => setPreview(null)} />`}
    </span>
    <div>
      <p dir="auto">${file.name}</p>
      ${problem
        ? html`<p class="problem" role="alert">${problem}</p>`
        : html`<progress max="1" value=${progress} aria-label=${words.pictures.uploadOf(file.name)} />`}
    </div>
    ${problem && canRetry && html`<button onClick=${() => retry(current)}>${words.common.tryAgain}${name}</button>`}
    <button class="plain" onClick=${() => cancel(id)}>${problem ? words.pictures.dismiss : words.common.cancel}${name}</button>
  </li>`;
}

function Tile({ image, base }) {
  const { imageID, title, status, reason, thumbnailUrl, createdAt } = image;
  const [isRenewed, setRenewed] = useState(false);
  const isLate = now() - new Date(createdAt) > LATE;
  const name = title || words.common.untitled;
  // A presigned URL expires after five minutes. A page that is open for longer reads a new one, once.
  const renewURL = () => {
    if (isRenewed) return;
    setRenewed(true);
    readImage(imageID).catch(() => {});
  };
  return html`<li class="tile ${status.toLowerCase()}" data-status=${status}>
    <a href="${base}/${imageID}">
      <span class="frame">
        ${status === "READY" &&
        html`<img src=${thumbnailUrl} alt=${name} loading="lazy" onError=${renewURL} />`}
        ${status === "PENDING" && html`<span class="spinner" />`}
        ${status === "FAILED" && html`<${Icon} name="close" />`}
      </span>
      <span class="caption" dir="auto">${name}</span>
      <span class="muted">
        ${status === "READY" && html`<${Time} at=${createdAt} />`}
        ${status === "PENDING" && (isLate ? words.pictures.late : words.pictures.pending)} ${status === "FAILED" && reasonText(reason)}
      </span>
    </a>
  </li>`;
}
