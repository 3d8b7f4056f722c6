/** Packing slips: one page per order, which only the printer shows. */

import { html, useEffect } from "../vendor/preact.js";
import { ABSOLUTE } from "../components.js";
import { store } from "../store.js";

const printed = store([]);
addEventListener("afterprint", () => (printed.value = []));

export function printSlips(orders) {
  printed.value = orders;
}

export function Slips() {
  const orders = printed.value;
  useEffect(() => {
    if (orders.length) print();
  }, [orders]);
  return html`<div class="slips">
    ${orders.map(
      ({ orderID, placedAt, order: { item, quantity, customerID, note } }) => html`<article key=${orderID} class="slip">
        <h1>Storefront packing slip</h1>
        <dl>
          ${Object.entries({
            Order: orderID,
            Placed: ABSOLUTE.format(new Date(placedAt)),
            Customer: customerID,
            Item: item,
            Quantity: quantity,
            Note: note,
          }).map(([name, value]) => value && html`<dt>${name}</dt><dd>${value}</dd>`)}
        </dl>
      </article>`,
    )}
  </div>`;
}
