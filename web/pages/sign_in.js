/** Everything before somebody is signed in: each step is a form. */

import { html, useState } from "../vendor/preact.js";
import { Refusal, request } from "../api.js";
import { Field, Form, Heading, announce, useForm } from "../parts.js";
import { meet, signIn } from "../session.js";

const REASONS = {
  "signed-out": "You are signed out, on every device.",
  "session-over": "Your session is over. Sign in again.",
};

const PASSWORD_RULE = "Long, with lower case, upper case and a digit.";

/** `reason` is why somebody who was signed in stands here. */
export function SignIn({ reason }) {
  const [step, setStep] = useState({ page: Password });
  const go = (page, known) => setStep({ ...known, page });
  const isFirst = step.page === Password;
  return html`<main class="door">
    <div class="card">
      <p class="brand"><img src="icon.svg" alt="" width="40" height="40" />Storefront</p>
      ${isFirst && REASONS[reason] && html`<p class="notice">${REASONS[reason]}</p>`}
      <${step.page} key=${step.page.name} ...${step} go=${go} />
      ${!isFirst &&
      html`<p><button class="link" onClick=${() => go(Password, step)}>Back to sign in</button></p>`}
    </div>
  </main>`;
}

function Password({ go, username }) {
  const form = useForm(async ({ username, password }) => {
    try {
      next(await signIn(username, password), go);
    } catch (refusal) {
      if (!refusal.details?.includes("user: unconfirmed")) throw refusal;
      go(Confirmation, { username, password });
    }
  });
  return html`
    <${Heading}>Sign in<//>
    <${Form} form=${form} submit="Sign in">
      <${Field} label="Name or email address" autocomplete="username"
        autocapitalize="none" required value=${username} ...${form.field("username")} />
      <${Field} label="Password" type="password" autocomplete="current-password"
        required ...${form.field("password")} />
    <//>
    <p class="ways">
      <button class="link" onClick=${() => go(Registration)}>Create an account</button>
      <button class="link" onClick=${() => go(Forgotten)}>Forgotten password</button>
    </p>`;
}

function Registration({ go }) {
  const form = useForm(async ({ username, email, password }) => {
    const body = { username, email, password };
    const { confirmed } = await request("POST", "/users", { body });
    if (confirmed) next(await signIn(username, password), go);
    else go(Confirmation, { username, password });
  });
  return html`
    <${Heading}>Create an account<//>
    <${Form} form=${form} submit="Create the account">
      <${Field} label="Name" autocomplete="username" autocapitalize="none" required
        hint="What others write to you by." ...${form.field("username")} />
      <${Field} label="Email address" type="email" autocomplete="email" required
        hint="A code goes there." ...${form.field("email")} />
      <${Field} label="Password" type="password" autocomplete="new-password" required
        hint=${PASSWORD_RULE} ...${form.field("password")} />
    <//>`;
}

function Confirmation({ go, username, password }) {
  const form = useForm(async ({ code }) => {
    await request("POST", "/users/confirm", { body: { username, code } });
    next(await signIn(username, password), go);
  });
  const resend = () =>
    request("POST", "/users/resend-code", { body: { username } }).then(
      ({ message }) => announce(message),
      (refusal) => announce(refusal.message),
    );
  return html`
    <${Heading}>Confirm your address<//>
    <p>A code is on its way to the email address of <b>${username}</b>.</p>
    <${Form} form=${form} submit="Confirm">
      <${Code} form=${form} />
    <//>
    <p><button class="link" onClick=${resend}>Send another code</button></p>`;
}

function Forgotten({ go }) {
  const form = useForm(async ({ username }) => {
    await request("POST", "/users/forgot-password", { body: { username } });
    go(Reset, { username });
  });
  return html`
    <${Heading}>Forgotten password<//>
    <${Form} form=${form} submit="Send a code">
      <${Field} label="Name or email address" autocomplete="username"
        autocapitalize="none" required ...${form.field("username")} />
    <//>`;
}

function Reset({ go, username }) {
  const form = useForm(async ({ code, newPassword }) => {
    const body = { username, code, newPassword };
    await request("POST", "/users/reset-password", { body }).catch(underNewPassword);
    next(await signIn(username, newPassword), go);
  });
  return html`
    <${Heading}>New password<//>
    <p>If there is a user <b>${username}</b>, a code is on its way to their email address.</p>
    <${Form} form=${form} submit="Set the password">
      <${Code} form=${form} />
      <${NewPassword} form=${form} />
    <//>`;
}

function TemporaryPassword({ go, challenge }) {
  const form = useForm(async ({ newPassword }) =>
    next(await meet(challenge, { newPassword }).catch(underNewPassword), go),
  );
  return html`
    <${Heading}>Choose a password<//>
    <p>The one you signed in with was for the first time only.</p>
    <${Form} form=${form} submit="Set the password">
      <${NewPassword} form=${form} />
    <//>`;
}

function Authenticator({ go, challenge }) {
  const form = useForm(async ({ code }) => next(await meet(challenge, { code }), go));
  return html`
    <${Heading}>Authenticator app<//>
    ${challenge.secret
      ? html`<p>Add this key to your authenticator app, then type its code.</p>
          <p><code class="key">${challenge.secret}</code></p>`
      : html`<p>Type the code that your app shows for Storefront.</p>`}
    <${Form} form=${form} submit="Sign in">
      <${Code} form=${form} />
    <//>`;
}

const CHALLENGES = {
  NEW_PASSWORD_REQUIRED: TemporaryPassword,
  SOFTWARE_TOKEN_MFA: Authenticator,
  MFA_SETUP: Authenticator,
};

/** The field for a code of six digits. */
export function Code({ form }) {
  return html`<${Field} label="Code" inputmode="numeric" autocomplete="one-time-code"
    pattern="[0-9]{6}" title="Six digits" required ...${form.field("code")} />`;
}

function NewPassword({ form }) {
  return html`<${Field} label="New password" type="password" autocomplete="new-password" required
    hint=${PASSWORD_RULE} ...${form.field("newPassword")} />`;
}

function next(challenge, go) {
  if (challenge) go(CHALLENGES[challenge.challenge], { challenge });
}

// The backend calls every password `password`; the form's field is another one.
function underNewPassword(refusal) {
  const details = refusal.details?.map((each) => each.replace(/^password: /, "newPassword: "));
  throw new Refusal(refusal.status, refusal.message, details);
}
