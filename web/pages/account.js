/** The user's account: profile, password, authenticator app, and sign-out. */

import { html, useState } from "../vendor/preact.js";
import { AuthenticatorKey } from "../authenticator.js";
import { ErrorMessage, Field, Form, Heading, announce, useForm } from "../components.js";
import { changePassword, requestForAccount, signOut, user } from "../session.js";
import { useResource } from "../resources.js";
import { Code, NewPassword } from "./sign_in.js";

export function Account() {
  const { username, email, emailVerified, groups } = user.value;
  return html`
    <${Heading}>Account<//>
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
    </section>`;
}

function PasswordChange() {
  const form = useForm(changePassword);
  return html`<${Form} form=${form} submit="Change password">
    <p>You will be signed out on all devices, also on this one.</p>
    <${Field} label="Current password" type="password" autocomplete="current-password" required
      ...${form.field("password")} />
    <${NewPassword} form=${form} />
  <//>`;
}

function Authenticator() {
  const { value, set, problem } = useResource("/users/mfa", requestForAccount);
  if (problem) return html`<${ErrorMessage} text=${problem} />`;
  if (!value) return html`<p>Loading…</p>`;
  if (value.mfa) return html`<p>On. Every sign-in requires a code from the app.</p>`;
  return html`<${AuthenticatorSetup} onTurnedOn=${set} />`;
}

function AuthenticatorSetup({ onTurnedOn }) {
  const [secret, setSecret] = useState("");
  const [problem, setProblem] = useState("");
  const begin = () =>
    requestForAccount("POST", "/users/mfa").then(
      (response) => setSecret(response.secret),
      (error) => setProblem(error.message),
    );
  const form = useForm(async ({ code }) => {
    const response = await requestForAccount("PUT", "/users/mfa", { code });
    announce("The authenticator app is on.");
    onTurnedOn(response);
  });
  if (!secret) {
    return html`<p>Off. With an authenticator app, the password alone is not enough to sign in.</p>
      <${ErrorMessage} text=${problem} />
      <button onClick=${begin}>Set up</button>`;
  }
  return html`<${Form} form=${form} submit="Turn on">
    <${AuthenticatorKey} username=${user.value.username} secret=${secret} />
    <${Code} form=${form} />
  <//>`;
}
