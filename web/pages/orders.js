/** Orders: place one, see it move, look back. */

import { html } from "../vendor/preact.js";
import { Refusal } from "../api.js";
import { ask } from "../session.js";
import { hear } from "../live.js";
import { useList, useOne } from "../lists.js";
import { signal } from "../signal.js";
import {
  Coming, Empty, Field, Form, Heading, Icon, Listed, Moment, Problem, announce, useForm,
} from "../parts.js";

const STAGES = ["accepted", "stored", "notified"];
const LOOKS = [200, 300, 500, 1000, 1000, 2000, 2000, 4000, 4000, 8000]; // ms between two

/** What was placed since the page was loaded, the newest first: `{orderID, order, stage, …}`. */
const placed = signal([]);

hear("order.placed", ({ orderID }) => reach(orderID, "notified"));
hear("connected", () => {
  const problem = "The connection was down: that it was notified may have gone unheard.";
  const underway = placed.value.filter(({ stage }) => ["accepted", "stored"].includes(stage));
  for (const { orderID } of underway) change(orderID, { problem });
});

export function Orders() {
  const list = useList("/orders?limit=20", "orders", "orderID");
  const fresh = new Set(placed.value.map(({ orderID }) => orderID));
  const older = { ...list, items: list.items?.filter(({ orderID }) => !fresh.has(orderID)) ?? null };
  return html`
    <${Heading}>Orders<//>
    <div class="beside">
      <section aria-labelledby="place">
        <h2 id="place">Place an order</h2>
        <${OrderForm} />
      </section>
      <section aria-labelledby="history">
        <h2 id="history">Your orders</h2>
        ${placed.value.length > 0 &&
        html`<ul class="rows" aria-label="Just placed">
          ${placed.value.map((each) => html`<${Placed} key=${each.orderID} ...${each} />`)}
        </ul>`}
        <${Listed} list=${older} label="orders"
          empty=${!fresh.size &&
          html`<${Empty} icon="bag" title="No orders yet">The first one will stand here.<//>`}>
          <ul class="rows" aria-label="Earlier">
            ${older.items?.map(
              (each) => html`<li key=${each.orderID} class="card">
                <${Content} ...${each.order} />
                <p class="quiet"><${Moment} at=${each.placedAt} /></p>
              </li>`,
            )}
          </ul>
        <//>
      </section>
    </div>`;
}

/** One order. */
export function Order({ id }) {
  const { value, ...coming } = useOne(`/orders/${encodeURIComponent(id)}`);
  return html`
    <p><a class="back" href="#/orders"><${Icon} name="back" />All orders</a></p>
    <${Heading}>Order<//>
    ${value
      ? html`<div class="card">
          <${Content} ...${value.order} />
          <p class="quiet"><${Moment} at=${value.placedAt} /></p>
          <p class="quiet">${value.orderID}</p>
        </div>`
      : html`<${Coming} ...${coming} />`}`;
}

function OrderForm() {
  const form = useForm(async (values, element) => {
    const order = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
    if (order.quantity) order.quantity = Number(order.quantity);
    await place({ orderID: crypto.randomUUID(), order });
    element.reset();
    element.elements.namedItem("item").focus();
  });
  return html`<${Form} class="card" form=${form} submit="Place the order">
    <${Field} label="Item" required maxlength="1000" ...${form.field("item")} />
    <div class="pair">
      <${Field} label="Quantity" type="number" min="0.000001" step="any" inputmode="decimal"
        ...${form.field("quantity")} />
      <${Field} label="Customer" maxlength="128" ...${form.field("customerID")} />
    </div>
    <${Field} label="Note" lines="2" maxlength="4000" ...${form.field("note")} />
  <//>`;
}

function Placed({ orderID, order, stage, problem }) {
  const reached = STAGES.indexOf(stage);
  return html`<li class="card placed">
    <${Content} ...${order} />
    ${stage === "unsent"
      ? html`<${Problem} text=${problem} retry=${() => retry({ orderID, order })} />`
      : html`<ol class="track" aria-label="Where it is">
          ${STAGES.map(
            (each, at) => html`<li class=${at <= reached ? "done" : ""} data-stage=${each}>
              <span class="dot">${at <= reached && html`<${Icon} name="check" />`}</span>${each}
              <span class="unseen">${at <= reached ? ": done" : ": not yet"}</span>
            </li>`,
          )}
        </ol>
        ${problem && html`<p class="quiet">${problem}</p>`}`}
  </li>`;
}

/** What is ordered. */
export function Content({ item, quantity, customerID, note }) {
  return html`
    <p class="item"><b>${item}</b>${quantity !== undefined && html`<span>× ${quantity}</span>`}</p>
    ${customerID && html`<p class="quiet">for ${customerID}</p>`} ${note && html`<p>${note}</p>`}`;
}

/** Send an order. What may or may not have arrived waits to be sent again, under the same id. */
async function place({ orderID, order }) {
  // Known before it is sent: its event may come faster than its answer.
  change(orderID, { order, stage: "sending", problem: "" });
  try {
    await ask("PUT", `/orders/${orderID}`, order);
  } catch (refusal) {
    if (!(refusal instanceof Refusal) || (refusal.status >= 400 && refusal.status < 500)) {
      placed.value = placed.value.filter((each) => each.orderID !== orderID);
      throw refusal;
    }
    const problem = "It may not have arrived. Sending it again is safe: it stays one order.";
    if (find(orderID).stage === "sending") change(orderID, { stage: "unsent", problem });
    return;
  }
  reach(orderID, "accepted");
  watch(orderID);
}

function retry(one) {
  place(one).catch(({ message }) => change(one.orderID, { ...one, stage: "unsent", problem: message }));
}

/** Look until the order is in the table: the live connection may be down. */
async function watch(orderID) {
  for (const pause of LOOKS) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (STAGES.indexOf(find(orderID).stage) > 0) return;
    const { orders } = await ask("GET", "/orders?limit=20").catch(() => ({ orders: [] }));
    if (orders.some((each) => each.orderID === orderID)) return reach(orderID, "stored");
  }
  change(orderID, { problem: "It waits in the queue, and is safe there." });
}

function reach(orderID, stage) {
  const known = find(orderID);
  if (!known || STAGES.indexOf(stage) <= STAGES.indexOf(known.stage)) return;
  change(orderID, stage === "notified" ? { stage, problem: "" } : { stage });
  if (stage === "accepted") announce(`Accepted: ${known.order.item}`);
  if (stage === "notified") announce(`Notified: ${known.order.item}`);
}

function find(orderID) {
  return placed.value.find((each) => each.orderID === orderID);
}

function change(orderID, fields) {
  placed.value = find(orderID)
    ? placed.value.map((each) => (each.orderID === orderID ? { ...each, ...fields } : each))
    : [{ orderID, ...fields }, ...placed.value];
}
