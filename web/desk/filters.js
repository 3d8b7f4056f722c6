/** Which orders the desk shows. The filters stay while other pages are open. */

import { html, useEffect, useState } from "../vendor/preact.js";
import { Field } from "../components.js";
import { STATES } from "../order_states.js";
import { store } from "../store.js";

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
  const set = ({ currentTarget: { name, value } }) =>
    (filters.value = { ...filters.value, [name]: value.trim() });
  return html`<form class="filters" aria-label="Filters" onSubmit=${(event) => event.preventDefault()}>
    <div class="field">
      <label for="state">State</label>
      <select id="state" ...${field("state")}>
        <option value="open">Open</option>
        <option value="">All</option>
        ${STATES.map((each) => html`<option value=${each}>${each[0].toUpperCase() + each.slice(1)}</option>`)}
      </select>
    </div>
    <${Field} label="From" type="date" ...${field("from")} />
    <${Field} label="To" type="date" ...${field("to")} />
    <${Field} label="Buyer" placeholder="User ID" autocomplete="off" ...${field("placedBy")}
      value=${typed} onInput=${({ currentTarget }) => setTyped(currentTarget.value)} />
    ${filters.value !== NONE && html`<button type="button" onClick=${() => (filters.value = NONE)}>Reset</button>`}
  </form>`;
}
