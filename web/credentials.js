/** The fields for names, codes and passwords, and the button for another code. */

import { html, useState } from "./vendor/preact.js";
import { request } from "./api.js";
import { ErrorMessage, Field, announce } from "./components.js";

/** The field for the name or the address of an existing user. */
export function UserName({ form, username }) {
  return html`<${Field} label="Username or email address" autocomplete="username"
    autocapitalize="none" required defaultValue=${username} ...${form.field("username")} />`;
}

/** The field for a code of six digits. */
export function Code({ form }) {
  return html`<${Field} label="Code" inputmode="numeric" autocomplete="one-time-code"
    pattern="[0-9]{6}" title="Enter six digits." required ...${form.field("code")} />`;
}

/** The field for the password of a user who has one. */
export function Password({ form, label = "Password" }) {
  return html`<${Field} label=${label} type="password" autocomplete="current-password" required
    ...${form.field("password")} />`;
}

/** The field for a new password. Cognito takes none that begins or ends with a space. */
export function NewPassword({ form, label = "New password", name = "newPassword" }) {
  return html`<${Field} label=${label} type="password" autocomplete="new-password" required
    pattern="\\S.*\\S" title="At least two characters, without a space at the beginning or end."
    hint="A long password with upper case, lower case and a digit." ...${form.field(name)} />`;
}

/** A button that sends another code by the route at `path`. */
export function AnotherCode({ path, username }) {
  const [problem, setProblem] = useState("");
  const send = async () => {
    try {
      await request("POST", path, { body: { username } });
      setProblem("");
      announce("Another code is on its way.");
    } catch (error) {
      setProblem(error.message);
    }
  };
  return html`
    <${ErrorMessage} text=${problem} />
    <p><button class="link" onClick=${send}>Send another code</button></p>`;
}
