/** Changes of states: the question before one, and what came of it. */

import { html } from "../vendor/preact.js";
import { Dialog, Field, Form, useForm } from "../components.js";
import { words } from "../language.js";
import { stateIn } from "../order_states.js";
import { requestAsUser } from "../session.js";

/** Change orders, at most 100. Returns `{state, changed, refused}`, see POST /shop/changes. */
export async function change(orders, state, note, key) {
  const seen = orders.map(({ orderID, version }) => ({ orderID, version }));
  return { state, ...(await requestAsUser("POST", "/shop/changes", { state, note, orders: seen }, key)) };
}

/** Asks for a note, then changes the orders. */
export function ChangeDialog({ orders, state, onClose, onDone }) {
  const name = words.changes.title(words.verbs[state], orders.length);
  const form = useForm(
    async ({ note }, _, key) => {
      onDone(await change(orders, state, note, key));
      onClose();
    },
    "",
    `${state}:${orders.map(({ orderID }) => orderID)}`,
  );
  return html`<${Dialog} label=${name} onClose=${onClose} class="desk question">
    <h2>${name}</h2>
    <${Form} form=${form} submit=${name} after=${html`<button type="button" onClick=${onClose}>${words.changes.back}</button>`}>
      <${Field} label=${words.newOrder.note} hint=${words.changes.noteHint} lines="3" maxlength="200"
        ...${form.field("note")} />
    <//>
  <//>`;
}

/** How many orders were changed, and why the others were not. `nameOf` gives the name of an orderID. */
export function Outcome({ outcome, nameOf }) {
  const { state, changed, refused } = outcome ?? {};
  return html`<div role="status">
    ${outcome &&
    html`<div class="notice ${refused.length ? "bad" : ""}">
      <p>${words.changes.changed(changed.length, words.states[state])}
        ${refused.length > 0 && words.changes.notChanged(refused.length)}</p>
      ${refused.map(
        (each) => html`<p key=${each.orderID}>
          <a href="#/desk/${each.orderID}">${nameOf(each.orderID)}</a>: ${reasonOf(each)}
        </p>`,
      )}
    </div>`}
  </div>`;
}

function reasonOf(refusal) {
  const state = stateIn(refusal);
  return state ? words.changes.isNow(state) : refusal.message;
}
