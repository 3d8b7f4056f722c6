/** Packing slips, which only the printer shows. */

import { html, useEffect } from "../vendor/preact.js";
import { format, words } from "../language.js";
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
        <h1>${words.slips.title}</h1>
        <dl>
          ${[
            [words.slips.order, orderID],
            [words.slips.placed, format.dateTime.format(new Date(placedAt))],
            [words.slips.customer, customerID],
            [words.slips.item, item],
            [words.slips.quantity, quantity],
            [words.slips.note, note],
          ].map(([name, value]) => value && html`<dt>${name}</dt><dd dir="auto">${value}</dd>`)}
        </dl>
      </article>`,
    )}
  </div>`;
}
