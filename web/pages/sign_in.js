/** All pages before sign-in: each step is a form. */

import { html, useState } from "../vendor/preact.js";
import { ApiError, request } from "../api.js";
import { AuthenticatorKey } from "../authenticator.js";
import { Field, Form, Heading, announce, useForm } from "../components.js";
import { answerChallenge, signIn } from "../session.js";

const REASONS = {
  "signed-out": "You are signed out on all devices.",
  "password-changed": "Your password is changed. Sign in with the new one.",
  "session-expired": "Your session has expired. Sign in again.",
};

const PASSWORD_RULE = "A long password with upper case, lower case and a digit.";

/** `reason` tells why a user who was signed in is here. */
export function SignIn({ reason }) {
  const [step, setStep] = useState({ page: Password });
  const go = (page, values) => setStep({ ...values, page });
  const isFirst = step.page === Password;
  return html`<main class="sign-in">
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
    } catch (error) {
      if (!error.details?.includes("user: unconfirmed")) throw error;
      go(Confirmation, { username, password });
    }
  });
  return html`
    <${Heading}>Sign in<//>
    <${Form} form=${form} submit="Sign in">
      <${Field} label="Username or email address" autocomplete="username"
        autocapitalize="none" required value=${username} ...${form.field("username")} />
      <${Field} label="Password" type="password" autocomplete="current-password"
        required ...${form.field("password")} />
    <//>
    <p class="actions">
      <button class="link" onClick=${() => go(Registration)}>Create an account</button>
      <button class="link" onClick=${() => go(ForgottenPassword)}>Forgot your password?</button>
    </p>`;
}

function Registration({ go }) {
  const form = useForm(async ({ username, email, password }) => {
    const body = { username, email, password };
    const user = await request("POST", "/users", { body });
    if (user.confirmed) next(await signIn(user.username, password), go);
    else go(Confirmation, { username: user.username, password });
  });
  return html`
    <${Heading}>Create an account<//>
    <${Form} form=${form} submit="Create account">
      <${Field} label="Username" autocomplete="username" autocapitalize="none" required
        hint="Other users write to you under this name." ...${form.field("username")} />
      <${Field} label="Email address" type="email" autocomplete="email" required
        hint="We send a confirmation code to this address." ...${form.field("email")} />
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
      (error) => announce(error.message),
    );
  return html`
    <${Heading}>Confirm your email address<//>
    <p>We sent a code to the email address of <b>${username}</b>.</p>
    <${Form} form=${form} submit="Confirm">
      <${Code} form=${form} />
    <//>
    <p><button class="link" onClick=${resend}>Send another code</button></p>`;
}

function ForgottenPassword({ go }) {
  const form = useForm(async ({ username }) => {
    await request("POST", "/users/forgot-password", { body: { username } });
    go(PasswordReset, { username });
  });
  return html`
    <${Heading}>Reset your password<//>
    <${Form} form=${form} submit="Send code">
      <${Field} label="Username or email address" autocomplete="username"
        autocapitalize="none" required ...${form.field("username")} />
    <//>`;
}

function PasswordReset({ go, username }) {
  const form = useForm(async ({ code, newPassword }) => {
    const body = { username, code, newPassword };
    await request("POST", "/users/reset-password", { body }).catch(forNewPassword);
    next(await signIn(username, newPassword), go);
  });
  return html`
    <${Heading}>Choose a new password<//>
    <p>If the user <b>${username}</b> exists, we sent a code to their email address.</p>
    <${Form} form=${form} submit="Set password">
      <${Code} form=${form} />
      <${NewPassword} form=${form} />
    <//>`;
}

function TemporaryPassword({ go, challenge }) {
  const form = useForm(async ({ newPassword }) =>
    next(await answerChallenge(challenge, { newPassword }).catch(forNewPassword), go),
  );
  return html`
    <${Heading}>Choose a password<//>
    <p>The password that you signed in with is temporary.</p>
    <${Form} form=${form} submit="Set password">
      <${NewPassword} form=${form} />
    <//>`;
}

function Authenticator({ go, challenge }) {
  const form = useForm(async ({ code }) => next(await answerChallenge(challenge, { code }), go));
  return html`
    <${Heading}>Authenticator app<//>
    ${challenge.secret
      ? html`<${AuthenticatorKey} username=${challenge.username} secret=${challenge.secret} />`
      : html`<p>Enter the code that your app shows for Storefront.</p>`}
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

/** The field for a new password. */
export function NewPassword({ form }) {
  return html`<${Field} label="New password" type="password" autocomplete="new-password" required
    hint=${PASSWORD_RULE} ...${form.field("newPassword")} />`;
}

function next(challenge, go) {
  if (challenge) go(CHALLENGES[challenge.challenge], { challenge });
}

// The backend's details name the field `password`; in these forms it is `newPassword`.
function forNewPassword(error) {
  const details = error.details?.map((each) => each.replace(/^password: /, "newPassword: "));
  throw new ApiError(error.status, error.message, details);
}
