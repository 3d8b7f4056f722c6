/** The keys of the list of orders. They work while the focus is in the list, so they disturb nobody else. */

const ACTIONS = {
  x: (row) => row.querySelector("input").click(),
  n: (row) => row.querySelector("button")?.click(),
  m: (row) => row.querySelector(".message")?.click(),
};

/** Handles a key that is pressed in the list: J and K move, the others press what the row has. */
export function onKeyDown(event) {
  const row = event.target.closest("li");
  if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
  if (["j", "ArrowDown"].includes(event.key)) focusLink(row.nextElementSibling);
  else if (["k", "ArrowUp"].includes(event.key)) focusLink(row.previousElementSibling);
  else if (Object.hasOwn(ACTIONS, event.key) && !event.repeat) ACTIONS[event.key](row);
  else return;
  event.preventDefault();
}

/** The arrow key leads from the search field to the first order. */
export function intoList(event) {
  if (event.key === "ArrowDown") focusLink(document.querySelector(".order"));
}

function focusLink(row) {
  row?.querySelector("a").focus();
}
