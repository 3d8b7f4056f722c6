/** The components that all pages are made of. */

import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "./vendor/preact.js";
import { ApiError } from "./api.js";
import { requestAsUser } from "./session.js";
import { store } from "./store.js";

const SHOWN_FOR = 6_000; // ms

const announcement = store("");
let timer = null;
addEventListener("hashchange", () => (announcement.value = "")); // it was about the earlier page

/** Show a line at the edge of the page for some seconds. Screen readers read it out. */
export function announce(text) {
  clearTimeout(timer);
  announcement.value = text;
  timer = setTimeout(() => (announcement.value = ""), SHOWN_FOR);
}

/** The place for announcements, once per page. */
export function Announcements() {
  return html`<div class="toast" role="status" aria-live="polite">${announcement.value}</div>`;
}

/** An icon next to text. Screen readers skip it. */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><use href="icons.svg#${name}" /></svg>`;
}

/** The page's heading. It takes the focus when the page opens, before any other element can. */
export function Heading({ children, title }) {
  const heading = useRef();
  useLayoutEffect(() => {
    document.title = `${title ?? children} · Storefront`;
    heading.current.focus();
  }, [title]);
  return html`<h1 tabindex="-1" ref=${heading}>${children}</h1>`;
}

/**
 * The state of a form. `send` gets the values and the form, and throws an ApiError if it fails. The
 * form may begin with an error message.
 *
 * `problems` has a text per field; `field` returns the name and the problem of one field. A form
 * that the browser finds invalid is not sent.
 */
export function useForm(send, message = "") {
  const [state, setState] = useState({ isBusy: false, problems: {}, message });
  const form = useRef();
  useEffect(() => {
    form.current?.querySelector("[aria-invalid=true]")?.focus();
  }, [state.problems]);

  async function onSubmit(event) {
    event.preventDefault();
    if (state.isBusy) return;
    const element = event.currentTarget;
    const invalid = [...element.elements].filter((each) => each.name && !each.validity.valid);
    if (invalid.length) {
      const problems = Object.fromEntries(invalid.map((each) => [each.name, problemOf(each)]));
      setState({ isBusy: false, problems, message: "" });
      return;
    }
    setState({ isBusy: true, problems: {}, message: "" });
    try {
      await send(Object.fromEntries(new FormData(element)), element);
      setState({ isBusy: false, problems: {}, message: "" });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const isShownAtField = Object.keys(error.fields).some((name) => element.elements.namedItem(name));
      setState({ isBusy: false, problems: error.fields, message: isShownAtField ? "" : error.message });
    }
  }

  const field = (name) => ({ name, problem: state.problems[name] });
  return { ...state, field, attributes: { ref: form, onSubmit, noValidate: true } };
}

// The title of a field says what its pattern allows, which the browser's message does not.
function problemOf({ title, validity, validationMessage }) {
  return validity.patternMismatch ? title : validationMessage;
}

/** A labelled input with a hint and its problem. With `lines` it is a textarea. */
export function Field({ label, hint, problem, lines, ...input }) {
  const id = useId();
  const describedBy = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(" ");
  const attributes = {
    id,
    "aria-describedby": describedBy || undefined,
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

/** A form of `useForm`: its error message, its fields, and the button that sends it. */
export function Form({ form, submit, after, children, ...rest }) {
  return html`<form ...${rest} ...${form.attributes}>
    <${ErrorMessage} text=${form.message} />
    ${children}
    <button class="primary" aria-disabled=${form.isBusy}>
      ${form.isBusy && html`<span class="spinner" />`}${submit}
    </button>
    ${after}
  </form>`;
}

/** What went wrong, and a button that tries again. */
export function ErrorMessage({ text, retry }) {
  return (
    text &&
    html`<div class="notice bad" role="alert">
      <p>${text}</p>
      ${retry && html`<button onClick=${retry}>Try again</button>`}
    </div>`
  );
}

/** Shown until something is loaded: a spinner, or why it cannot be loaded. */
export function Loading({ label = "", problem, read }) {
  return problem
    ? html`<${ErrorMessage} text=${problem} retry=${read} />`
    : html`<div class="loading" role="status"><span class="spinner" /> Loading ${label}…</div>`;
}

/** A list in each of its states: loading, failed, empty, filled, with more pages. */
export function List({ list, empty, label, children }) {
  const problem = list.error?.message;
  if (!list.items) return html`<${Loading} label=${label} problem=${problem} read=${list.reload} />`;
  return html`
    <${ErrorMessage} text=${problem} retry=${list.reload} />
    ${list.items.length ? children : empty}
    ${list.next &&
    html`<button class="more" aria-disabled=${list.isBusy} onClick=${list.more}>
      ${list.isBusy && html`<span class="spinner" />`}Show more ${label}
    </button>`}`;
}

/** A button that does something after a question. `act` returns a promise. */
export function AskFirst({ name, question, confirm, keep, act }) {
  const [isAsking, setAsking] = useState(false);
  const [problem, setProblem] = useState("");
  return html`
    <${ErrorMessage} text=${problem} />
    <div class="actions">
      ${isAsking
        ? html`<span>${question}</span>
            <button class="danger" onClick=${() => act().catch((error) => setProblem(error.message))}>${confirm}</button>
            <button onClick=${() => setAsking(false)}>${keep}</button>`
        : html`<button onClick=${() => setAsking(true)}>${name}…</button>`}
    </div>`;
}

/** A button that deletes the resource at `path`, after a question. */
export function DeleteButton({ path, name, onDelete, children }) {
  const act = async () => {
    await requestAsUser("DELETE", path);
    announce(`Deleted: ${name}`);
    onDelete();
  };
  return html`<${AskFirst} name="Delete" confirm="Delete" keep="Cancel" act=${act}
    question=${["Delete permanently? ", children]} />`;
}

/** Shown instead of an empty list. */
export function EmptyState({ icon, title, children }) {
  return html`<div class="empty"><${Icon} name=${icon} /><p><b>${title}</b></p><p>${children}</p></div>`;
}

const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
/** Writes a date and a time. */
export const ABSOLUTE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** An RFC 3339 time: relative within the last day, otherwise the date. */
export function Time({ at }) {
  const then = new Date(at);
  const minutes = Math.round((then - Date.now()) / 60_000);
  const full = ABSOLUTE.format(then);
  let text = full;
  if (minutes > -1) text = "just now";
  else if (minutes > -60) text = RELATIVE.format(minutes, "minute");
  else if (minutes > -1440) text = RELATIVE.format(Math.round(minutes / 60), "hour");
  return html`<time datetime=${at} title=${full}>${text}</time>`;
}

/** A modal dialog, open while it is rendered. Escape and a click outside close it. */
export function Dialog({ label, onClose, children, ...rest }) {
  const dialog = useRef();
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current.showModal();
    return () => opener?.focus();
  }, []);
  const onClick = (event) => event.target === dialog.current && onClose();
  return html`<dialog ref=${dialog} aria-label=${label} onClose=${onClose} onClick=${onClick} ...${rest}>
    ${children}
  </dialog>`;
}
