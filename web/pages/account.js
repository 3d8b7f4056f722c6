/** The user: who they are, their authenticator app, and the way out. */

import { html, useState } from "../vendor/preact.js";
import { Form, Heading, Problem, announce, useForm } from "../parts.js";
import { ask, readUser, signOut, user } from "../session.js";
import { Code } from "./sign_in.js";

export function Account() {
  const { username, email, emailVerified, groups, mfa } = user.value;
  return html`
    <${Heading}>Account<//>
    <section class="card" aria-labelledby="you">
      <h2 id="you">You</h2>
      <dl>
        <dt>Name</dt><dd>${username}</dd>
        <dt>Email address</dt><dd>${email ? `${email}${emailVerified ? "" : " (not confirmed)"}` : "none"}</dd>
        <dt>Groups</dt><dd>${groups.join(", ") || "none"}</dd>
      </dl>
      <button onClick=${signOut}>Sign out everywhere</button>
    </section>
    <section class="card" aria-labelledby="app-code">
      <h2 id="app-code">Authenticator app</h2>
      ${mfa ? html`<p>On. Every sign-in asks for its code.</p>` : html`<${AuthenticatorSetup} />`}
    </section>`;
}

function AuthenticatorSetup() {
  const [secret, setSecret] = useState("");
  const [problem, setProblem] = useState("");
  const begin = () =>
    ask("POST", "/users/mfa").then((answer) => setSecret(answer.secret), ({ message }) => setProblem(message));
  const form = useForm(async ({ code }) => {
    await ask("PUT", "/users/mfa", { code });
    announce("The authenticator app is on.");
    await readUser();
  });
  if (!secret) {
    return html`<p>Off. With an app, a password alone opens nothing.</p>
      <${Problem} text=${problem} />
      <button onClick=${begin}>Set one up</button>`;
  }
  const uri = `otpauth://totp/Storefront:${encodeURIComponent(user.value.username)}?secret=${secret}&issuer=Storefront`;
  return html`<${Form} form=${form} submit="Turn it on">
    <p>Add this key to your app, or <a href=${uri}>open it there</a>, then type the code that it shows.</p>
    <p><code class="key">${secret}</code></p>
    <${Code} form=${form} />
  <//>`;
}
