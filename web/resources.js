/** Hooks that read the API: a list page by page, and a single resource. */

import { useEffect, useRef, useState } from "./vendor/preact.js";
import { requestAsUser } from "./session.js";
import { subscribe } from "./live.js";
import { isReturning } from "./places.js";

const NOT_LOADED = { items: null, next: null, response: null, error: null, isBusy: false };

let reloads = 0;
const left = new Map(); // lists as they were when they were left, by path

/** Responses may overtake each other. Of two states of an order, the one with the later version counts. */
const later = (before, now) => (before?.version > now.version ? before : now);

/**
 * A list of the API, newest first. `path` includes a `limit`, and the response has the rows under
 * `name`; with `isUpwards` those of a page are oldest first. `id` is the name of the field that
 * identifies a row, or a function of the row.
 *
 * `items` is null until the first page is loaded. `reload` reads that page again, `more` reads the
 * next one (meanwhile `isBusy` is true), and `change` replaces the rows, or also what is `next`.
 * `response` is the last response. The list is also reloaded when there may be news, unless it
 * `isStill`. On the way back it has the rows that were loaded before.
 */
export function useList(path, name, id, { isStill = false, isUpwards = false } = {}) {
  const [list, setList] = useState(() => (isReturning() && left.get(path)) || NOT_LOADED);
  const currentPath = useRef(path);
  const idOf = typeof id === "function" ? id : (row) => row[id];
  const rowsOf = (response) => (isUpwards ? response[name].toReversed() : response[name]);
  const without = (rows, known) => {
    const ids = new Set(known.map(idOf));
    return rows.filter((row) => !ids.has(idOf(row)));
  };

  // Drops the response if the path has changed, or if that of a later reload is shown.
  async function read(page, merge, number) {
    let change;
    try {
      const response = await requestAsUser("GET", page);
      change = (now) => ({ ...now, ...merge(now, response), response, error: null, isBusy: false });
    } catch (error) {
      change = (now) => ({ ...now, error, isBusy: false });
    }
    if (currentPath.current === path) setList((now) => (number < now.number ? now : change(now)));
  }

  // Rows of later pages stay, if they follow the first page as it is now. Those that were among the
  // rows of the first page and are no longer there are deleted.
  const reload = () => {
    const number = ++reloads;
    return read(path, ({ items, next }, response) => {
      const known = items ?? [];
      const indexOf = (row) => known.findIndex((each) => idOf(each) === idOf(row));
      const first = rowsOf(response).map((row) => later(known[indexOf(row)], row));
      const end = first.length && indexOf(first.at(-1)) + 1;
      const older = end && response.next ? without(known.slice(end), first) : [];
      return { number, items: [...first, ...older], next: older.length ? next : response.next };
    }, number);
  };

  const more = async () => {
    if (list.isBusy) return;
    setList((now) => ({ ...now, isBusy: true }));
    await read(`${path}&next=${encodeURIComponent(list.next)}`, ({ items }, response) => ({
      items: [...items, ...without(rowsOf(response), items)],
      next: response.next,
    }));
  };

  const change = (rows, next) =>
    setList((now) => ({ ...now, items: rows(now.items ?? []), next: next ?? now.next }));

  useEffect(() => {
    if (currentPath.current !== path) setList(NOT_LOADED);
    currentPath.current = path;
    reload();
    return isStill ? undefined : subscribeToNews(reload);
  }, [path]);
  useEffect(() => {
    if (list.items) left.set(path, { ...list, isBusy: false });
  }, [list]);

  return { ...list, reload, more, change };
}

/**
 * The resource at `path`; `value` is null until it is loaded. `read` retries, `set` replaces it.
 */
export function useResource(path, send = requestAsUser) {
  const [value, setValue] = useState(null);
  const set = (now) => setValue((before) => later(before, now));
  const [error, setError] = useState(null);
  const read = () => {
    setError(null);
    send("GET", path).then(set, setError);
  };
  useEffect(read, [path]);
  return { value, set, problem: error?.message ?? "", canRetry: error?.canRetry, read };
}

/**
 * Call `read` when there may be news without an event: after a new connection, after a change in
 * another tab, and again and again without a connection. Returns a function that stops it.
 */
export function subscribeToNews(read) {
  const stops = ["connected", "look"].map((type) => subscribe(type, read));
  return () => stops.forEach((stop) => stop());
}

/** Call `look` again and again while the page is visible, after every `pause` (ms), for each `key`. */
export function usePolling(look, pause, key) {
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && look(), pause);
    return () => clearInterval(timer);
  }, [key]);
}
