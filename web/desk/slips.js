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
      ({ orderID, order, placedAt }) => html`<article key=${orderID} class="slip">
        <h1>Storefront packing slip</h1>
        <dl>
          <dt>Order</dt><dd>${orderID}</dd>
          <dt>Placed</dt><dd>${ABSOLUTE.format(new Date(placedAt))}</dd>
          ${order.customerID && html`<dt>Customer</dt><dd>${order.customerID}</dd>`}
          <dt>Item</dt><dd>${order.item}</dd>
          <dt>Quantity</dt><dd>${order.quantity}</dd>
          ${order.note && html`<dt>Note</dt><dd>${order.note}</dd>`}
        </dl>
      </article>`,
    )}
  </div>`;
}
