/** The shop's desk. Its code is loaded when a member of `staff` opens it. */

import { html, useEffect } from "../vendor/preact.js";
import { Loading } from "../components.js";
import { store } from "../store.js";

const page = store(null);
const problem = store("");

export function Desk(props) {
  useEffect(load, []);
  return page.value
    ? html`<${page.value} ...${props} />`
    : html`<${Loading} label="the desk" problem=${problem.value} read=${load} />`;
}

function load() {
  problem.value = "";
  import("../desk/desk.js").then(
    ({ DeskPage }) => (page.value = DeskPage),
    () => (problem.value = "The desk could not be loaded. Check the connection, then try again."),
  );
}
