/** Who placed an order: the name, which orders do not have, and the way to write to them. */

import { html, useEffect } from "../vendor/preact.js";
import { words } from "../language.js";
import { conversationURL } from "../pages/messages.js";
import { requestAsUser, user } from "../session.js";
import { store } from "../store.js";
import { showBuyer } from "./filters.js";

const names = store(new Map()); // by user ID; empty until it is read, or if there is none
let last = Promise.resolve(); // one after the other: a page of orders can have many customers

/** The customer of an order: a link to all their orders, and one to write to them. */
export function Customer({ order: { placedBy: id, order } }) {
  useEffect(() => id && read(id), [id]);
  if (!id) return words.desk.deleted;
  return html`
    <a href="#/desk" onClick=${() => showBuyer(id)}><bdi>${nameOf(id)}</bdi></a>
    ${id !== user.value.sub &&
    html` <a class="message" href=${conversationURL(id)}>${words.desk.message}
      <span class="visually-hidden"> ${words.desk.about(order.item)}</span></a>`}`;
}

function nameOf(id) {
  return id === user.value.sub ? user.value.username : names.value.get(id) || id;
}

function read(id) {
  if (names.value.has(id) || id === user.value.sub) return;
  const keep = (name) => (names.value = new Map(names.value).set(id, name));
  keep("");
  const path = `/messages?limit=1&withID=${encodeURIComponent(id)}`;
  last = last.then(() => requestAsUser("GET", path)).then((found) => keep(found.with), () => {});
}
