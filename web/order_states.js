/** Orders and their states. Which state may follow is in `allowed`, which the API sends with an order. */

import { html, useEffect } from "./vendor/preact.js";
import { Icon, Time } from "./components.js";
import { format, words } from "./language.js";
import { subscribe } from "./live.js";

export const STATES = ["placed", "accepted", "packed", "shipped", "delivered", "cancelled", "returned"];

/** The states that end an order before its last step. */
export const ENDS = ["cancelled", "returned"];
const STEPS = STATES.filter((each) => !ENDS.includes(each));

/** The short number of an order: the first eight digits of its ID, in upper case. */
export function numberOf(orderID) {
  return orderID.slice(0, 8).toUpperCase();
}

/** The state as a word on a coloured background. */
export function State({ state }) {
  return html`<span class="state ${state}">${words.states[state]}</span>`;
}

/** Steps, of which all up to `current` are done. `names` has the words for them. */
export function Track({ label, steps, names, current }) {
  const reached = steps.indexOf(current);
  return html`<ol class="track" aria-label=${label}>
    ${steps.map(
      (each, index) => html`<li class=${index <= reached ? "done" : ""} data-stage=${each}
        aria-current=${index === reached ? "step" : undefined}>
        <span class="dot">${index <= reached && html`<${Icon} name=${ENDS.includes(each) ? "close" : "check"} />`}</span>${names[each]}
        <span class="visually-hidden">${index <= reached ? words.order.done : words.order.notYet}</span>
      </li>`,
    )}
  </ol>`;
}

/**
 * An order with its state as steps, and its history. `who` names who made a change, `facts` are more
 * rows of the list of facts, and the children what can be done. For the shop, times are `isAbsolute`.
 */
export function OrderDetails({ order, facts, who, isAbsolute, children }) {
  const { state, history } = order;
  // An order that ended before the last step shows only the steps that it took.
  const steps = ENDS.includes(state) ? history.map((each) => each.state) : STEPS;
  return html`
    <section class="card">
      <${OrderContent} ...${order.order} />
      <dl class="facts">
        <dt>${words.order.placed}</dt><dd><${Time} at=${order.placedAt} isAbsolute=${isAbsolute} /></dd>
        <dt>${words.order.id}</dt><dd>${order.orderID}</dd>
        ${facts}
      </dl>
      <${Track} label=${words.order.state} steps=${steps} names=${words.states} current=${state} />
      ${children}
    </section>
    <section class="card">
      <h2>${words.order.history}</h2>
      <ol class="history" aria-label=${words.order.history}>
        ${history.map(
          (change) => html`<li key=${change.state}>
            <b>${words.states[change.state]}</b> <span class="muted">· ${who(change)} · <${Time} at=${change.at} isAbsolute=${isAbsolute} /></span>
            ${change.note && html`<p dir="auto">${change.note}</p>`}
          </li>`,
        )}
      </ol>
    </section>`;
}

/** What is ordered. */
export function OrderContent({ item, quantity, customerID, note }) {
  return html`
    <p class="item"><b dir="auto">${item}</b>${quantity !== undefined && html`<span>× ${format.quantity.format(quantity)}</span>`}</p>
    ${customerID && html`<p class="muted">${words.orders.for(html`<bdi>${customerID}</bdi>`)}</p>`} ${note && html`<p dir="auto">${note}</p>`}`;
}

/** Call `handler` with the order of each live event about a change of its state. */
export function useStateChanges(handler) {
  useEffect(() => {
    const stops = STATES.map((state) => subscribe(`order.${state}`, handler));
    return () => stops.forEach((stop) => stop());
  }, []);
}

/** The word for the state that a 409 names: what the order is now. Empty if it names none. */
export function stateIn({ details }) {
  const line = details.find((each) => each.startsWith("state: "));
  return line ? words.states[line.slice("state: ".length)] : "";
}
