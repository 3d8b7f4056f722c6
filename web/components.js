/** The components that all pages are made of. */

import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "./vendor/preact.js";
import { ApiError } from "./api.js";
import { now } from "./clock.js";
import { Draft } from "./drafts.js";
import { format, words } from "./language.js";
import { requestAsUser } from "./session.js";
import { store } from "./store.js";

const SHOWN_FOR = 6_000; // ms
const SHOWN_PER_LETTER = 60; // ms

/** What the page is called, before the name of the shop. */
export const title = store("");

const announcements = store([]);

/** Show a line at the edge of the page until it is read. Screen readers read it out. */
export function announce(text) {
  const added = { id: crypto.randomUUID(), text };
  announcements.value = [...announcements.value, added];
  const remove = () => (announcements.value = announcements.value.filter((each) => each !== added));
  setTimeout(remove, SHOWN_FOR + SHOWN_PER_LETTER * text.length);
}

/** The place for announcements, once per page. It is always there: readers watch it for new lines. */
export function Announcements() {
  return html`<div class="toasts" role="status" aria-live="polite" aria-atomic="false">
    ${announcements.value.map(({ id, text }) => html`<p key=${id} class="toast" dir="auto">${text}</p>`)}
  </div>`;
}

/** An icon next to text. Screen readers skip it. */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><use href="icons.svg#${name}" /></svg>`;
}

/** The page's heading. It takes the focus when the page opens, before any other element can. */
export function Heading({ children, title: name }) {
  const heading = useRef();
  const text = name ?? children;
  useLayoutEffect(() => {
    title.value = text; // the language may change
  }, [text]);
  useLayoutEffect(() => heading.current.focus(), [name]);
  return html`<h1 tabindex="-1" ref=${heading} dir="auto">${children}</h1>`;
}

/**
 * The state of a form. `send` gets the values, the form and an id of what is sent, and throws an
 * ApiError if it fails. The form may begin with an error message. With the name of a `draft`, what is
 * typed is kept until it is sent; then only what was sent is cleared.
 *
 * `problems` has a text per field; `field` returns the name and the problem of one field. A form
 * that the browser finds invalid is not sent, nor one with spaces where something is required.
 */
export function useForm(send, message = "", draftName = "") {
  const [state, setState] = useState({ isBusy: false, problems: {}, message });
  const form = useRef();
  const draft = useRef();
  useLayoutEffect(() => {
    if (draftName) draft.current = new Draft(draftName, form.current);
  }, [draftName]);
  useEffect(() => {
    form.current?.querySelector("[aria-invalid=true]")?.focus();
  }, [state.problems]);

  async function onSubmit(event) {
    event.preventDefault();
    if (state.isBusy) return;
    const element = event.currentTarget;
    const invalid = [...element.elements].filter((each) => each.name && !isValid(each));
    if (invalid.length) {
      const problems = Object.fromEntries(invalid.map((each) => [each.name, problemOf(each)]));
      setState({ isBusy: false, problems, message: "" });
      return;
    }
    setState({ isBusy: true, problems: {}, message: "" });
    const { current: sent } = draft;
    sent?.send();
    try {
      await send(valuesOf(element), element, sent?.key);
      sent?.clear();
      setState({ isBusy: false, problems: {}, message: "" });
      if (sent && !sent.edited.size && element.contains(document.activeElement)) sent.fields()[0].focus();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const isShownAtField = Object.keys(error.fields).some((name) => element.elements.namedItem(name));
      setState({ isBusy: false, problems: error.fields, message: isShownAtField ? "" : error.message });
    }
  }

  const field = (name) => ({ name, problem: state.problems[name] });
  const onInput = ({ target }) => draft.current?.follow(target);
  const forget = () => draft.current.forget();
  return { ...state, field, forget, attributes: { ref: form, onSubmit, onInput, noValidate: true } };
}

// A line has no spaces around it. A text of several lines, or a password, may have them.
function valuesOf(form) {
  const isLine = (name) => ["text", "search", "email"].includes(form.elements.namedItem(name)?.type);
  return Object.fromEntries(
    [...new FormData(form)].map(([name, value]) => [name, isLine(name) ? value.trim() : value]),
  );
}

function isValid({ required, value, validity }) {
  return validity.valid && !(required && !value.trim());
}

// The title of a field says what its pattern allows, which the browser's message does not.
function problemOf({ title, validity, validationMessage }) {
  if (validity.patternMismatch) return title;
  return validationMessage || words.common.onlySpaces;
}

/** A labelled input with a hint and its problem. With `lines` it is a textarea. */
export function Field({ label, hint, problem, lines, ...input }) {
  const id = useId();
  const describedBy = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(" ");
  const attributes = {
    id,
    "aria-describedby": describedBy || undefined,
    "aria-invalid": problem ? "true" : undefined,
    dir: input.type ? undefined : "auto",
    ...input,
  };
  return html`
    <div class="field">
      <label for=${id}>${label}${!input.required && html` <small>${words.common.optional}</small>`}</label>
      ${lines ? html`<textarea rows=${lines} ...${attributes} />` : html`<input ...${attributes} />`}
      ${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`}
      ${problem && html`<p class="problem" id="${id}-problem">${problem}</p>`}
    </div>`;
}

/** A form of `useForm`: its error message, its fields, and the button that sends it. */
export function Form({ form, submit, kind = "primary", after, children, ...rest }) {
  return html`<form ...${rest} ...${form.attributes}>
    <${ErrorMessage} text=${form.message} />
    ${children}
    <button class=${kind} aria-disabled=${form.isBusy}>
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
      ${retry && html`<button onClick=${retry}>${words.common.tryAgain}</button>`}
    </div>`
  );
}

/** Shown until something is loaded: grey boxes of the class `bones`, or a spinner, or a problem. */
export function Loading({ label = "", problem, read, canRetry = true, bones }) {
  if (problem) return html`<${ErrorMessage} text=${problem} retry=${canRetry && read} />`;
  const text = words.common.loading(label);
  return bones
    ? html`<p class="visually-hidden">${text}</p>
        <div class=${bones} aria-hidden="true">${Array.from({ length: 6 }, () => html`<div class="bone" />`)}</div>`
    : html`<div class="loading"><span class="spinner" /> ${text}</div>`;
}

/**
 * A list in each of its states: loading, failed, empty, filled, with more pages. The `bones` are as
 * high as its rows. After "show more", the focus is on the first of the new rows; with `isUpwards`
 * they are above, and it is the last.
 */
export function List({ list, empty, label, isUpwards, bones, children }) {
  const rowsBefore = useRef(null);
  const button = useRef();
  const rows = () => [...(button.current?.parentElement ?? document).querySelectorAll("li")];
  const more = () => {
    rowsBefore.current = { place: button.current.parentElement, known: new Set(rows()) };
    list.more();
  };
  useLayoutEffect(() => {
    if (list.isBusy || !rowsBefore.current) return;
    const { place, known } = rowsBefore.current;
    rowsBefore.current = null;
    const added = [...place.querySelectorAll("li")].filter((each) => !known.has(each));
    if (added.length) focusRow(added.at(isUpwards ? -1 : 0));
  }, [list.isBusy]);
  const { error } = list;
  const problem = html`<${ErrorMessage} text=${error?.message} retry=${error?.canRetry && list.reload} />`;
  if (!list.items) return error ? problem : html`<${Loading} label=${label} bones=${bones} />`;
  const next =
    list.next &&
    html`<button key="more" class="more" ref=${button} aria-disabled=${list.isBusy} onClick=${more}>
      ${list.isBusy && html`<span class="spinner" />`}${words.common.showMore(label)}
    </button>`;
  return html`
    ${problem}
    ${isUpwards && next}
    ${list.items.length ? children : empty}
    ${!isUpwards && next}`;
}

function focusRow(row) {
  const inside = row.querySelector("a[href], button, input");
  if (!inside) row.tabIndex = -1;
  (inside ?? row).focus({ preventScroll: true });
}

/**
 * A button that does something after a question. `act` returns a promise, `of` is for screen readers.
 */
export function AskFirst({ name, of, look, question, confirm, keep, act }) {
  const [isAsking, setAsking] = useState(null); // null before the first question
  const [problem, setProblem] = useState("");
  const safe = useRef(); // a key that is still held must not confirm
  useEffect(() => {
    if (isAsking !== null) safe.current?.focus();
  }, [isAsking]);
  const go = () => {
    setProblem("");
    act().catch((error) => setProblem(error.message));
  };
  return html`
    <${ErrorMessage} text=${problem} />
    <div class="actions">
      ${isAsking
        ? html`<span key="question">${question}</span>
            <button key="confirm" class="danger" onClick=${go}>${confirm}</button>
            <button key="keep" ref=${safe} onClick=${() => setAsking(false)}>${keep}</button>`
        : html`<button key="name" class=${look} ref=${safe} onClick=${() => setAsking(true)}>${name}…${of &&
          html`<span class="visually-hidden"> ${of}</span>`}</button>`}
    </div>`;
}

/** A button that deletes the resource at `path`, after a question. */
export function DeleteButton({ path, name, onDelete, children }) {
  const act = async () => {
    await requestAsUser("DELETE", path).catch(unlessGone);
    announce(words.common.deleted(name));
    onDelete();
  };
  return html`<${AskFirst} name=${words.common.delete} confirm=${words.common.delete}
    keep=${words.common.cancel} act=${act}
    question=${[words.common.deleteQuestion, children]} />`;
}

/** Whoever deletes what is already deleted has what they want. */
export function unlessGone(error) {
  if (error.status !== 404) throw error;
}

/** Shown instead of an empty list. `action` is what fills it. */
export function EmptyState({ icon, title, action, children }) {
  return html`<div class="empty"><${Icon} name=${icon} /><p><b>${title}</b></p><p>${children}</p>${action}</div>`;
}

/**
 * An RFC 3339 time: relative within the last day, otherwise or if it `isAbsolute` date and time. It is
 * only the date if it `isShort`, and the time of the day if it `isClock`.
 */
export function Time({ at, isAbsolute, isShort, isClock }) {
  const then = new Date(at);
  const minutes = isAbsolute ? -Infinity : Math.round((then - now()) / 60_000);
  const full = format.dateTime.format(then);
  let text = isShort ? format.date.format(then) : full;
  if (isClock) text = format.time.format(then);
  else if (minutes > -1) text = words.common.justNow;
  else if (minutes > -60) text = format.relative.format(minutes, "minute");
  else if (minutes > -1440) text = format.relative.format(Math.round(minutes / 60), "hour");
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
  const pressed = useRef(); // who selects a text may let go outside
  const onClick = ({ target }) => target === dialog.current && pressed.current === target && onClose();
  return html`<dialog ref=${dialog} aria-label=${label} onClose=${onClose} onClick=${onClick}
    onPointerDown=${({ target }) => (pressed.current = target)} ...${rest}>
    ${children}
  </dialog>`;
}
