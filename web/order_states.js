/** Orders and their states. Which state may follow is in `allowed`, which the API sends with an order. */

import { html, useEffect } from "./vendor/preact.js";
import { Icon, Time } from "./components.js";
import { subscribe } from "./live.js";

export const STATES = ["placed", "accepted", "packed", "shipped", "delivered", "cancelled", "returned"];

/** The states that end an order before its last step. */
export const ENDS = ["cancelled", "returned"];
const STEPS = STATES.filter((each) => !ENDS.includes(each));

/** The state as a word on a coloured background. */
export function State({ state }) {
  return html`<span class="state ${state}">${state}</span>`;
}

/** Steps, of which all up to `current` are done. */
export function Track({ label, steps, current }) {
  const reached = steps.indexOf(current);
  return html`<ol class="track" aria-label=${label}>
    ${steps.map(
      (each, index) => html`<li class=${index <= reached ? "done" : ""} data-stage=${each}
        aria-current=${index === reached ? "step" : undefined}>
        <span class="dot">${index <= reached && html`<${Icon} name=${ENDS.includes(each) ? "close" : "check"} />`}</span>${each}
        <span class="visually-hidden">${index <= reached ? ": done" : ": not yet"}</span>
      </li>`,
    )}
  </ol>`;
}

/**
 * An order with its state as steps, and its history. `who` names who made a change, `facts` are more
 * rows of the list of facts, and the children what can be done.
 */
export function OrderDetails({ order, facts, who, children }) {
  const { state, history } = order;
  // An order that ended before the last step shows only the steps that it took.
  const steps = ENDS.includes(state) ? history.map((each) => each.state) : STEPS;
  return html`
    <section class="card">
      <${OrderContent} ...${order.order} />
      <dl class="facts">
        <dt>Placed</dt><dd><${Time} at=${order.placedAt} /></dd>
        <dt>Order ID</dt><dd>${order.orderID}</dd>
        ${facts}
      </dl>
      <${Track} label="State of the order" steps=${steps} current=${state} />
      ${children}
    </section>
    <section class="card">
      <h2>History</h2>
      <ol class="history" aria-label="History">
        ${history.map(
          (change) => html`<li key=${change.state}>
            <b>${change.state}</b> <span class="muted">by ${who(change)}, <${Time} at=${change.at} /></span>
            ${change.note && html`<p>${change.note}</p>`}
          </li>`,
        )}
      </ol>
    </section>`;
}

/** What is ordered. */
export function OrderContent({ item, quantity, customerID, note }) {
  return html`
    <p class="item"><b>${item}</b>${quantity !== undefined && html`<span>× ${quantity}</span>`}</p>
    ${customerID && html`<p class="muted">for ${customerID}</p>`} ${note && html`<p>${note}</p>`}`;
}

/** Call `handler` with the order of each live event about a change of its state. */
export function useStateChanges(handler) {
  useEffect(() => {
    const stops = STATES.map((state) => subscribe(`order.${state}`, handler));
    return () => stops.forEach((stop) => stop());
  }, []);
}

/** The state that a 409 names: what the order is now. Empty if it names none. */
export function stateIn({ details }) {
  return details.find((line) => line.startsWith("state: "))?.slice("state: ".length) ?? "";
}
