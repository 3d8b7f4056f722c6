/** Hooks that read the API: a list page by page, and a single resource. */

import { useEffect, useRef, useState } from "./vendor/preact.js";
import { requestAsUser } from "./session.js";
import { subscribe } from "./live.js";

const NOT_LOADED = { items: null, next: null, response: null, error: null, isBusy: false };

/**
 * A list of the API. `path` includes a `limit`, and the response has the rows under `name`.
 * `id` is the name of the field that identifies a row, or a function of the row.
 *
 * `items` is null until the first page is loaded. `reload` reads that page again, `more` reads the
 * next one (meanwhile `isBusy` is true), and `change` replaces the rows, or also what is `next`.
 * `response` is the last response. The list is also reloaded after every new live connection, unless
 * it `isStill`.
 */
export function useList(path, name, id, isStill = false) {
  const [list, setList] = useState(NOT_LOADED);
  const currentPath = useRef(path);
  const idOf = typeof id === "function" ? id : (row) => row[id];
  const without = (rows, known) => {
    const ids = new Set(known.map(idOf));
    return rows.filter((row) => !ids.has(idOf(row)));
  };

  async function read(page, merge) {
    let change;
    try {
      const response = await requestAsUser("GET", page);
      change = (now) => ({ ...now, ...merge(now, response), response, error: null });
    } catch (error) {
      change = (now) => ({ ...now, error });
    }
    if (currentPath.current === path) setList(change);
  }

  const reload = () =>
    read(path, ({ items, next }, response) => {
      const first = response[name];
      const older = without(items ?? [], first);
      // Rows of later pages stay. If there are no later pages, the first page is the whole list.
      return response.next && older.length
        ? { items: [...first, ...older], next }
        : { items: first, next: response.next };
    });

  const more = async () => {
    if (list.isBusy) return;
    const setBusy = (isBusy) => setList((now) => ({ ...now, isBusy }));
    setBusy(true);
    await read(`${path}&next=${encodeURIComponent(list.next)}`, ({ items }, response) => ({
      items: [...items, ...without(response[name], items)],
      next: response.next,
    }));
    setBusy(false);
  };

  const change = (rows, next) =>
    setList((now) => ({ ...now, items: rows(now.items ?? []), next: next ?? now.next }));

  useEffect(() => {
    currentPath.current = path;
    setList(NOT_LOADED);
    reload();
    return isStill ? undefined : subscribe("connected", reload);
  }, [path]);

  return { ...list, reload, more, change };
}

/** The resource at `path`; `value` is null until it is loaded. `read` retries, `set` replaces it. */
export function useResource(path, send = requestAsUser) {
  const [value, set] = useState(null);
  const [problem, setProblem] = useState("");
  const read = () => {
    setProblem("");
    send("GET", path).then(set, (error) => setProblem(error.message));
  };
  useEffect(read, [path]);
  return { value, set, problem, read };
}

/** Call `look` again and again while the page is visible, after every `pause` (ms), for each `key`. */
export function usePolling(look, pause, key) {
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && look(), pause);
    return () => clearInterval(timer);
  }, [key]);
}
