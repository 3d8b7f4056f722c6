/** The orders of the shop, kept up to date without moving what is shown. */

import { useEffect, useRef, useState } from "../vendor/preact.js";
import { useList, usePolling } from "../resources.js";
import { requestAsUser } from "../session.js";

const LONGEST_PAGE = 100; // of the API
const MOST_READ_AGAIN = 20; // orders per poll
const NO_NEWS = { orders: [] };

/**
 * The list of the orders that a query string asks for, newest first.
 *
 * A changed order stays where it is, also if it is no longer one of those that are asked for
 * (`isPast`). New ones wait in `news` until `showNews` adds them. `update` replaces orders by newer
 * versions, and `readAgain` reads them.
 */
export function useShopOrders(query) {
  const path = `/shop/orders?${query}&limit=`;
  const list = useList(`${path}20`, "orders", "orderID", { isStill: true });
  const [news, setNews] = useState(NO_NEWS);
  const now = useRef();
  now.current = { path, ...list };

  const update = (orders, isPast = true) => {
    const byID = new Map(orders.map((each) => [each.orderID, each]));
    list.change((rows) =>
      rows.map((row) => {
        const found = byID.get(row.orderID);
        return found?.version >= row.version ? { ...row, ...found, isPast } : row;
      }),
    );
  };
  const readAgain = (orders) =>
    orders.map(({ orderID }) =>
      requestAsUser("GET", `/shop/orders/${orderID}`).then((order) => update([order]), () => {}),
    );

  async function look() {
    const limit = Math.min(LONGEST_PAGE, Math.max(20, now.current.items?.length));
    const page = await requestAsUser("GET", `${path}${limit}`).catch(() => null); // the next one may succeed
    const { items, next } = now.current;
    if (!page || !items || now.current.path !== path) return;
    const end = page.next ? page.orders.at(-1)?.placedAt : "";
    const gone = without(items, page.orders).filter((each) => !each.isPast && each.placedAt > end);
    readAgain(gone.slice(0, MOST_READ_AGAIN));
    update(page.orders, false);
    const oldest = next ? items.at(-1)?.placedAt : "";
    const orders = without(page.orders, items).filter(({ placedAt }) => placedAt > oldest);
    // If none of a page is known, there may be more between it and the list.
    setNews({ orders, next: orders.length === page.orders.length ? page.next : null });
  }

  const showNews = () => {
    const added = (rows) => [...rows.filter(({ isPast }) => !isPast), ...without(news.orders, rows)];
    list.change((rows) => (news.next ? news.orders : added(rows).sort(newestFirst)), news.next);
    setNews(NO_NEWS);
  };

  useEffect(() => setNews(NO_NEWS), [query]);
  usePolling(look, 5_000, query);
  return { ...list, news, showNews, update, readAgain };
}

function without(rows, known) {
  const ids = new Set(known.map(({ orderID }) => orderID));
  return rows.filter(({ orderID }) => !ids.has(orderID));
}

function newestFirst(one, other) {
  return one.placedAt < other.placedAt ? 1 : -1;
}
