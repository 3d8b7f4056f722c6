/** The way back: to the rows that were loaded, the position, and the link that was followed. */

const places = new Map(); // `{top, link}` by the key of an entry of the history
let current;
let address = null;
let returning = false;

/** Whether the page that is shown now was shown before, and somebody went back or forward to it. */
export function isReturning() {
  return returning;
}

/** A new address is shown. */
export function arrive() {
  returning = places.has(history.state?.place);
  if (!returning) {
    history.replaceState({ place: crypto.randomUUID(), from: address }, "");
    places.set(history.state.place, { top: 0, link: null });
  }
  current = history.state.place;
  address = location.hash;
}

/** After the rows are drawn: scroll, and focus the link that led away. False if this page is new. */
export function settle() {
  if (!returning) return false;
  const { top, link } = places.get(current);
  const left = link && [...document.links].find((each) => each.getAttribute("href") === link);
  left?.focus({ preventScroll: true });
  scrollTo(0, top);
  return Boolean(left);
}

/** Close what is above the page at `to`: the way back, unless it was opened by its address. */
export function closeTo(to) {
  if ([to, ""].includes(history.state.from)) history.back();
  else location.replace(to);
}

/** Show another address in place of this one, with the same way back. */
export function replaceAddress(to) {
  history.replaceState(history.state, "", to);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

history.scrollRestoration = "manual"; // the browser would scroll before the rows are drawn
addEventListener("scroll", () => current && (places.get(current).top = scrollY), { passive: true });
addEventListener("click", (event) => {
  const link = event.target.closest?.("main a[href^='#/']");
  const href = link?.getAttribute("href");
  if (!link || event.ctrlKey || event.metaKey) return;
  places.get(current).link = href;
  // A link to the page that led here is the way back, also if that page was opened without an address.
  if (link.matches(".back") && [href, ""].includes(history.state.from)) {
    event.preventDefault();
    history.back();
  }
});
