/** The list of the desk. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { config } from "../api.js";
import { EmptyState, Heading, List, Time } from "../components.js";
import { words } from "../language.js";
import { ENDS, STATES, OrderContent, State } from "../order_states.js";
import { change } from "./changes.js";
import { Customer } from "./customers.js";
import { Export } from "./export.js";
import { Filters, UUID } from "./filters.js";
import { Found } from "./found.js";
import { intoList, onKeyDown } from "./keys.js";
import { printSlips } from "./slips.js";

const MAX_SELECTED = 100; // orders of one request

/** `onDone` gets what came of a change, and `outcome` is the last of them. */
export function OrderList({ list, query, outcome, ask, onDone }) {
  const [sought, setSought] = useState("");
  const [everywhere, setEverywhere] = useState(""); // what is searched for in the orders of all customers
  const searchEverywhere = () => config.search && setEverywhere(sought);
  const items = list.items?.filter(({ orderID, order: { item, customerID, note } }) =>
    [orderID, item, customerID, note].some((text) => text?.toLowerCase().includes(sought)),
  );
  const selection = useSelection(items?.map(({ orderID }) => orderID) ?? []);
  useEffect(() => {
    if (outcome) selection.leave([...outcome.changed, ...outcome.refused].map(({ orderID }) => orderID));
  }, [outcome]);
  const selected = items?.filter(({ orderID }) => selection.ids.includes(orderID)) ?? [];
  return html`
    <div class="title-bar">
      <${Heading}>${words.desk.title}<//>
      <div class="actions"><a class="button" href="#/desk/numbers">${words.desk.numbers}</a><${Export} query=${query} /></div>
    </div>
    <${Filters} />
    <input type="search" aria-label=${words.desk.search} autocomplete="off"
      placeholder=${words.desk.searchPlaceholder}
      onKeyDown=${(event) => (event.key === "Enter" ? searchEverywhere() : intoList(event))}
      onInput=${({ currentTarget }) => setSought(currentTarget.value.trim().toLowerCase())} />
    <p class="found muted" role="status">
      ${sought && items && [words.desk.found(items.length, list.items.length), list.next && words.desk.searchesLoaded]}
      ${UUID.test(sought) && html` <a class="button" href="#/desk/${sought}">${words.desk.openThis}</a>`}
      ${config.search && sought && html` <button onClick=${searchEverywhere}>${words.desk.searchAll}</button>`}
    </p>
    ${everywhere && everywhere === sought && html`<${Found} key=${everywhere} text=${everywhere} />`}
    <div class="news" role="status">
      ${list.news.orders.length > 0 &&
      html`<button class="primary" onClick=${list.showNews}>${words.desk.showNew(list.news.orders.length)}</button>`}
    </div>
    <${List} list=${{ ...list, items, error: withRules(list.error) }} label=${words.things.orders}
      empty=${html`<${EmptyState} icon="desk" title=${words.desk.empty}>${words.desk.emptyHint}<//>`}>
      <label class="check all">
        <input type="checkbox" checked=${selected.length > 0} onChange=${selection.toggleAll}
          indeterminate=${selected.length > 0 && selected.length < items?.length} />
        ${words.desk.selectAll}${selected.length === MAX_SELECTED && words.desk.atMost(MAX_SELECTED)}
      </label>
      <p class="hint keys">${words.desk.keys}</p>
      <ul class="orders" aria-label=${words.orders.title} onKeyDown=${onKeyDown}>
        ${items?.map(
          (each) => html`<${Row} key=${each.orderID} order=${each} onDone=${onDone}
            isSelected=${selected.includes(each)} onSelect=${(event) => selection.toggle(each.orderID, event)} />`,
        )}
      </ul>
    <//>
    ${selected.length > 0 &&
    html`<section class="selection-bar actions" aria-label=${words.desk.selection}>
      <p>${words.desk.selected(html`<b>${selected.length}</b>`)}</p>
      ${STATES.slice(1).map((state) => {
        const orders = selected.filter(({ allowed }) => allowed.includes(state));
        return orders.length > 0 &&
          html`<button key=${state} onClick=${() => ask({ orders, state })}>${words.verbs[state]} ${orders.length}…</button>`;
      })}
      <button onClick=${() => printSlips(selected)}>${words.desk.print(selected.length)}</button>
      <button onClick=${() => selection.leave(selection.ids)}>${words.desk.clear}</button>
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
      <span class="visually-hidden">${words.desk.select(content.item)}</span>
    </label>
    <div>
      <${OrderContent} ...${content} note=""
        item=${html`<a ref=${link} href="#/desk/${orderID}">${content.item}</a>`} />
      <p class="muted customer"><${Time} at=${placedAt} isAbsolute /> <${Customer} order=${order} /></p>
    </div>
    <${State} state=${state} />
    ${next && html`<button onClick=${(event) => event.detail < 2 && go()}>
      ${words.verbs[next]}<span class="visually-hidden"> ${content.item}</span>
    </button>`}
  </li>`;
}

// A wrong filter is refused with its rule.
function withRules(error) {
  const rules = Object.values(error?.fields ?? {});
  return rules.length ? { message: rules.join(" ") } : error;
}
