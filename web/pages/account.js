/** The user's account: profile, authenticator app, and sign-out. */

import { html, useState } from "../vendor/preact.js";
import { AuthenticatorKey } from "../authenticator.js";
import { ErrorMessage, Form, Heading, announce, useForm } from "../components.js";
import { readUser, requestAsUser, signOut, user } from "../session.js";
import { Code } from "./sign_in.js";

export function Account() {
  const { username, email, emailVerified, groups, mfa } = user.value;
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
    <section class="card" aria-labelledby="authenticator">
      <h2 id="authenticator">Authenticator app</h2>
      ${mfa ? html`<p>On. Every sign-in requires a code from the app.</p>` : html`<${AuthenticatorSetup} />`}
    </section>`;
}

function AuthenticatorSetup() {
  const [secret, setSecret] = useState("");
  const [problem, setProblem] = useState("");
  const begin = () =>
    requestAsUser("POST", "/users/mfa").then(
      (response) => setSecret(response.secret),
      (error) => setProblem(error.message),
    );
  const form = useForm(async ({ code }) => {
    await requestAsUser("PUT", "/users/mfa", { code });
    announce("The authenticator app is on.");
    await readUser();
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
