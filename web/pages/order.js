/** One order, for its buyer: its state, its history, and a way to cancel it. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { AskFirst, ErrorMessage, Heading, Icon, Loading, announce } from "../components.js";
import { words } from "../language.js";
import { OrderDetails, numberOf, stateIn, useStateChanges } from "../order_states.js";
import { subscribeToNews, useResource } from "../resources.js";
import { requestAsUser, user } from "../session.js";

export function Order({ id }) {
  const path = `/orders/${encodeURIComponent(id)}`;
  const { value, set, ...loading } = useResource(path);
  const [problem, setProblem] = useState("");
  const key = useRef(crypto.randomUUID());
  useStateChanges(({ orderID }) => orderID === id && loading.read());
  useEffect(() => subscribeToNews(loading.read), []);

  async function cancel() {
    try {
      set(await requestAsUser("POST", `${path}/cancel`, undefined, key.current));
      announce(words.order.cancelled);
    } catch (error) {
      if (error.status !== 409) throw error;
      setProblem(words.order.notCancelled(stateIn(error)));
      loading.read();
    }
    document.querySelector("h1").focus(); // the button is gone
  }
  // Members of `staff` can read the orders of others here, and cancel them only at the desk.
  const canCancel = value?.allowed.includes("cancelled") && value.placedBy === user.value.sub;
  return html`
    <p><a class="back" href="#/orders"><${Icon} name="back" />${words.order.all}</a></p>
    <${Heading}>${words.order.titleOf(numberOf(id))}<//>
    ${value
      ? html`<${OrderDetails} order=${value} who=${({ by }) => (by === "buyer" ? words.order.you : words.order.shop)}>
          <${ErrorMessage} text=${problem} />
          ${canCancel &&
          html`<${AskFirst} name=${words.order.cancel} question=${words.order.cancelQuestion}
            confirm=${words.order.cancelConfirm} keep=${words.order.cancelKeep} act=${cancel} />`}
        <//>`
      : html`<${Loading} ...${loading} />`}`;
}
