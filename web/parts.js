/** What every page is made of. */

import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "./vendor/preact.js";
import { Refusal } from "./api.js";
import { ask } from "./session.js";
import { signal } from "./signal.js";

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
  return html`<div class="toast" role="status" aria-live="polite">${said.value}</div>`;
}

/** A picture that words stand beside: screen readers skip it. */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><use href="icons.svg#${name}" /></svg>`;
}

/** The page's heading, which takes the focus when the page comes up, before all else can. */
export function Heading({ children, title }) {
  const heading = useRef();
  useLayoutEffect(() => {
    document.title = `${title ?? children} · Storefront`;
    heading.current.focus();
  }, [title]);
  return html`<h1 tabindex="-1" ref=${heading}>${children}</h1>`;
}

/**
 * A form's state: `send` gets the values and the form, and throws a Refusal for what is wrong.
 *
 * `problems` has a text a field, `field` a field's name and problem. What the browser itself finds
 * wrong is not sent at all.
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

  const field = (name) => ({ name, problem: state.problems[name] });
  return { ...state, field, attributes: { ref: form, onSubmit, noValidate: true } };
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

/** A form of `useForm`: what is wrong with it, its fields, and the button that sends it. */
export function Form({ form, submit, after, children, ...rest }) {
  return html`<form ...${rest} ...${form.attributes}>
    <${Problem} text=${form.message} />
    ${children}
    <button class="primary" aria-disabled=${form.isBusy}>
      ${form.isBusy && html`<span class="spinner" />`}${submit}
    </button>
    ${after}
  </form>`;
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

/** What stands where something will be: that it is coming, or why it does not. */
export function Coming({ label = "", problem, read }) {
  return problem
    ? html`<${Problem} text=${problem} retry=${read} />`
    : html`<div class="loading" role="status"><span class="spinner" /> Loading ${label}…</div>`;
}

/** A list in each of its states: loading, failed, empty, filled, with more to come. */
export function Listed({ list, empty, label, children }) {
  const problem = list.refusal?.message;
  if (!list.items) return html`<${Coming} label=${label} problem=${problem} read=${list.reload} />`;
  return html`
    <${Problem} text=${problem} retry=${list.reload} />
    ${list.items.length ? children : empty}
    ${list.next &&
    html`<button class="more" aria-disabled=${list.isBusy} onClick=${list.more}>
      ${list.isBusy && html`<span class="spinner" />`}Show more ${label}
    </button>`}`;
}

/** A button that deletes what is at `path`, once it is sure. */
export function Deletion({ path, name, onDelete, children }) {
  const [isAsking, setAsking] = useState(false);
  const [problem, setProblem] = useState("");
  const remove = () =>
    ask("DELETE", path).then(
      () => {
        announce(`Deleted: ${name}`);
        onDelete();
      },
      (refusal) => setProblem(refusal.message),
    );
  return html`
    <${Problem} text=${problem} />
    <div class="ways">
      ${isAsking
        ? html`<span>Delete it for good? ${children}</span>
            <button class="danger" onClick=${remove}>Delete it</button>
            <button onClick=${() => setAsking(false)}>Keep it</button>`
        : html`<button onClick=${() => setAsking(true)}>Delete…</button>`}
    </div>`;
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
