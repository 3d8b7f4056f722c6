/** What every page is made of. */

import { html, signal, useEffect, useId, useRef, useState } from "./vendor/preact.js";
import { Refusal } from "./api.js";

const SHOWN_FOR = 6_000; // ms

const said = signal("");
let silence = null;
addEventListener("hashchange", () => (said.value = "")); // it was said of the page before

/** Say something to everybody: a line at the edge of the page, read out by screen readers. */
export function announce(text) {
  clearTimeout(silence);
  said.value = text;
  silence = setTimeout(() => (said.value = ""), SHOWN_FOR);
}

/** Where announcements appear; once a page. */
export function Announcements() {
  return html`<div class="toast" role="status" aria-live="polite">${said}</div>`;
}

const PATHS = {
  bag: "M5 8h14l-1 12H6zM9 8V7a3 3 0 0 1 6 0v1",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 2-2 5 5M15.5 9h.01",
  folder: "M3 6h6l2 2h10v11H3z",
  chat: "M4 5h16v11H10l-4 4v-4H4z",
  mail: "M3 6h18v12H3zM3 7l9 6 9-6",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21a8 8 0 0 1 16 0",
  up: "M12 16V5M7 10l5-5 5 5M5 19h14",
  close: "M6 6l12 12M18 6L6 18",
  back: "M15 5l-7 7 7 7",
  check: "M5 12l5 5 9-10",
};

/** A picture that words stand beside: screen readers skip it. */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}

/** The page's heading, which takes the focus when the page comes up. */
export function Heading({ children, title }) {
  const heading = useRef();
  useEffect(() => {
    document.title = `${title ?? children} · Storefront`;
    heading.current.focus();
  }, [title]);
  return html`<h1 tabindex="-1" ref=${heading}>${children}</h1>`;
}

/**
 * A form's state: `send` gets the values and the form, and throws a Refusal for what is wrong.
 *
 * `problems` has a text a field. What the browser itself finds wrong is not sent at all.
 */
export function useForm(send) {
  const [state, setState] = useState({ isBusy: false, problems: {}, message: "" });
  const form = useRef();
  useEffect(() => {
    form.current?.querySelector("[aria-invalid=true]")?.focus();
  }, [state.problems]);

  async function onSubmit(event) {
    event.preventDefault();
    if (state.isBusy) return;
    const element = event.currentTarget;
    const wrong = [...element.elements].filter((each) => each.name && !each.validity.valid);
    if (wrong.length) {
      const problems = Object.fromEntries(wrong.map((each) => [each.name, each.validationMessage]));
      setState({ isBusy: false, problems, message: "" });
      return;
    }
    setState({ isBusy: true, problems: {}, message: "" });
    try {
      await send(Object.fromEntries(new FormData(element)), element);
      setState({ isBusy: false, problems: {}, message: "" });
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      const known = Object.keys(refusal.fields).some((name) => element.elements.namedItem(name));
      const message = known ? "" : refusal.message;
      setState({ isBusy: false, problems: refusal.fields, message });
    }
  }

  return { ...state, attributes: { ref: form, onSubmit, noValidate: true } };
}

/** A labelled input with its hint and what is wrong with it. `lines` makes it a textarea. */
export function Field({ label, hint, problem, lines, ...input }) {
  const id = useId();
  const described = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(" ");
  const attributes = {
    id,
    "aria-describedby": described || undefined,
    "aria-invalid": problem ? "true" : undefined,
    ...input,
  };
  return html`
    <div class="field">
      <label for=${id}>${label}${!input.required && html` <small>optional</small>`}</label>
      ${lines ? html`<textarea rows=${lines} ...${attributes} />` : html`<input ...${attributes} />`}
      ${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`}
      ${problem && html`<p class="problem" id="${id}-problem">${problem}</p>`}
    </div>`;
}

/** The button that sends a form. */
export function Submit({ isBusy, children }) {
  return html`<button class="primary" aria-disabled=${isBusy}>
    ${isBusy && html`<span class="spinner" />`}${children}
  </button>`;
}

/** What went wrong, and a way to try again. */
export function Problem({ text, retry }) {
  return (
    text &&
    html`<div class="notice bad" role="alert">
      <p>${text}</p>
      ${retry && html`<button onClick=${retry}>Try again</button>`}
    </div>`
  );
}

/** A list in each of its states: loading, failed, empty, filled, with more to come. */
export function Listed({ list, empty, label, children }) {
  if (!list.items) {
    return list.refusal
      ? html`<${Problem} text=${list.refusal.message} retry=${list.reload} />`
      : html`<div class="loading" role="status"><span class="spinner" /> Loading ${label}…</div>`;
  }
  return html`
    ${list.refusal && html`<${Problem} text=${list.refusal.message} retry=${list.reload} />`}
    ${list.items.length ? children : empty}
    ${list.next &&
    html`<button class="more" aria-disabled=${list.isBusy} onClick=${list.more}>
      ${list.isBusy && html`<span class="spinner" />`}Show more ${label}
    </button>`}`;
}

/** What stands where there is nothing yet. */
export function Empty({ icon, title, children }) {
  return html`<div class="empty"><${Icon} name=${icon} /><p><b>${title}</b></p><p>${children}</p></div>`;
}

const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const ABSOLUTE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** A moment, RFC 3339: how long ago within a day, else the date. */
export function Moment({ at }) {
  const then = new Date(at);
  const minutes = Math.round((then - Date.now()) / 60_000);
  const full = ABSOLUTE.format(then);
  let text = full;
  if (minutes > -1) text = "just now";
  else if (minutes > -60) text = RELATIVE.format(minutes, "minute");
  else if (minutes > -1440) text = RELATIVE.format(Math.round(minutes / 60), "hour");
  return html`<time datetime=${at} title=${full}>${text}</time>`;
}

/** A modal dialog, open as long as it is there. Escape and a click beside it close it. */
export function Dialog({ label, onClose, children, ...rest }) {
  const dialog = useRef();
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current.showModal();
    return () => opener?.focus();
  }, []);
  const beside = (event) => event.target === dialog.current && onClose();
  return html`<dialog ref=${dialog} aria-label=${label} onClose=${onClose} onClick=${beside} ...${rest}>
    ${children}
  </dialog>`;
}
