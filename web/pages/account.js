/** The user's account: profile, password, authenticator app, data, sign-out, and deletion. */

import { html, useState } from "../vendor/preact.js";
import { AuthenticatorKey } from "../authenticator.js";
import { Form, Heading, Icon, Loading, announce, useForm } from "../components.js";
import { Code, NewPassword, Password } from "../credentials.js";
import { DataExport } from "../export.js";
import { changePassword, deleteAccount, requestForAccount, signOut, user } from "../session.js";
import { useResource } from "../resources.js";

/** `others` are the pages that have no tab on a phone. */
export function Account({ others }) {
  const { username, email, emailVerified, groups } = user.value;
  return html`
    <${Heading}>Account<//>
    ${others.length > 0 &&
    html`<nav class="other-pages" aria-label="More pages">
      ${others.map(({ path, label, icon }) => html`<a class="button" href="#/${path}"><${Icon} name=${icon} />${label}</a>`)}
    </nav>`}
    <section class="card" aria-labelledby="profile">
      <h2 id="profile">Profile</h2>
      <dl>
        <dt>Username</dt><dd>${username}</dd>
        <dt>Email address</dt><dd>${email ? `${email}${emailVerified ? "" : " (not confirmed)"}` : "none"}</dd>
        <dt>Groups</dt><dd>${groups.join(", ") || "none"}</dd>
      </dl>
      <button onClick=${signOut}>Sign out everywhere</button>
    </section>
    <section class="card" aria-labelledby="password">
      <h2 id="password">Password</h2>
      <${PasswordChange} />
    </section>
    <section class="card" aria-labelledby="authenticator">
      <h2 id="authenticator">Authenticator app</h2>
      <${Authenticator} />
    </section>
    <section class="card" aria-labelledby="data">
      <h2 id="data">Your data</h2>
      <${DataExport} />
    </section>
    <section class="card" aria-labelledby="deletion">
      <h2 id="deletion">Delete my account</h2>
      <${Deletion} />
    </section>`;
}

function PasswordChange() {
  const form = useForm(changePassword);
  return html`<${Form} form=${form} submit="Change password">
    <p>You will be signed out on all devices, also on this one.</p>
    <${Password} form=${form} label="Current password" />
    <${NewPassword} form=${form} />
  <//>`;
}

// Only the refusal tells whether the user also needs a code.
function Deletion() {
  const [needsCode, setNeedsCode] = useState(false);
  const form = useForm((proof) =>
    deleteAccount(proof).catch((error) => {
      if (error.fields.code) setNeedsCode(true);
      throw error;
    }),
  );
  return html`<${Form} form=${form} submit="Delete my account for ever">
    <p><b>This cannot be undone.</b> Your account, pictures, groups and messages are deleted, also the
      messages that others have sent to you. The shop may keep what was ordered, but not by whom.</p>
    <${Password} form=${form} label="Password of this account" />
    ${needsCode && html`<${Code} form=${form} />`}
  <//>`;
}

function Authenticator() {
  const { value, set, problem, read } = useResource("/users/mfa", requestForAccount);
  const [secret, setSecret] = useState("");
  if (!value) return html`<${Loading} problem=${problem} read=${read} />`;
  if (!secret) return html`<${NewApp} isOn=${value.mfa} onSecret=${setSecret} />`;
  const onTurnedOn = (response) => {
    set(response);
    setSecret("");
  };
  return html`<${FirstCode} secret=${secret} onTurnedOn=${onTurnedOn} />`;
}

function NewApp({ isOn, onSecret }) {
  const form = useForm(async (password) => {
    const { secret } = await requestForAccount("POST", "/users/mfa", password);
    onSecret(secret);
  });
  return isOn
    ? html`
        <p>On. Every sign-in requires a code from the app.</p>
        <${Form} form=${form} submit="Replace the app">
          <p>To replace the app, have the new one ready: the old one may stop working at once.</p>
          <${Password} form=${form} label="Your password" />
        <//>`
    : html`
        <p>Off. With an authenticator app, the password alone is not enough to sign in.</p>
        <${Form} form=${form} submit="Set up" />`;
}

function FirstCode({ secret, onTurnedOn }) {
  const form = useForm(async (code) => {
    const response = await requestForAccount("PUT", "/users/mfa", code);
    announce("The authenticator app is on.");
    onTurnedOn(response);
  });
  return html`<${Form} form=${form} submit="Turn on">
    <${AuthenticatorKey} username=${user.value.username} secret=${secret} />
    <${Code} form=${form} />
  <//>`;
}
