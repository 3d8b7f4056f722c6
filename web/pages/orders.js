/** Orders: all of the user, newest first, and a sheet for a new one. */

import { html, useEffect } from "../vendor/preact.js";
import { isDeveloper } from "../developer.js";
import { format, words } from "../language.js";
import { NewOrder, PlacedStatus } from "../new_order.js";
import { State, numberOf, useStateChanges } from "../order_states.js";
import { changePlaced, findPlaced, placedOrders, restoreUnsent } from "../placed_orders.js";
import { useList } from "../resources.js";
import { EmptyState, Heading, Icon, List, Time } from "../components.js";

/** `id` is `new` while a new order is written. */
export function Orders({ id }) {
  useEffect(restoreUnsent, []);
  const list = useList("/orders?limit=20", "orders", "orderID");
  useStateChanges(({ orderID, state, version }) => {
    if (findPlaced(orderID)) changePlaced(orderID, { state });
    const isOlder = (row) => row.orderID === orderID && row.version < version;
    list.change((rows) => rows.map((row) => (isOlder(row) ? { ...row, state, version } : row)));
  });
  const placed = placedOrders.value;
  const earlier = list.items?.filter(({ orderID }) => !findPlaced(orderID));
  const items = earlier || placed.length ? [...placed, ...(earlier ?? [])] : null;
  const open = html`<a class="button primary" href="#/orders/new"><${Icon} name="plus" />${words.newOrder.open}</a>`;
  return html`
    <div class="title-bar"><${Heading}>${words.orders.title}<//>${open}</div>
    <${List} list=${{ ...list, items }} label=${words.things.orders} bones="lines"
      empty=${html`<${EmptyState} icon="bag" title=${words.orders.empty} action=${open}>${words.orders.emptyHint}<//>`}>
      <ul class="lines" aria-label=${words.orders.history}>
        ${items?.map((each) => html`<${Row} key=${each.orderID} ...${each} isOpen=${id === "new"} />`)}
      </ul>
    <//>
    ${id === "new" && html`<${NewOrder} />`}`;
}

function Row({ isOpen, ...placed }) {
  const { orderID, order, placedAt, stage, problem, state = "placed" } = placed;
  const isStored = !stage || ["stored", "notified"].includes(stage);
  const isSent = isStored || stage === "received";
  return html`<li class="line">
    <span class="what">
      ${isStored ? html`<a class="card-link" href="#/orders/${orderID}" dir="auto">${order.item}</a>` : html`<span dir="auto">${order.item}</span>`}
      ${order.quantity !== undefined && html`<span class="muted">× ${format.quantity.format(order.quantity)}</span>`}
    </span>
    <span class="number">${numberOf(orderID)}</span>
    <span>${isSent ? html`<${State} state=${state} />` : stage === "sending" && html`<span class="spinner" />`}</span>
    <${Time} at=${placedAt} isShort />
    ${stage && !isOpen && (isDeveloper.value || problem) && html`<div class="placed"><${PlacedStatus} ...${placed} /></div>`}
  </li>`;
}
