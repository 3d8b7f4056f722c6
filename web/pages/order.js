/** One order, for its buyer: its state, its history, and a way to cancel it. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { AskFirst, ErrorMessage, Heading, Icon, Loading, announce } from "../components.js";
import { subscribe } from "../live.js";
import { OrderDetails, stateIn, useStateChanges } from "../order_states.js";
import { useResource } from "../resources.js";
import { requestAsUser, user } from "../session.js";

export function Order({ id }) {
  const path = `/orders/${encodeURIComponent(id)}`;
  const { value, set, ...loading } = useResource(path);
  const [problem, setProblem] = useState("");
  const key = useRef(crypto.randomUUID());
  useStateChanges(({ orderID }) => orderID === id && loading.read());
  useEffect(() => subscribe("connected", loading.read), []);

  async function cancel() {
    try {
      set(await requestAsUser("POST", `${path}/cancel`, undefined, key.current));
      announce("The order is cancelled.");
    } catch (error) {
      if (error.status !== 409) throw error;
      setProblem(`Not cancelled: the shop has changed the order, and it is ${stateIn(error)} now.`);
      loading.read();
    }
    document.querySelector("h1").focus(); // the button is gone
  }
  // Members of `staff` can read the orders of others here, and cancel them only at the desk.
  const canCancel = value?.allowed.includes("cancelled") && value.placedBy === user.value.sub;
  return html`
    <p><a class="back" href="#/orders"><${Icon} name="back" />All orders</a></p>
    <${Heading}>Order<//>
    ${value
      ? html`<${OrderDetails} order=${value} who=${({ by }) => (by === "buyer" ? "you" : "the shop")}>
          <${ErrorMessage} text=${problem} />
          ${canCancel &&
          html`<${AskFirst} name="Cancel order" question="Cancel this order?" confirm="Cancel the order"
            keep="Keep it" act=${cancel} />`}
        <//>`
      : html`<${Loading} ...${loading} />`}`;
}
