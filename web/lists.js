/** What the API has: lists page by page, and one thing. */

import { useEffect, useRef, useState } from "./vendor/preact.js";
import { ask } from "./session.js";
import { hear } from "./live.js";

const NOTHING_YET = { items: null, next: null, refusal: null, isBusy: false };

/**
 * The list under `name` in the answers of `path`, which has a `limit`; `id` names what tells its
 * rows apart, or answers it of a row.
 *
 * `items` is null until the first page is there. `reload` reads that page again, `more` the
 * next one (`isBusy` meanwhile), `change` replaces the rows. It is read anew whenever the live connection comes back.
 */
export function useList(path, name, id) {
  const [list, setList] = useState(NOTHING_YET);
  const asked = useRef(path);
  const idOf = typeof id === "function" ? id : (row) => row[id];
  const others = (rows, known) => {
    const ids = new Set(known.map(idOf));
    return rows.filter((row) => !ids.has(idOf(row)));
  };

  async function read(page, join) {
    let change;
    try {
      const answer = await ask("GET", page);
      change = (now) => ({ ...now, ...join(now, answer), refusal: null });
    } catch (refusal) {
      change = (now) => ({ ...now, refusal });
    }
    if (asked.current === path) setList(change);
  }

  const reload = () =>
    read(path, ({ items, next }, answer) => {
      const first = answer[name];
      const older = others(items ?? [], first);
      // What further pages brought stays; without any, the first page is all there is.
      return answer.next && older.length
        ? { items: [...first, ...older], next }
        : { items: first, next: answer.next };
    });

  const more = async () => {
    if (list.isBusy) return;
    const setBusy = (isBusy) => setList((now) => ({ ...now, isBusy }));
    setBusy(true);
    await read(`${path}&next=${encodeURIComponent(list.next)}`, ({ items }, answer) => ({
      items: [...items, ...others(answer[name], items)],
      next: answer.next,
    }));
    setBusy(false);
  };

  const change = (rows) => setList((now) => ({ ...now, items: rows(now.items ?? []) }));

  useEffect(() => {
    asked.current = path;
    setList(NOTHING_YET);
    reload();
    return hear("connected", reload);
  }, [path]);

  return { ...list, reload, more, change };
}

/** The one thing at `path`: null until it is there. `read` asks again, `set` replaces it. */
export function useOne(path) {
  const [value, set] = useState(null);
  const [problem, setProblem] = useState("");
  const read = () => {
    setProblem("");
    ask("GET", path).then(set, ({ message }) => setProblem(message));
  };
  useEffect(read, [path]);
  return { value, set, problem, read };
}
