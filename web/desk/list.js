/** The list of the desk: filters, search, rows, and what is done with the selected ones. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { EmptyState, Heading, List, Time } from "../components.js";
import { ENDS, OrderContent, State } from "../order_states.js";
import { VERBS, change, count } from "./changes.js";
import { Export } from "./export.js";
import { Filters } from "./filters.js";
import { printSlips } from "./slips.js";

const MAX_SELECTED = 100; // orders of one request
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `onDone` gets what came of a change, and `outcome` is the last of them. */
export function OrderList({ list, query, outcome, ask, onDone }) {
  const [words, setWords] = useState("");
  const items = list.items?.filter(({ orderID, order: { item, customerID, note } }) =>
    [orderID, item, customerID, note].some((text) => text?.toLowerCase().includes(words)),
  );
  const selection = useSelection(items?.map(({ orderID }) => orderID) ?? []);
  useEffect(() => {
    if (outcome) selection.leave([...outcome.changed, ...outcome.refused].map(({ orderID }) => orderID));
  }, [outcome]);
  const selected = items?.filter(({ orderID }) => selection.ids.includes(orderID)) ?? [];
  return html`
    <div class="title-bar">
      <${Heading}>Desk<//>
      <div class="actions"><a class="button" href="#/desk/numbers">Numbers</a><${Export} query=${query} /></div>
    </div>
    <${Filters} />
    <input type="search" aria-label="Search the loaded orders" autocomplete="off"
      placeholder="Item, customer, note, order ID"
      onInput=${({ currentTarget }) => setWords(currentTarget.value.trim().toLowerCase())} />
    <p class="found muted" role="status">
      ${words && items && `${items.length} of ${count(list.items.length)}.
        ${list.next ? "Only loaded orders are searched: show more of them, or set filters." : ""}`}
      ${UUID.test(words) && html` <a class="button" href="#/desk/${words}">Open this order</a>`}
    </p>
    <div class="news" role="status">
      ${list.news.orders.length > 0 &&
      html`<button class="primary" onClick=${list.showNews}>Show ${list.news.orders.length} new</button>`}
    </div>
    <${List} list=${{ ...list, items, error: withRules(list.error) }} label="orders"
      empty=${html`<${EmptyState} icon="desk" title="No orders">There are none with these filters.<//>`}>
      <label class="check all">
        <input type="checkbox" checked=${selected.length > 0} onChange=${selection.toggleAll}
          indeterminate=${selected.length > 0 && selected.length < items?.length} />
        Select all shown${selected.length === MAX_SELECTED && `: at most ${MAX_SELECTED}`}
      </label>
      <ul class="orders" aria-label="Orders">
        ${items?.map(
          (each) => html`<${Row} key=${each.orderID} order=${each} onDone=${onDone}
            isSelected=${selected.includes(each)} onSelect=${(event) => selection.toggle(each.orderID, event)} />`,
        )}
      </ul>
    <//>
    ${selected.length > 0 &&
    html`<section class="selection-bar actions" aria-label="Selected orders">
      <p><b>${selected.length}</b> selected</p>
      ${Object.keys(VERBS).map((state) => {
        const orders = selected.filter(({ allowed }) => allowed.includes(state));
        return orders.length > 0 &&
          html`<button key=${state} onClick=${() => ask({ orders, state })}>${VERBS[state]} ${orders.length}…</button>`;
      })}
      <button onClick=${() => printSlips(selected)}>Print ${selected.length}</button>
      <button onClick=${() => selection.leave(selection.ids)}>Clear</button>
    </section>`}`;
}

// By a click, with the Shift key up to another row, or all. `shown` are the orderIDs of the list.
function useSelection(shown) {
  const [all, select] = useState([]);
  const last = useRef("");
  const ids = shown.filter((id) => all.includes(id));
  const leave = (those) => select(ids.filter((id) => !those.includes(id)));

  function toggle(id, { currentTarget, shiftKey }) {
    const [start, end] = [shown.indexOf(id), shown.indexOf(last.current)].sort((one, other) => one - other);
    const range = shiftKey && start >= 0 ? shown.slice(start, end + 1) : [id];
    last.current = id;
    if (currentTarget.checked) select([...new Set([...ids, ...range])].slice(0, MAX_SELECTED));
    else leave(range);
  }

  return { ids, toggle, leave, toggleAll: () => select(ids.length ? [] : shown.slice(0, MAX_SELECTED)) };
}

function Row({ order, isSelected, onSelect, onDone }) {
  const { orderID, order: content, placedAt, state, allowed, isPast } = order;
  const isBusy = useRef(false);
  const link = useRef();
  const next = allowed.find((each) => !ENDS.includes(each));

  async function go() {
    if (isBusy.current) return;
    isBusy.current = true;
    link.current.focus({ preventScroll: true }); // the next button is not for the same click or key
    const refuse = ({ message }) => ({ state: next, changed: [], refused: [{ orderID, message, details: [] }] });
    onDone(await change([order], next, "", crypto.randomUUID()).catch(refuse));
    isBusy.current = false;
  }
  return html`<li class="order ${isSelected && "selected"} ${isPast && "past"}">
    <label class="check">
      <input type="checkbox" checked=${isSelected} onClick=${onSelect} />
      <span class="visually-hidden">Select ${content.item}</span>
    </label>
    <div>
      <${OrderContent} ...${content} note=""
        item=${html`<a ref=${link} href="#/desk/${orderID}">${content.item}</a>`} />
      <p class="muted"><${Time} at=${placedAt} /></p>
    </div>
    <${State} state=${state} />
    ${next && html`<button onClick=${(event) => event.detail < 2 && go()}>
      ${VERBS[next]}<span class="visually-hidden"> ${content.item}</span>
    </button>`}
  </li>`;
}

// A wrong filter is refused with its rule.
function withRules(error) {
  const rules = Object.values(error?.fields ?? {});
  return rules.length ? { message: rules.join(" ") } : error;
}
