/** The states of an order. Which one may follow is in `allowed`, which the API sends with each order. */

import { html, useEffect } from "./vendor/preact.js";
import { Icon, Time } from "./components.js";
import { subscribe } from "./live.js";

const STATES = ["placed", "accepted", "packed", "shipped", "delivered", "cancelled", "returned"];

const ENDS = ["cancelled", "returned"];
const STEPS = STATES.filter((each) => !ENDS.includes(each));

/** The state as a word on a coloured background. */
export function State({ state }) {
  return html`<span class="state ${state}">${state}</span>`;
}

/** The way of an order. If it ended before the last step, only the steps that it took. */
export function Steps({ state, history }) {
  const steps = ENDS.includes(state) ? history.map((each) => each.state) : STEPS;
  const current = steps.indexOf(state);
  return html`<ol class="track" aria-label="State of the order">
    ${steps.map(
      (each, index) => html`<li class="${index <= current ? "done" : ""} ${each}"
        aria-current=${index === current ? "step" : undefined}>
        <span class="dot">${index <= current &&
        html`<${Icon} name=${ENDS.includes(each) ? "close" : "check"} />`}</span>${each}
        <span class="visually-hidden">${index <= current ? ": done" : ": not yet"}</span>
      </li>`,
    )}
  </ol>`;
}

/** Each change of the order, oldest first, with its time and its note. `who` names who made it. */
export function History({ history, who }) {
  return html`<ol class="history" aria-label="History">
    ${history.map(
      (change) => html`<li key=${change.state}>
        <p><b>${change.state}</b> <span class="muted">by ${who(change)}, <${Time} at=${change.at} /></span></p>
        ${change.note && html`<p class="note">${change.note}</p>`}
      </li>`,
    )}
  </ol>`;
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
