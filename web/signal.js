/** State that outlives the components which show it. */

let draw = () => {};

/** A box with a `value`. When another one is put in, the page is drawn anew. */
export function signal(value) {
  return {
    get value() {
      return value;
    },
    set value(next) {
      if (next === value) return;
      value = next;
      draw();
    },
  };
}

/** Say how the page is drawn. What has not changed Preact leaves alone. */
export function drawnBy(how) {
  draw = how;
}
