/** The focus is never lost: if what has it is removed, what took its place gets it. */

const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]";

let trail = []; // the focused element and its ancestors, each with its position among its siblings

/** Watch the page below this element. */
export function keepFocus(root) {
  addEventListener("focusin", ({ target }) => (trail = trailOf(target)));
  new MutationObserver(() => {
    if (document.activeElement === document.body && trail.length && !trail[0].element.isConnected) recover();
  }).observe(root, { childList: true, subtree: true });
}

function trailOf(target) {
  const found = [];
  for (let element = target; element && element !== document.body; element = element.parentElement) {
    found.push({ element, index: [...(element.parentElement?.children ?? [])].indexOf(element) });
  }
  return found;
}

function recover() {
  const remaining = trail.findIndex(({ element }) => element.isConnected);
  const parent = trail[remaining]?.element;
  const index = trail[remaining - 1]?.index;
  const near = parent && [parent.children[index], parent.children[index - 1]];
  const places = [...(near ?? []), parent?.closest("dialog, section"), document.querySelector("main")];
  for (const place of places) {
    const next = place && first(place);
    if (next) return next.focus();
  }
}

function first(place) {
  const all = [...(place.matches(FOCUSABLE) ? [place] : []), ...place.querySelectorAll(FOCUSABLE)];
  return all.find((each) => each.checkVisibility() && !each.disabled && each.type !== "file");
}
