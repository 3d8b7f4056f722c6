/** State that outlives the components which show it. */

let redraw = () => {};

/** A box with a `value`. Setting another value redraws the page. */
export function store(value) {
  return {
    get value() {
      return value;
    },
    set value(next) {
      if (next === value) return;
      value = next;
      redraw();
    },
  };
}

/** Set the function that redraws the page. Preact updates only what has changed. */
export function onChange(callback) {
  redraw = callback;
}
