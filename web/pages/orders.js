/** Orders: place an order, follow its status, and list earlier orders. */

import { html } from "../vendor/preact.js";
import { ApiError } from "../api.js";
import { requestAsUser } from "../session.js";
import { subscribe } from "../live.js";
import { OrderContent, State, Track, useStateChanges } from "../order_states.js";
import { useList } from "../resources.js";
import { store } from "../store.js";
import {
  EmptyState, ErrorMessage, Field, Form, Heading, List, Time, announce, useForm,
} from "../components.js";

const STAGES = ["received", "stored", "notified"];
const POLL_PAUSES = [200, 300, 500, 1000, 1000, 2000, 2000, 4000, 4000, 8000]; // ms

/** Orders placed since the page was loaded, newest first: `{orderID, order, stage, problem, state?}`. */
const placedOrders = store([]);

subscribe("order.placed", ({ orderID }) => reach(orderID, "notified"));
subscribe("order.refused", ({ orderID, reason }) => refuse(orderID, reason));
subscribe("connected", () => {
  const problem = "The connection was interrupted, so the notification may have been missed.";
  const pending = placedOrders.value.filter(({ stage }) => ["received", "stored"].includes(stage));
  for (const { orderID } of pending) change(orderID, { problem });
});

export function Orders() {
  const list = useList("/orders?limit=20", "orders", "orderID");
  useStateChanges(({ orderID, state, version }) => {
    if (find(orderID)) change(orderID, { state });
    const isOlder = (row) => row.orderID === orderID && row.version < version;
    list.change((rows) => rows.map((row) => (isOlder(row) ? { ...row, state, version } : row)));
  });
  const placed = new Set(placedOrders.value.map(({ orderID }) => orderID));
  const earlier = {
    ...list,
    items: list.items?.filter(({ orderID }) => !placed.has(orderID)) ?? null,
  };
  return html`
    <${Heading}>Orders<//>
    <div class="columns">
      <section aria-labelledby="place">
        <h2 id="place">Place an order</h2>
        <${OrderForm} />
      </section>
      <section aria-labelledby="history">
        <h2 id="history">Your orders</h2>
        ${placed.size > 0 &&
        html`<ul class="rows" aria-label="New orders">
          ${placedOrders.value.map((each) => html`<${PlacedOrder} key=${each.orderID} ...${each} />`)}
        </ul>`}
        <${List} list=${earlier} label="orders"
          empty=${!placed.size &&
          html`<${EmptyState} icon="bag" title="No orders yet">Your orders will appear here.<//>`}>
          <ul class="rows" aria-label="Earlier orders">
            ${earlier.items?.map(
              (each) => html`<li key=${each.orderID} class="card">
                <${OrderContent} ...${each.order} item=${html`<${OrderLink} ...${each} />`} />
                <p class="item muted"><${Time} at=${each.placedAt} /><${State} ...${each} /></p>
              </li>`,
            )}
          </ul>
        <//>
      </section>
    </div>`;
}

/** The item of an order, which opens the order. */
function OrderLink({ orderID, order }) {
  return html`<a class="card-link" href="#/orders/${orderID}">${order.item}</a>`;
}

function OrderForm() {
  const form = useForm(async (values, element) => {
    const order = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
    if (order.quantity) order.quantity = Number(order.quantity);
    await place({ orderID: crypto.randomUUID(), order });
    element.reset();
    element.elements.namedItem("item").focus();
  });
  return html`<${Form} class="card" form=${form} submit="Place order">
    <${Field} label="Item" required maxlength="1000" ...${form.field("item")} />
    <div class="field-pair">
      <${Field} label="Quantity" type="number" min="0.000001" step="any" inputmode="decimal"
        ...${form.field("quantity")} />
      <${Field} label="Customer" maxlength="128" ...${form.field("customerID")} />
    </div>
    <${Field} label="Note" lines="2" maxlength="4000" ...${form.field("note")} />
  <//>`;
}

function PlacedOrder({ orderID, order, stage, problem, state }) {
  const item = ["stored", "notified"].includes(stage) ? html`<${OrderLink} orderID=${orderID} order=${order} />` : order.item;
  return html`<li class="card placed">
    <${OrderContent} ...${order} item=${item} />
    ${["unsent", "refused"].includes(stage)
      ? html`<${ErrorMessage} text=${problem}
          retry=${stage === "unsent" && (() => retry({ orderID, order }))} />`
      : html`<${Track} label="Order status" steps=${STAGES} current=${stage} />
        ${problem && html`<p class="muted">${problem}</p>`}
        ${state && html`<${State} state=${state} />`}`}
  </li>`;
}

/** Send an order. If it is unknown whether it arrived, it can be sent again under the same id. */
async function place({ orderID, order }) {
  // Before the request, because the order's event may arrive earlier than the response.
  change(orderID, { order, stage: "sending", problem: "" });
  try {
    await requestAsUser("PUT", `/orders/${orderID}`, order);
  } catch (error) {
    if (!(error instanceof ApiError) || (error.status >= 400 && error.status < 500)) {
      placedOrders.value = placedOrders.value.filter((each) => each.orderID !== orderID);
      throw error;
    }
    const problem = "The order may not have arrived. It is safe to try again: it is placed only once.";
    if (find(orderID).stage === "sending") change(orderID, { stage: "unsent", problem });
    return;
  }
  reach(orderID, "received");
  poll(orderID);
}

function retry(placed) {
  place(placed).catch(({ message }) =>
    change(placed.orderID, { ...placed, stage: "unsent", problem: message }),
  );
}

/** Poll until the order is stored, because the live connection may be down. */
async function poll(orderID) {
  for (const pause of POLL_PAUSES) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (find(orderID).stage !== "received") return;
    const { orders } = await requestAsUser("GET", "/orders?limit=20").catch(() => ({ orders: [] }));
    if (orders.some((each) => each.orderID === orderID)) return reach(orderID, "stored");
  }
  try {
    await requestAsUser("GET", `/orders/${orderID}`);
    reach(orderID, "stored");
  } catch ({ status, details }) {
    if (status === 409) return refuse(orderID, details[0]);
    change(orderID, { problem: "The order is in the queue. It is safe there and will be stored later." });
  }
}

/** Show why an order is not stored. One that is stored under the same id stays as it is. */
function refuse(orderID, reason) {
  if (!["sending", "received"].includes(find(orderID)?.stage)) return;
  change(orderID, { stage: "refused", problem: `The order was refused: ${reason}.` });
}

function reach(orderID, stage) {
  const known = find(orderID);
  if (!known || known.stage === "refused") return;
  if (STAGES.indexOf(stage) <= STAGES.indexOf(known.stage)) return;
  change(orderID, stage === "notified" ? { stage, problem: "" } : { stage });
  if (stage === "received") announce(`Order received: ${known.order.item}`);
  if (stage === "notified") announce(`Notification sent: ${known.order.item}`);
}

function find(orderID) {
  return placedOrders.value.find((each) => each.orderID === orderID);
}

function change(orderID, fields) {
  placedOrders.value = find(orderID)
    ? placedOrders.value.map((each) => (each.orderID === orderID ? { ...each, ...fields } : each))
    : [{ orderID, ...fields }, ...placedOrders.value];
}
