/** Changes of states: what they are called, the question before one, and what came of it. */

import { html, useRef } from "../vendor/preact.js";
import { Dialog, Field, Form, useForm } from "../components.js";
import { stateIn } from "../order_states.js";
import { requestAsUser } from "../session.js";

/** What a button says that changes an order into a state. */
export const VERBS = {
  accepted: "Accept",
  packed: "Pack",
  shipped: "Ship",
  delivered: "Deliver",
  cancelled: "Cancel",
  returned: "Return",
};

/** `3 orders`. */
export function count(number) {
  return `${number} order${number === 1 ? "" : "s"}`;
}

/** Change orders, at most 100. Returns `{state, changed, refused}`, see POST /shop/changes. */
export async function change(orders, state, note, key) {
  const seen = orders.map(({ orderID, version }) => ({ orderID, version }));
  return { state, ...(await requestAsUser("POST", "/shop/changes", { state, note, orders: seen }, key)) };
}

/** Asks for a note, then changes the orders. */
export function ChangeDialog({ orders, state, onClose, onDone }) {
  const key = useRef(crypto.randomUUID());
  const name = `${VERBS[state]} ${count(orders.length)}`;
  const form = useForm(async ({ note }) => {
    onDone(await change(orders, state, note, key.current));
    onClose();
  });
  return html`<${Dialog} label=${name} onClose=${onClose} class="desk question">
    <h2>${name}</h2>
    <${Form} form=${form} submit=${name} after=${html`<button type="button" onClick=${onClose}>Back</button>`}>
      <${Field} label="Note" hint="Each buyer reads it in the history." lines="3" maxlength="200"
        onInput=${() => (key.current = crypto.randomUUID())} ...${form.field("note")} />
    <//>
  <//>`;
}

/** How many orders were changed, and why the others were not. `nameOf` gives the name of an orderID. */
export function Outcome({ outcome, nameOf }) {
  const { state, changed, refused } = outcome ?? {};
  return html`<div role="status">
    ${outcome &&
    html`<div class="notice ${refused.length ? "bad" : ""}">
      <p>${count(changed.length)} ${state}.${refused.length > 0 && ` ${count(refused.length)} not changed:`}</p>
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
  return state ? `somebody has changed it, and it is ${state} now.` : refusal.message;
}
