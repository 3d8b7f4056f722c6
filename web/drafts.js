/** What was typed and not sent yet. It stays in this tab until it is sent, also over a reload. */

const PREFIX = "draft:";
const SECRET = /password|one-time-code/;

const storage = available();
const checks = new Set();
const forms = new Map(); // the form that shows a draft, by the name of the draft
let owner = "";
let mayLeave = false;

/** Show the drafts of this user from now on. Those of others are removed. */
export function ownDrafts(sub) {
  owner = sub;
  for (const key of keys()) if (!key.startsWith(prefix())) storage.removeItem(key);
}

/** Forget all drafts, and let the page go without a question. */
export function forgetDrafts() {
  for (const key of keys()) storage.removeItem(key);
  stopAsking();
}

/** The page may be left from now on: what was typed is in the drafts, and nothing else is lost. */
export function stopAsking() {
  mayLeave = true;
}

/** Ask before the page is left, while `check` returns true. */
export function askWhile(check) {
  checks.add(check);
}

/** Whether something was not sent, or is being sent. */
export function isUnsent() {
  return keys().length > 0 || [...checks].some((check) => check());
}

/** What is kept under a name: any JSON value, or null. */
export function kept(name) {
  return JSON.parse(storage.getItem(prefix() + name));
}

/** Keep a JSON value under a name; null removes it. */
export function keep(name, value) {
  if (value === null) storage.removeItem(prefix() + name);
  else store(prefix() + name, JSON.stringify(value));
}

function store(key, text) {
  try {
    storage.setItem(key, text);
  } catch {} // it is full: what is typed stays in the form
}

// Without storage, which some browsers block, drafts survive the way to other pages, and no reload.
function available() {
  try {
    return sessionStorage;
  } catch {
    return Object.create({
      getItem(key) {
        return this[key] ?? null;
      },
      setItem(key, text) {
        this[key] = text;
      },
      removeItem(key) {
        delete this[key];
      },
    });
  }
}

/**
 * The draft of a form: it fills the form, and follows what is typed into it.
 *
 * `key` is an id of what is typed now: the same content, sent again, has the same one. What was sent
 * is cleared with `clear`, except what was typed in the meantime. Passwords and codes are never kept.
 */
export class Draft {
  constructor(name, form) {
    Object.assign(this, { name, form, edited: new Set() });
    forms.set(name, this);
    const { values = {}, key = crypto.randomUUID() } = kept(name) ?? {};
    this.key = key;
    for (const each of this.fields()) if (each.name in values) each.value = values[each.name];
  }

  /** Keep what is typed. `field` is what has changed. */
  follow(field) {
    this.edited.add(field.name);
    this.key = crypto.randomUUID();
    this.save();
  }

  /** What is edited from now on is not what is being sent. */
  send() {
    this.edited.clear();
  }

  /** Clear what was sent, also in a form that was opened meanwhile. */
  clear() {
    const shown = forms.get(this.name);
    for (const each of shown.fields()) if (!shown.edited.has(each.name)) each.value = each.defaultValue;
    shown.key = crypto.randomUUID();
    shown.save();
  }

  /** Forget what was typed. */
  forget() {
    keep(this.name, null);
  }

  save() {
    const typed = this.fields().filter((each) => each.value !== each.defaultValue);
    const values = Object.fromEntries(typed.map(({ name, value }) => [name, value]));
    keep(this.name, typed.length ? { key: this.key, values } : null);
  }

  fields() {
    return [...this.form.elements].filter(
      (each) => each.name && "defaultValue" in each && each.type !== "password" && !SECRET.test(each.autocomplete),
    );
  }
}

function prefix() {
  return `${PREFIX}${owner}:`;
}

function keys() {
  return Object.keys(storage).filter((key) => key.startsWith(PREFIX));
}

addEventListener("beforeunload", (event) => {
  if (!mayLeave && isUnsent()) event.preventDefault();
});
