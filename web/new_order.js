/** A new order, and its confirmation. */

import { html, useEffect, useLayoutEffect, useRef, useState } from "./vendor/preact.js";
import { Dialog, ErrorMessage, Field, Form, Icon, Time, useForm } from "./components.js";
import { isDeveloper } from "./developer.js";
import { format, words } from "./language.js";
import { OrderContent, Track, numberOf } from "./order_states.js";
import { STAGES, findPlaced, place, placeAgain } from "./placed_orders.js";
import { closeTo } from "./places.js";
import { loadProducts, products } from "./products.js";

export function NewOrder() {
  const [orderID, setOrderID] = useState("");
  useEffect(() => void loadProducts(), []);
  const placed = findPlaced(orderID);
  const onClose = () => closeTo("#/orders");
  return html`<${Dialog} class="sheet" label=${words.newOrder.title} onClose=${onClose}>
    <div class="title-bar">
      <h2>${words.newOrder.title}</h2>
      <button class="plain" onClick=${onClose}><${Icon} name="close" /><span class="visually-hidden">${words.common.close}</span></button>
    </div>
    <div hidden=${Boolean(placed)}><${OrderForm} onPlace=${setOrderID} /></div>
    ${placed && html`<${Confirmation} ...${placed} again=${() => setOrderID("")} />`}
  <//>`;
}

function OrderForm({ onPlace }) {
  const [chosen, choose] = useState("");
  const form = useForm(
    async (values, _, orderID) => {
      const order = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
      if (order.quantity) order.quantity = Number(order.quantity);
      onPlace(orderID); // the form is hidden, and shown again if the order is refused
      await place({ orderID, order });
      choose("");
    },
    "",
    "order",
  );
  const onChoose = (name, { currentTarget }) => {
    const [item, quantity] = ["item", "quantity"].map((each) => currentTarget.form.elements.namedItem(each));
    item.value = name;
    quantity.value ||= 1;
    for (const each of [item, quantity]) each.dispatchEvent(new Event("input", { bubbles: true }));
  };
  return html`<${Form} form=${form} submit=${words.newOrder.submit}>
    ${products.value?.length > 0 && html`<${Products} chosen=${chosen} onChoose=${onChoose} />`}
    <${Field} label=${words.newOrder.item} required maxlength="1000" ...${form.field("item")}
      onInput=${({ currentTarget }) => choose(currentTarget.value)} />
    <div class="field-pair">
      <${Field} label=${words.newOrder.quantity} type="number" min="0.000001" step="any" inputmode="decimal"
        ...${form.field("quantity")} />
      <${Field} label=${words.newOrder.customer} maxlength="128" ...${form.field("customerID")} />
    </div>
    <${Field} label=${words.newOrder.note} lines="2" maxlength="4000" ...${form.field("note")} />
  <//>`;
}

function Products({ chosen, onChoose }) {
  return html`<fieldset>
    <legend>${words.newOrder.products}</legend>
    <div class="products">
      ${products.value.map(
        ({ name, price, currency, picture }) => html`<button key=${name} type="button" class="product"
            aria-pressed=${name === chosen} onClick=${(event) => onChoose(name, event)}>
          <img src=${picture} alt="" loading="lazy" width="96" height="72" />
          <span>${name}</span><b>${format.price(price, currency)}</b>
        </button>`,
      )}
    </div>
    <p class="hint">${words.newOrder.noPayment}</p>
  </fieldset>`;
}

function Confirmation({ again, ...placed }) {
  const { orderID, order, placedAt, stage } = placed;
  const heading = useRef();
  const isStored = ["stored", "notified"].includes(stage);
  const isSent = isStored || stage === "received";
  useLayoutEffect(() => heading.current.focus(), []);
  // The way back from the order leads to the list, not to this sheet.
  const view = (event) => {
    event.preventDefault();
    location.replace(event.currentTarget.href);
  };
  return html`<div class="confirmation">
    ${isSent && html`<span class="dot"><${Icon} name="check" /></span>`}
    <h3 tabindex="-1" ref=${heading} aria-live="polite">
      ${isSent ? words.newOrder.thanks : stage === "sending" ? words.newOrder.sending : words.newOrder.notPlaced}
    </h3>
    <${OrderContent} ...${order} />
    ${isSent && html`<dl>
      <dt>${words.order.number}</dt><dd>${numberOf(orderID)}</dd>
      <dt>${words.order.placed}</dt><dd><${Time} at=${placedAt} isAbsolute /></dd>
    </dl>`}
    <${PlacedStatus} ...${placed} />
    ${isStored && html`<a class="button primary" href="#/orders/${orderID}" onClick=${view}>${words.newOrder.view}</a>`}
    ${stage !== "sending" && html`<button onClick=${again}>${words.newOrder.again}</button>`}
  </div>`;
}

export function PlacedStatus({ orderID, order, stage, problem }) {
  if (["unsent", "refused"].includes(stage)) {
    return html`<${ErrorMessage} text=${problem}
      retry=${stage === "unsent" && (() => placeAgain({ orderID, order }))} />`;
  }
  return html`
    ${isDeveloper.value && html`<${Track} label=${words.orders.status} steps=${STAGES} names=${words.stages} current=${stage} />`}
    ${problem && html`<p class="muted">${problem}</p>`}`;
}
