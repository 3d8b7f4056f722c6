/** Pictures in a grid, with the place to drop more: a user's own, or a group's. */

import { html, useEffect, useRef, useState } from "./vendor/preact.js";
import { useList } from "./lists.js";
import { Empty, Icon, Listed, Moment } from "./parts.js";
import { CONTENT_TYPES, again, arrived, cancel, forget, images, look, upload, uploads } from "./uploads.js";
import { Viewer } from "./viewer.js";

/** The pictures of `path`; what is dropped goes into the group, if there is one. */
export function Gallery({ path, groupID }) {
  const list = useList(`${path}?limit=24`, "images", "imageID");
  const [shown, show] = useState(null);
  const known = new Set(list.items?.map(({ imageID }) => imageID));
  const isFresh = ({ imageID, groupID: into }) =>
    arrived.has(imageID) && !known.has(imageID) && (!groupID || into === groupID);
  const fresh = [...images.value.values()].filter(isFresh).reverse();
  const items = list.items && [
    ...fresh,
    ...list.items.map((each) => images.value.get(each.imageID) ?? each),
  ];
  const isDeleted = (imageID) => {
    forget(imageID);
    list.change((rows) => rows.filter((row) => row.imageID !== imageID));
    show(null);
  };
  return html`
    <${Drop} groupID=${groupID} />
    <${Listed} list=${{ ...list, items }} label="pictures"
      empty=${html`<${Empty} icon="picture" title="No pictures yet">Drop some above.<//>`}>
      <ul class="grid" aria-label="Pictures">
        ${items?.map((each) => html`<${Tile} key=${each.imageID} image=${each} show=${show} />`)}
      </ul>
    <//>
    ${shown &&
    html`<${Viewer} image=${shown} onClose=${() => show(null)} onDelete=${isDeleted} />`}`;
}

function Drop({ groupID }) {
  const [isOver, setOver] = useState(false);
  const picker = useRef();
  const over = (event) => {
    event.preventDefault();
    setOver(true);
  };
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    upload(event.dataTransfer.files, groupID);
  };
  const pick = () => {
    upload(picker.current.files, groupID);
    picker.current.value = ""; // the same files may be picked again
  };
  const here = uploads.value.filter((each) => each.groupID === groupID);
  return html`
    <div class="drop ${isOver && "over"}" onDragOver=${over} onDragLeave=${() => setOver(false)}
      onDrop=${drop}>
      <${Icon} name="up" />
      <p>Drop pictures here, or <label class="button">choose some
        <input type="file" multiple accept=${CONTENT_TYPES.join()} ref=${picker} onChange=${pick}
          class="unseen" /></label></p>
      <p class="quiet">JPEG, PNG, GIF, WebP or TIFF, up to 10 MiB each</p>
    </div>
    ${here.length > 0 &&
    html`<ul class="rows" aria-label="Uploads">
      ${here.map((each) => html`<${Upload} key=${each.id} ...${each} />`)}
    </ul>`}`;
}

function Upload(one) {
  const { id, file, progress, problem } = one;
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
    ${problem && html`<button onClick=${() => again(one)}>Try again</button>`}
    <button class="plain" onClick=${() => cancel(id)}>${problem ? "Dismiss" : "Cancel"}
      <span class="unseen"> ${file.name}</span></button>
  </li>`;
}

function Tile({ image, show }) {
  const { imageID, title, status, reason, thumbnailUrl, createdAt } = image;
  const [isRenewed, setRenewed] = useState(false);
  const name = title || "Untitled";
  // An address is good for five minutes; a page that stood open longer asks for a new one, once.
  const renew = () => {
    if (isRenewed) return;
    setRenewed(true);
    look(imageID).catch(() => {});
  };
  return html`<li class="tile ${status.toLowerCase()}" data-status=${status}>
    <button onClick=${() => show(image)}>
      <span class="frame">
        ${status === "READY" &&
        html`<img src=${thumbnailUrl} alt=${name} loading="lazy" onError=${renew} />`}
        ${status === "PENDING" && html`<span class="spinner" />`}
        ${status === "FAILED" && html`<${Icon} name="close" />`}
      </span>
      <span class="caption">${name}</span>
      <span class="quiet">
        ${status === "READY" && html`<${Moment} at=${createdAt} />`}
        ${status === "PENDING" && "Being processed"} ${status === "FAILED" && reason}
      </span>
    </button>
  </li>`;
}
