/** The desk's pages, by address: the list of orders, one order, and the numbers. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Heading, Icon, Loading, title } from "../components.js";
import { words } from "../language.js";
import { OrderDetails, numberOf } from "../order_states.js";
import { usePolling, useResource } from "../resources.js";
import { user } from "../session.js";
import { ChangeDialog, Outcome } from "./changes.js";
import { Customer } from "./customers.js";
import { filters, queryOf } from "./filters.js";
import { OrderList } from "./list.js";
import { Numbers } from "./numbers.js";
import { useShopOrders } from "./shop_orders.js";
import { Slips, printSlips } from "./slips.js";

/** `id` is an orderID, or `numbers`. The list stays as it is, for the way back. */
export function DeskPage({ id = "" }) {
  const query = queryOf(filters.value);
  const list = useShopOrders(query);
  const [question, ask] = useState(null);
  const [outcome, setOutcome] = useState(null);
  const before = useRef(id);
  useEffect(() => setOutcome(null), [id, query]);
  useEffect(() => {
    if (!id && before.current) {
      title.value = words.desk.title;
      (document.querySelector(`.orders a[href$="${before.current}"]`) ?? document.querySelector("h1")).focus();
    }
    before.current = id;
  }, [id]);

  function finish(result) {
    list.update(result.changed);
    list.readAgain(result.refused);
    setOutcome(result);
  }
  const nameOf = (orderID) => list.items?.find((each) => each.orderID === orderID)?.order.item ?? words.desk.theOrder;
  return html`
    <div class="desk">
      ${id && html`<a class="back" href="#/desk"><${Icon} name="back" />${words.order.all}</a>`}
      <${Outcome} outcome=${outcome} nameOf=${nameOf} />
      ${id === "numbers"
        ? html`<${Numbers} />`
        : id && html`<${ShopOrder} key=${id} id=${id} outcome=${outcome} ask=${ask} />`}
      <div hidden=${id !== ""}>
        <${OrderList} list=${list} query=${query} outcome=${outcome} ask=${ask} onDone=${finish} />
      </div>
    </div>
    ${question && html`<${ChangeDialog} ...${question} onClose=${() => ask(null)} onDone=${finish} />`}
    <${Slips} />`;
}

function ShopOrder({ id, outcome, ask }) {
  const { value, ...loading } = useResource(`/shop/orders/${encodeURIComponent(id)}`);
  usePolling(loading.read, 5_000, id);
  useEffect(() => {
    if (outcome) loading.read();
  }, [outcome]);
  return html`
    <${Heading}>${words.order.titleOf(numberOf(id))}<//>
    ${value ? html`<${Details} order=${value} ask=${ask} />` : html`<${Loading} ...${loading} />`}`;
}

function Details({ order, ask }) {
  return html`<${OrderDetails} order=${order} who=${nameOf} isAbsolute
    facts=${html`<dt>${words.desk.buyer}</dt><dd class="customer"><${Customer} order=${order} /></dd>`}>
    <div class="actions">
      ${order.allowed.map(
        (state, index) => html`<button class=${index ? "" : "primary"} onClick=${() => ask({ orders: [order], state })}>
          ${words.verbs[state]}…
        </button>`,
      )}
      <button onClick=${() => printSlips([order])}>${words.desk.printSlip}</button>
    </div>
  <//>`;
}

function nameOf({ by, byID }) {
  if (by === "buyer") return words.desk.theBuyer;
  return byID === user.value.sub ? words.order.you : words.order.shop;
}
