/** The fields for names, codes and passwords, and the button for another code. */

import { html, useState } from "./vendor/preact.js";
import { config, request } from "./api.js";
import { words } from "./language.js";
import { ErrorMessage, Field, announce } from "./components.js";
import { staysSignedIn } from "./kept_session.js";

/** The field for the name or the address of an existing user. */
export function UserName({ form, username }) {
  return html`<${Field} label=${words.credentials.user} autocomplete="username"
    autocapitalize="none" required defaultValue=${username} ...${form.field("username")} />`;
}

/** The field for an email address. */
export function Email({ form, ...rest }) {
  return html`<${Field} type="email" autocomplete="email" required ...${rest} ...${form.field("email")} />`;
}

/** The field for a code of six digits. */
export function Code({ form, hint }) {
  return html`<${Field} label=${words.credentials.code} hint=${hint} inputmode="numeric" autocomplete="one-time-code"
    pattern="[0-9]{6}" title=${words.credentials.codeRule} required ...${form.field("code")} />`;
}

/** The field for the password of a user who has one. */
export function Password({ form, label = words.credentials.password }) {
  return html`<${SecretField} label=${label} autocomplete="current-password" required
    ...${form.field("password")} />`;
}

/** A password that its user can look at. */
function SecretField(attributes) {
  const [isShown, setShown] = useState(false);
  return html`<div class="secret">
    <${Field} type=${isShown ? "text" : "password"} autocapitalize="none" spellcheck=${false} ...${attributes} />
    <button type="button" class="link" onClick=${() => setShown(!isShown)}>
      ${isShown ? words.credentials.hide : words.credentials.show}<span class="visually-hidden"> (${attributes.label})</span>
    </button>
  </div>`;
}

/** Whether the user is still signed in after this page. Not sent with the form: it has no name. */
export function StaySignedIn() {
  return html`<label class="choice">
    <input type="checkbox" checked=${staysSignedIn.value}
      onChange=${(event) => (staysSignedIn.value = event.currentTarget.checked)} />
    <span>${words.credentials.stay} <small>${words.credentials.stayHint}</small></span>
  </label>`;
}

const RULES = {
  length: (text) => text.length >= config.passwordLength,
  lower: (text) => /[a-z]/.test(text),
  upper: (text) => /[A-Z]/.test(text),
  digit: (text) => /[0-9]/.test(text),
};

/** The field for a new password, with the rules of the user pool. Cognito itself decides. */
export function NewPassword({ form, label = words.credentials.newPassword, name = "newPassword" }) {
  const [text, setText] = useState("");
  return html`
    <${SecretField} label=${label} autocomplete="new-password" required pattern="\\S.*\\S"
      title=${words.credentials.newPasswordRule}
      onInput=${(event) => setText(event.currentTarget.value)} ...${form.field(name)} />
    <ul class="rules" aria-label=${words.passwordRules.title}>
      ${Object.entries(RULES).map(([name, isKept]) => html`<li class=${isKept(text) ? "kept" : ""}>
        ${words.passwordRules[name](config.passwordLength)}
        ${isKept(text) && html`<span class="visually-hidden">${words.passwordRules.kept}</span>`}
      </li>`)}
    </ul>`;
}

/** A button that sends another code by the route at `path`. */
export function AnotherCode({ path, username }) {
  const [problem, setProblem] = useState("");
  const send = async () => {
    try {
      await request("POST", path, { body: { username } });
      setProblem("");
      announce(words.credentials.sentAnother);
    } catch (error) {
      setProblem(error.message);
    }
  };
  return html`
    <${ErrorMessage} text=${problem} />
    <p><button class="link" onClick=${send}>${words.credentials.sendAnother}</button></p>`;
}
