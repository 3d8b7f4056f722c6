/** A grid of pictures with a zone to drop files: the user's own pictures, or those of a group. */

import { html, useEffect, useRef, useState } from "./vendor/preact.js";
import { useList } from "./resources.js";
import { EmptyState, Icon, List, Time } from "./components.js";
import {
  ACCEPT, cancel, forgetImage, images, newImages, readImage, retry, upload, uploads,
} from "./uploads.js";
import { Viewer } from "./viewer.js";

/** The pictures at `path`. Dropped files are uploaded into the group, if `groupID` is given. */
export function Gallery({ path, groupID }) {
  const list = useList(`${path}?limit=24`, "images", "imageID");
  const [selected, select] = useState(null);
  const listed = new Set(list.items?.map(({ imageID }) => imageID));
  const isNewHere = (image) =>
    newImages.has(image.imageID) && !listed.has(image.imageID) && (!groupID || image.groupID === groupID);
  const added = [...images.value.values()].filter(isNewHere).reverse();
  const items = list.items && [
    ...added,
    ...list.items.map((each) => images.value.get(each.imageID) ?? each),
  ];
  const onDelete = (imageID) => {
    forgetImage(imageID);
    list.change((rows) => rows.filter((row) => row.imageID !== imageID));
    select(null);
  };
  return html`
    <${DropZone} groupID=${groupID} />
    <${List} list=${{ ...list, items }} label="pictures"
      empty=${html`<${EmptyState} icon="picture" title="No pictures yet">Drop pictures above to upload them.<//>`}>
      <ul class="grid" aria-label="Pictures">
        ${items?.map((each) => html`<${Tile} key=${each.imageID} image=${each} select=${select} />`)}
      </ul>
    <//>
    ${selected &&
    html`<${Viewer} image=${selected} onClose=${() => select(null)} onDelete=${onDelete} />`}`;
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
      <p>Drop pictures here, or <label class="button">choose files
        <input type="file" multiple accept=${ACCEPT} ref=${input} onChange=${onSelect}
          class="visually-hidden" /></label></p>
      <p class="muted">JPEG, PNG, GIF, WebP, TIFF, AVIF or HEIC, up to 10 MiB each</p>
    </div>
    ${here.length > 0 &&
    html`<ul class="rows" aria-label="Uploads">
      ${here.map((each) => html`<${Upload} key=${each.id} ...${each} />`)}
    </ul>`}`;
}

function Upload(current) {
  const { id, file, progress, problem } = current;
  const [preview, setPreview] = useState(null);
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
      <p>${file.name}</p>
      ${problem
        ? html`<p class="problem" role="alert">${problem}</p>`
        : html`<progress max="1" value=${progress} aria-label="Upload of ${file.name}" />`}
    </div>
    ${problem && html`<button onClick=${() => retry(current)}>Try again</button>`}
    <button class="plain" onClick=${() => cancel(id)}>${problem ? "Dismiss" : "Cancel"}
      <span class="visually-hidden"> ${file.name}</span></button>
  </li>`;
}

function Tile({ image, select }) {
  const { imageID, title, status, reason, thumbnailUrl, createdAt } = image;
  const [isRenewed, setRenewed] = useState(false);
  const name = title || "Untitled";
  // A presigned URL expires after five minutes. A page that is open for longer reads a new one, once.
  const renewURL = () => {
    if (isRenewed) return;
    setRenewed(true);
    readImage(imageID).catch(() => {});
  };
  return html`<li class="tile ${status.toLowerCase()}" data-status=${status}>
    <button onClick=${() => select(image)}>
      <span class="frame">
        ${status === "READY" &&
        html`<img src=${thumbnailUrl} alt=${name} loading="lazy" onError=${renewURL} />`}
        ${status === "PENDING" && html`<span class="spinner" />`}
        ${status === "FAILED" && html`<${Icon} name="close" />`}
      </span>
      <span class="caption">${name}</span>
      <span class="muted">
        ${status === "READY" && html`<${Time} at=${createdAt} />`}
        ${status === "PENDING" && "Being processed"} ${status === "FAILED" && reason}
      </span>
    </button>
  </li>`;
}
