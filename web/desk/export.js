/** The orders as a CSV file, read page by page. */

import { html, useRef, useState } from "../vendor/preact.js";
import { ErrorMessage, announce } from "../components.js";
import { words } from "../language.js";
import { requestAsUser } from "../session.js";

const COLUMNS = ["orderID", "placedAt", "state", "item", "quantity", "customerID", "note", "placedBy", "shippedAt"];

export function Export({ query }) {
  const [done, setDone] = useState(null);
  const [problem, setProblem] = useState("");
  const running = useRef(null);
  const stop = () => {
    running.current = null;
    setDone(null);
  };

  async function run() {
    const mine = (running.current = {});
    setProblem("");
    setDone(0);
    try {
      // Excel reads a file as UTF-8 only if it begins with this mark.
      const parts = ["\ufeff", line(COLUMNS)];
      for await (const rows of pages(query)) {
        if (running.current !== mine) return;
        parts.push(new Blob(rows.map(({ order, ...row }) => line(COLUMNS.map((name) => row[name] ?? order[name])))));
        setDone((before) => before + rows.length);
      }
      save(new Blob(parts, { type: "text/csv" }));
      announce(words.csv.ready);
    } catch (error) {
      setProblem(error.message);
    }
    stop();
  }

  return html`
    ${done === null
      ? html`<button onClick=${run}>${words.csv.submit}</button>`
      : html`<span role="status">${words.csv.progress(done)}</span><button onClick=${stop}>${words.csv.stop}</button>`}
    <${ErrorMessage} text=${problem} />`;
}

async function* pages(query) {
  const known = new Set(); // an order that changes meanwhile can be in two pages
  let next = "";
  do {
    const page = await requestAsUser("GET", `/shop/orders?${query}&limit=100${next}`);
    yield page.orders.filter(({ orderID }) => !known.has(orderID));
    page.orders.forEach(({ orderID }) => known.add(orderID));
    next = page.next && `&next=${encodeURIComponent(page.next)}`;
  } while (next);
}

// RFC 4180. A spreadsheet would run a text that begins like a formula, so it gets an apostrophe.
function line(cells) {
  const texts = cells.map((cell = "") => (/^[=+\-@\t\r\n＝＋－＠]/.test(cell) ? `'${cell}` : `${cell}`));
  return `${texts.map((text) => `"${text.replaceAll('"', '""')}"`).join(",")}\r\n`;
}

function save(file) {
  const url = URL.createObjectURL(file);
  Object.assign(document.createElement("a"), { href: url, download: "orders.csv" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
