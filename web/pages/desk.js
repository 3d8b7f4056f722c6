/** The shop's desk. Its code is loaded when a member of `staff` opens it. */

import { html, useEffect } from "../vendor/preact.js";
import { Loading } from "../components.js";
import { words } from "../language.js";
import { store } from "../store.js";

const page = store(null);
const problem = store("");

export function Desk(props) {
  useEffect(load, []);
  return page.value
    ? html`<${page.value} ...${props} />`
    : html`<${Loading} label=${words.things.desk} problem=${problem.value} read=${load} />`;
}

function load() {
  problem.value = "";
  const styles = loadStyles();
  import("../desk/desk.js").then(({ DeskPage }) => styles.then(() => (page.value = DeskPage)))
    .catch(() => (problem.value = words.desk.notLoaded));
}

function loadStyles() {
  return new Promise((onload, onerror) => {
    const link = document.createElement("link");
    document.head.append(Object.assign(link, { rel: "stylesheet", href: "desk/desk.css", onload, onerror }));
  });
}
