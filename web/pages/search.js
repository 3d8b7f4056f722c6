/** Search: everything that the user may see, with results while they type. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { words } from "../language.js";
import { useList } from "../resources.js";
import { EmptyState, Heading, Icon, List, Time } from "../components.js";
import { requestAsUser, user } from "../session.js";
import { Viewer } from "../viewer.js";
import { OrderContent } from "../order_states.js";
import { conversationURL } from "./messages.js";

const TYPING_PAUSE = 250; // ms without a key press until the search starts

const TYPES = {
  order: ["bag", Order],
  image: ["picture", Picture],
  group: ["folder", Group],
  message: ["chat", Message],
};

/** `id` has the words of the last search, from the address. */
export function Search({ id: before = "", inner }) {
  const [sought, setSought] = useState(before);
  const [type, setType] = useState("");
  const field = useRef();
  const timer = useRef();
  useEffect(() => field.current.focus(), []);
  const onSubmit = (event) => {
    event.preventDefault();
    const entered = field.current.value.trim();
    setSought(entered);
    // The address keeps the words for the way back, without a history entry per letter.
    history.replaceState(history.state, "", `#/search/${encodeURIComponent(entered)}`);
  };
  const onInput = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => field.current?.form.requestSubmit(), TYPING_PAUSE);
  };
  return html`
    <${Heading}>${words.search.title}<//>
    <form class="inline-form" role="search" onSubmit=${onSubmit}>
      <input type="search" ref=${field} aria-label=${words.search.field} placeholder=${words.search.placeholder}
        defaultValue=${before} maxlength="200" autocomplete="off" enterkeyhint="search" onInput=${onInput} />
      <select aria-label=${words.search.type} onChange=${(event) => setType(event.currentTarget.value)}>
        <option value="">${words.search.everything}</option>
        ${Object.keys(TYPES).map((each) => html`<option value=${each}>${words.types[each]}</option>`)}
      </select>
    </form>
    ${sought
      ? html`<${Results} sought=${sought} type=${type} imageID=${inner} />`
      : html`<${EmptyState} icon="search" title=${words.search.empty}>${words.search.emptyHint}<//>`}`;
}

function Results({ sought, type, imageID }) {
  const path = `/search?limit=20&q=${encodeURIComponent(sought)}${type && `&type=${type}`}`;
  const current = useList(path, "results", key);
  const loaded = useRef(current);
  if (current.items || current.error) loaded.current = current;
  const list = loaded.current; // the last results stay until the next ones are loaded
  const base = `#/search/${encodeURIComponent(sought)}`;
  const ids = list.items?.map(({ data }) => data.imageID).filter(Boolean) ?? [];
  const onDelete = (deleted) => list.change((rows) => rows.filter(({ data }) => data.imageID !== deleted));
  return html`
    <p class="muted" role="status">${list.items && !list.error && count(list)}</p>
    <${List} list=${list} label=${words.things.results} bones="rows"
      empty=${!list.error && html`<${EmptyState} icon="search" title=${words.search.nothing}>${words.search.nothingHint}<//>`}>
      <ul class="rows results" aria-busy=${list !== current} aria-label=${words.search.results}>
        ${list.items?.map((each) => html`<${Result} key=${key(each)} ...${each} base=${base} />`)}
      </ul>
    <//>
    ${imageID && html`<${Viewer} imageID=${imageID} ids=${ids} base=${base} onDelete=${onDelete} />`}`;
}

function Result({ type, data, highlights, base }) {
  // Matches are marked where the result shows their field. Matches in other fields follow.
  const others = { ...highlights };
  const marked = (path, text) => {
    const fragments = others[path];
    delete others[path];
    return fragments ? html`<${Marked} fragments=${fragments} />` : text;
  };
  const [icon, content] = TYPES[type];
  return html`<li class="card result">
    ${type === "image" ? html`<${Thumbnail} ...${data} />` : html`<${Icon} name=${icon} />`}
    <span class="visually-hidden">${words.types[type]}:</span>
    <div>
      ${content({ data, marked, base })}
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
    html`<bdi>${pieces.map((piece, index) => (index % 2 ? html`<mark>${piece}</mark>` : piece))}</bdi>`,
  ]);
}

function Order({ data: { orderID, order, placedAt }, marked }) {
  return html`
    <${OrderContent} quantity=${order.quantity}
      item=${html`<a class="card-link" href="#/orders/${orderID}">${marked("order.item", order.item)}</a>`}
      customerID=${order.customerID && marked("order.customerID", order.customerID)}
      note=${order.note && html`<span class="clamped" dir="auto">${marked("order.note", order.note)}</span>`} />
    <p class="muted"><${Time} at=${placedAt} /></p>`;
}

function Picture({ data, marked, base }) {
  return html`
    <p><a class="card-link" href="${base}/${data.imageID}">
      <b dir="auto">${marked("title", data.title || words.common.untitled)}</b></a></p>
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
    <p><a class="card-link" href="#/groups/${groupID}"><b dir="auto">${marked("name", name)}</b></a></p>
    ${description && html`<p class="clamped" dir="auto">${marked("description", description)}</p>`}
    <p class="muted">${words.common.by(marked("owner", owner))}</p>`;
}

function Message({ data: { from, fromID, to, toID, text, sentAt }, marked }) {
  const partnerID = fromID === user.value.sub ? toID : fromID;
  return html`
    <p><a class="card-link" href=${conversationURL(partnerID)}>${words.search.fromTo(html`<b>${marked("from", from)}</b>`, marked("to", to))}</a></p>
    <p class="clamped" dir="auto">${marked("text", text)}</p>
    <p class="muted"><${Time} at=${sentAt} /></p>`;
}

function key({ data }) {
  return data.orderID ?? data.imageID ?? data.groupID ?? data.messageID;
}

function count({ items, next }) {
  return next ? words.search.best(items.length) : words.search.count(items.length);
}
