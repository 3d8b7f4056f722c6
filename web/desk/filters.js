/** Which orders the desk shows. The filters stay while other pages are open. */

import { html, useEffect, useState } from "../vendor/preact.js";
import { Field } from "../components.js";
import { words } from "../language.js";
import { STATES } from "../order_states.js";
import { requestAsUser } from "../session.js";
import { store } from "../store.js";

/** An ID of a user or an order. */
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const NONE = { state: "open", placedBy: "", from: "", to: "" };

/** As in GET /shop/orders; an empty text is no filter. */
export const filters = store(NONE);

/** Show all orders of a buyer, in any state. */
export function showBuyer(placedBy) {
  filters.value = { ...NONE, state: "", placedBy };
}

/** The filters as the query string of a request. */
export function queryOf(values) {
  return new URLSearchParams(Object.entries(values).filter(([, value]) => value)).toString();
}

export function Filters() {
  const { placedBy } = filters.value;
  const [typed, setTyped] = useState(""); // the page is redrawn while somebody types
  useEffect(() => setTyped(placedBy), [placedBy]);
  const field = (name) => ({ name, value: filters.value[name], onChange: set });
  const set = async ({ currentTarget: { name, value } }) => {
    let filter = value.trim();
    // Nobody has a name that is not found: the API then refuses it as an ID, and says the rule.
    if (name === "placedBy" && filter && !UUID.test(filter)) filter = await idOf(filter).catch(() => filter);
    filters.value = { ...filters.value, [name]: filter };
  };
  return html`<form class="filters" aria-label=${words.filters.label} onSubmit=${(event) => event.preventDefault()}>
    <div class="field">
      <label for="state">${words.filters.state}</label>
      <select id="state" ...${field("state")}>
        <option value="open">${words.filters.open}</option>
        <option value="">${words.filters.all}</option>
        ${STATES.map((each) => html`<option value=${each}>${words.states[each]}</option>`)}
      </select>
    </div>
    <${Field} label=${words.filters.from} type="date" ...${field("from")} />
    <${Field} label=${words.filters.to} type="date" ...${field("to")} />
    <${Field} label=${words.filters.buyer} placeholder=${words.filters.buyerHint} autocomplete="off" ...${field("placedBy")}
      value=${typed} onInput=${({ currentTarget }) => setTyped(currentTarget.value)} />
    ${filters.value !== NONE && html`<button type="button" onClick=${() => (filters.value = NONE)}>${words.filters.reset}</button>`}
  </form>`;
}

async function idOf(name) {
  return (await requestAsUser("GET", `/messages?limit=1&with=${encodeURIComponent(name)}`)).withID;
}
