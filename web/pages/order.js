/** One order, for its buyer: its state, its history, and a way to cancel it. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Heading, ErrorMessage, Icon, Loading, Time, announce } from "../components.js";
import { subscribe } from "../live.js";
import { History, Steps, stateIn, useStateChanges } from "../order_states.js";
import { useResource } from "../resources.js";
import { requestAsUser, user } from "../session.js";
import { OrderContent } from "./orders.js";

export function Order({ id }) {
  const { value, set, ...loading } = useResource(`/orders/${encodeURIComponent(id)}`);
  useStateChanges(({ orderID }) => orderID === id && loading.read());
  useEffect(() => subscribe("connected", loading.read), []);
  return html`
    <p><a class="back" href="#/orders"><${Icon} name="back" />All orders</a></p>
    <${Heading}>Order<//>
    ${value
      ? html`
          <section class="card">
            <${OrderContent} ...${value.order} />
            <p class="muted">Placed <${Time} at=${value.placedAt} /></p>
            <p class="muted">${value.orderID}</p>
            <${Steps} ...${value} />
            <${Cancellation} order=${value} set=${set} read=${loading.read} />
          </section>
          <section class="card" aria-labelledby="changes">
            <h2 id="changes">History</h2>
            <${History} history=${value.history} who=${({ by }) => (by === "buyer" ? "you" : "the shop")} />
          </section>`
      : html`<${Loading} ...${loading} />`}`;
}

function Cancellation({ order, set, read }) {
  const [isAsking, setAsking] = useState(false);
  const [problem, setProblem] = useState("");
  const key = useRef(crypto.randomUUID());
  const place = useRef();
  // The button that had the focus is gone.
  useEffect(() => {
    if (isAsking || problem) place.current.focus();
  }, [isAsking, problem]);

  async function cancel() {
    try {
      set(await requestAsUser("POST", `/orders/${order.orderID}/cancel`, undefined, key.current));
      announce("The order is cancelled.");
      document.querySelector("h1").focus();
    } catch (error) {
      setAsking(false);
      setProblem(error.status === 409 ? refusal(stateIn(error)) : error.message);
      if (error.status === 409) read();
    }
  }

  // Members of `staff` can read the orders of others here, and cancel them only at the desk.
  const canCancel = order.allowed.includes("cancelled") && order.placedBy === user.value.sub;
  return html`<div ref=${place} tabindex="-1" class="actions">
    <${ErrorMessage} text=${problem} />
    ${canCancel &&
    (isAsking
      ? html`<span>Cancel this order?</span>
          <button class="danger" onClick=${cancel}>Cancel the order</button>
          <button onClick=${() => setAsking(false)}>Keep it</button>`
      : html`<button onClick=${() => setAsking(true)}>Cancel order…</button>`)}
  </div>`;
}

function refusal(state) {
  return state === "cancelled"
    ? "The order is already cancelled."
    : `The shop has changed the order in the meantime: it is ${state} now, so it cannot be cancelled here.`;
}
