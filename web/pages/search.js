/** Search: everything that the user may see, found by its words as they are typed. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { useList } from "../lists.js";
import { Empty, Heading, Icon, Listed, Moment } from "../parts.js";
import { ask, user } from "../session.js";
import { Viewer } from "../viewer.js";
import { Content } from "./orders.js";
import { address, same } from "./messages.js";

const PAUSE = 250; // ms without a key until it is asked for

const KINDS = {
  order: ["Orders", "bag", Order],
  image: ["Pictures", "picture", Picture],
  group: ["Groups", "folder", Group],
  message: ["Messages", "chat", Message],
};

/** `id` is what was looked for when the page was left. */
export function Search({ id: before = "" }) {
  const [words, setWords] = useState(before);
  const [type, setType] = useState("");
  const field = useRef();
  const pause = useRef();
  useEffect(() => field.current.focus(), []);
  const look = (event) => {
    event.preventDefault();
    const wanted = field.current.value.trim();
    setWords(wanted);
    // The address keeps it for the way back, without a step of history for every letter.
    history.replaceState(null, "", `#/search/${encodeURIComponent(wanted)}`);
  };
  const onInput = () => {
    clearTimeout(pause.current);
    pause.current = setTimeout(() => field.current?.form.requestSubmit(), PAUSE);
  };
  return html`
    <${Heading}>Search<//>
    <form class="line" role="search" onSubmit=${look}>
      <input type="search" ref=${field} aria-label="Search for" placeholder="Gloves, a place…"
        defaultValue=${before} maxlength="200" autocomplete="off" enterkeyhint="search" onInput=${onInput} />
      <select aria-label="Kind" onChange=${(event) => setType(event.currentTarget.value)}>
        <option value="">Everything</option>
        ${Object.entries(KINDS).map(([each, [label]]) => html`<option value=${each}>${label}</option>`)}
      </select>
    </form>
    ${words
      ? html`<${Results} words=${words} type=${type} />`
      : html`<${Empty} icon="search" title="Find it again">Orders, pictures, groups and messages,
          by their words.<//>`}`;
}

function Results({ words, type }) {
  const path = `/search?limit=20&q=${encodeURIComponent(words)}${type && `&type=${type}`}`;
  const asked = useList(path, "results", key);
  const [shown, show] = useState(null);
  const settled = useRef(asked);
  if (asked.items || asked.refusal) settled.current = asked;
  const list = settled.current; // the last results stay until the next are there
  const isDeleted = (imageID) => {
    list.change((rows) => rows.filter(({ data }) => data.imageID !== imageID));
    show(null);
  };
  return html`
    <p class="quiet" role="status">${list.items && !list.refusal && count(list)}</p>
    <${Listed} list=${list} label="results"
      empty=${!list.refusal && html`<${Empty} icon="search" title="Nothing found">Not even by similar words.<//>`}>
      <ul class="rows results" aria-busy=${list !== asked} aria-label="Results">
        ${list.items?.map((each) => html`<${Result} key=${key(each)} ...${each} show=${show} />`)}
      </ul>
    <//>
    ${shown && html`<${Viewer} image=${shown} onClose=${() => show(null)} onDelete=${isDeleted} />`}`;
}

function Result({ type, data, highlights, show }) {
  // What has matched, or the text as it is; what a result does not show of it comes last.
  const left = { ...highlights };
  const marked = (path, text) => {
    const fragments = left[path];
    delete left[path];
    return fragments ? html`<${Marked} fragments=${fragments} />` : text;
  };
  const [label, icon, shownAs] = KINDS[type];
  return html`<li class="card result">
    ${type === "image" ? html`<${Thumbnail} ...${data} />` : html`<${Icon} name=${icon} />`}
    <span class="unseen">${label}:</span>
    <div>
      ${shownAs({ data, marked, show })}
      ${Object.entries(left).map(
        ([path, fragments]) => html`<p key=${path} class="quiet">
          ${path.split(".").at(-1)}: <${Marked} fragments=${fragments} />
        </p>`,
      )}
    </div>
  </li>`;
}

function Marked({ fragments }) {
  return fragments.map((pieces, nth) => [
    nth > 0 && " … ",
    pieces.map((piece, at) => (at % 2 ? html`<mark>${piece}</mark>` : piece)),
  ]);
}

function Order({ data: { orderID, order, placedAt }, marked }) {
  return html`
    <${Content} quantity=${order.quantity}
      item=${html`<a class="whole" href="#/orders/${orderID}">${marked("order.item", order.item)}</a>`}
      customerID=${order.customerID && marked("order.customerID", order.customerID)}
      note=${order.note && html`<span class="brief">${marked("order.note", order.note)}</span>`} />
    <p class="quiet"><${Moment} at=${placedAt} /></p>`;
}

function Picture({ data, marked, show }) {
  return html`
    <p><button class="whole link" onClick=${() => show(data)}>
      <b>${marked("title", data.title || "Untitled")}</b></button></p>
    <p class="quiet"><${Moment} at=${data.createdAt} /></p>`;
}

function Thumbnail({ imageID }) {
  const [url, setURL] = useState("");
  useEffect(() => {
    ask("GET", `/images/${imageID}`).then((image) => setURL(image.thumbnailUrl), () => {});
  }, [imageID]);
  return html`<span class="frame">${url && html`<img src=${url} alt="" />`}</span>`;
}

function Group({ data: { groupID, name, description, owner }, marked }) {
  return html`
    <p><a class="whole" href="#/groups/${groupID}"><b>${marked("name", name)}</b></a></p>
    ${description && html`<p class="brief">${marked("description", description)}</p>`}
    <p class="quiet">by ${marked("owner", owner)}</p>`;
}

function Message({ data: { from, to, text, sentAt }, marked }) {
  const partner = same(from, user.value.username) ? to : from;
  return html`
    <p><a class="whole" href=${address(partner)}><b>${marked("from", from)}</b> to ${marked("to", to)}</a></p>
    <p class="brief">${marked("text", text)}</p>
    <p class="quiet"><${Moment} at=${sentAt} /></p>`;
}

function key({ data }) {
  return data.orderID ?? data.imageID ?? data.groupID ?? data.messageID;
}

function count({ items, next }) {
  return `${next ? "The best " : ""}${items.length} result${items.length === 1 ? "" : "s"}`;
}
