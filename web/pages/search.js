/** Search: everything that the user may see, with results while they type. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { useList } from "../resources.js";
import { EmptyState, Heading, Icon, List, Time } from "../components.js";
import { requestAsUser, user } from "../session.js";
import { Viewer } from "../viewer.js";
import { OrderContent } from "../order_states.js";
import { conversationURL } from "./messages.js";

const TYPING_PAUSE = 250; // ms without a key press until the search starts

const TYPES = {
  order: ["Orders", "bag", Order],
  image: ["Pictures", "picture", Picture],
  group: ["Groups", "folder", Group],
  message: ["Messages", "chat", Message],
};

/** `id` has the words of the last search, from the address. */
export function Search({ id: before = "" }) {
  const [words, setWords] = useState(before);
  const [type, setType] = useState("");
  const field = useRef();
  const timer = useRef();
  useEffect(() => field.current.focus(), []);
  const onSubmit = (event) => {
    event.preventDefault();
    const entered = field.current.value.trim();
    setWords(entered);
    // The address keeps the words for the way back, without a history entry per letter.
    history.replaceState(null, "", `#/search/${encodeURIComponent(entered)}`);
  };
  const onInput = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => field.current?.form.requestSubmit(), TYPING_PAUSE);
  };
  return html`
    <${Heading}>Search<//>
    <form class="inline-form" role="search" onSubmit=${onSubmit}>
      <input type="search" ref=${field} aria-label="Search for" placeholder="Gloves, a place…"
        defaultValue=${before} maxlength="200" autocomplete="off" enterkeyhint="search" onInput=${onInput} />
      <select aria-label="Type" onChange=${(event) => setType(event.currentTarget.value)}>
        <option value="">Everything</option>
        ${Object.entries(TYPES).map(([each, [label]]) => html`<option value=${each}>${label}</option>`)}
      </select>
    </form>
    ${words
      ? html`<${Results} words=${words} type=${type} />`
      : html`<${EmptyState} icon="search" title="Search your shop">Find orders, pictures, groups and
          messages by their words.<//>`}`;
}

function Results({ words, type }) {
  const path = `/search?limit=20&q=${encodeURIComponent(words)}${type && `&type=${type}`}`;
  const current = useList(path, "results", key);
  const [selected, select] = useState(null);
  const loaded = useRef(current);
  if (current.items || current.error) loaded.current = current;
  const list = loaded.current; // the last results stay until the next ones are loaded
  const onDelete = (imageID) => {
    list.change((rows) => rows.filter(({ data }) => data.imageID !== imageID));
    select(null);
  };
  return html`
    <p class="muted" role="status">${list.items && !list.error && count(list)}</p>
    <${List} list=${list} label="results"
      empty=${!list.error && html`<${EmptyState} icon="search" title="Nothing found">Try other words.<//>`}>
      <ul class="rows results" aria-busy=${list !== current} aria-label="Results">
        ${list.items?.map((each) => html`<${Result} key=${key(each)} ...${each} select=${select} />`)}
      </ul>
    <//>
    ${selected && html`<${Viewer} image=${selected} onClose=${() => select(null)} onDelete=${onDelete} />`}`;
}

function Result({ type, data, highlights, select }) {
  // Matches are marked where the result shows their field. Matches in other fields follow.
  const others = { ...highlights };
  const marked = (path, text) => {
    const fragments = others[path];
    delete others[path];
    return fragments ? html`<${Marked} fragments=${fragments} />` : text;
  };
  const [label, icon, content] = TYPES[type];
  return html`<li class="card result">
    ${type === "image" ? html`<${Thumbnail} ...${data} />` : html`<${Icon} name=${icon} />`}
    <span class="visually-hidden">${label}:</span>
    <div>
      ${content({ data, marked, select })}
      ${Object.entries(others).map(
        ([path, fragments]) => html`<p key=${path} class="muted">
          ${path.split(".").at(-1)}: <${Marked} fragments=${fragments} />
        </p>`,
      )}
    </div>
  </li>`;
}

// In each fragment, every second piece is a match.
function Marked({ fragments }) {
  return fragments.map((pieces, fragment) => [
    fragment > 0 && " … ",
    pieces.map((piece, index) => (index % 2 ? html`<mark>${piece}</mark>` : piece)),
  ]);
}

function Order({ data: { orderID, order, placedAt }, marked }) {
  return html`
    <${OrderContent} quantity=${order.quantity}
      item=${html`<a class="card-link" href="#/orders/${orderID}">${marked("order.item", order.item)}</a>`}
      customerID=${order.customerID && marked("order.customerID", order.customerID)}
      note=${order.note && html`<span class="clamped">${marked("order.note", order.note)}</span>`} />
    <p class="muted"><${Time} at=${placedAt} /></p>`;
}

function Picture({ data, marked, select }) {
  return html`
    <p><button class="card-link link" onClick=${() => select(data)}>
      <b>${marked("title", data.title || "Untitled")}</b></button></p>
    <p class="muted"><${Time} at=${data.createdAt} /></p>`;
}

function Thumbnail({ imageID }) {
  const [url, setURL] = useState("");
  useEffect(() => {
    requestAsUser("GET", `/images/${imageID}`).then((image) => setURL(image.thumbnailUrl), () => {});
  }, [imageID]);
  return html`<span class="frame">${url && html`<img src=${url} alt="" />`}</span>`;
}

function Group({ data: { groupID, name, description, owner }, marked }) {
  return html`
    <p><a class="card-link" href="#/groups/${groupID}"><b>${marked("name", name)}</b></a></p>
    ${description && html`<p class="clamped">${marked("description", description)}</p>`}
    <p class="muted">by ${marked("owner", owner)}</p>`;
}

function Message({ data: { from, fromID, to, toID, text, sentAt }, marked }) {
  const partnerID = fromID === user.value.sub ? toID : fromID;
  return html`
    <p><a class="card-link" href=${conversationURL(partnerID)}><b>${marked("from", from)}</b> to ${marked("to", to)}</a></p>
    <p class="clamped">${marked("text", text)}</p>
    <p class="muted"><${Time} at=${sentAt} /></p>`;
}

function key({ data }) {
  return data.orderID ?? data.imageID ?? data.groupID ?? data.messageID;
}

function count({ items, next }) {
  return `${next ? "The best " : ""}${items.length} result${items.length === 1 ? "" : "s"}`;
}
