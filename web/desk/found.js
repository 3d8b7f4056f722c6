/** What the search in the orders of all customers finds. */

import { html } from "../vendor/preact.js";
import { EmptyState, List, Time } from "../components.js";
import { words } from "../language.js";
import { OrderContent } from "../order_states.js";
import { useList } from "../resources.js";
import { Customer } from "./customers.js";

/** The best matches for these words first, in whatever state the orders are. */
export function Found({ text }) {
  const path = `/search?limit=20&shop=true&q=${encodeURIComponent(text)}`;
  const list = useList(path, "results", ({ data }) => data.orderID, { isStill: true });
  return html`<section aria-labelledby="found">
    <h2 id="found">${words.desk.inAll}</h2>
    <${List} list=${list} label=${words.things.results}
      empty=${html`<${EmptyState} icon="search" title=${words.desk.empty}>${words.desk.emptySearch}<//>`}>
      <ul class="orders" aria-label=${words.desk.inAll}>
        ${list.items?.map(
          ({ data }) => html`<li key=${data.orderID} class="found-order">
            <${OrderContent} ...${data.order} item=${html`<a href="#/desk/${data.orderID}">${data.order.item}</a>`} />
            <p class="muted customer"><${Time} at=${data.placedAt} isAbsolute /> <${Customer} order=${data} /></p>
          </li>`,
        )}
      </ul>
    <//>
  </section>`;
}
