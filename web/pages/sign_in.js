/** All pages before sign-in: each step is a form. */

import { html, useState } from "../vendor/preact.js";
import { request } from "../api.js";
import { AuthenticatorKey } from "../authenticator.js";
import { Field, Form, Heading, useForm } from "../components.js";
import { AnotherCode, Code, NewPassword, Password, UserName } from "../credentials.js";
import { answerChallenge, signIn } from "../session.js";

// A map, because the address has the reason: an object would also have a value for `constructor`.
const REASONS = new Map([
  ["signed-out", "You are signed out on all devices."],
  ["signed-out-here", `You are signed out here, but perhaps not on other devices. To be sure, sign in and
    sign out again.`],
  ["password-changed", "Your password is changed. Sign in with the new one."],
  ["account-deleted", "Your account is deleted. What is stored about you is being deleted now."],
  ["session-ended", "Your session has ended. It has expired, or it was ended on another device. Sign in again."],
]);

/** `reason` tells why a user who was signed in is here. */
export function SignIn({ reason }) {
  const [step, setStep] = useState({ page: SignInForm, notice: REASONS.get(reason) });
  const go = (page, values) => setStep({ ...values, page });
  return html`<main class="sign-in">
    <div class="card">
      <p class="brand"><img src="icon.svg" alt="" width="40" height="40" />Storefront</p>
      ${step.notice && html`<p class="notice">${step.notice}</p>`}
      <${step.page} key=${step.page.name} ...${step} go=${go} />
      ${step.page !== SignInForm &&
      html`<p><button class="link" onClick=${() => go(SignInForm, { username: step.username })}>
        Back to sign in
      </button></p>`}
    </div>
  </main>`;
}

/**
 * The form of a step. `send` returns the challenge to answer next, if there is one.
 *
 * A refusal may lead to another page, which shows the reason. If a sign-in at the end of another step
 * is refused, that step is done, and the user goes on at the sign-in page.
 */
function useStep({ go, page, notice, problem, ...step }, send) {
  return useForm(async (values) => {
    try {
      const challenge = await send(values);
      if (challenge) go(CHALLENGES[challenge.challenge], { ...step, ...values, challenge });
    } catch (error) {
      const isLate = error.path === "/users/login" && page !== SignInForm;
      const following = PAGES[error.page] ?? (isLate && SignInForm);
      if (!following) throw error;
      go(following, { ...step, ...values, problem: error.message });
    }
  }, problem);
}

function SignInForm(step) {
  const { go, username } = step;
  const form = useStep(step, (values) => signIn(values.username, values.password));
  return html`
    <${Heading}>Sign in<//>
    <${Form} form=${form} submit="Sign in">
      <${UserName} form=${form} username=${username} />
      <${Password} form=${form} />
    <//>
    <p class="actions">
      <button class="link" onClick=${() => go(Registration)}>Create an account</button>
      <button class="link" onClick=${() => go(ForgottenPassword)}>Forgot your password?</button>
    </p>`;
}

function Registration(step) {
  const form = useStep(step, async (body) => {
    const user = await request("POST", "/users", { body });
    if (user.confirmed) return signIn(user.username, body.password);
    step.go(Confirmation, { ...body, username: user.username });
  });
  return html`
    <${Heading}>Create an account<//>
    <${Form} form=${form} submit="Create account">
      <${Field} label="Username" autocomplete="username" autocapitalize="none" required
        hint="Other users write to you under this name." ...${form.field("username")} />
      <${Field} label="Email address" type="email" autocomplete="email" required
        hint="We send a confirmation code to this address." ...${form.field("email")} />
      <${NewPassword} form=${form} label="Password" name="password" />
    <//>`;
}

function Confirmation(step) {
  const { username, password } = step;
  const form = useStep(step, async ({ code }) => {
    await request("POST", "/users/confirm", { body: { username, code } });
    return signIn(username, password);
  });
  return html`
    <${Heading}>Confirm your email address<//>
    <p>We sent a code to the email address of <b>${username}</b>.</p>
    <${Form} form=${form} submit="Confirm">
      <${Code} form=${form} />
    <//>
    <${AnotherCode} path="/users/resend-code" username=${username} />`;
}

function AddressTaken({ go, username, email }) {
  return html`
    <${Heading}>This email address is in use<//>
    <p>Another account has confirmed ${email ? html`<b>${email}</b>` : "this email address"}, so it
      cannot be confirmed for <b>${username}</b>.</p>
    <p>If the other account is yours, set a new password for it. Then sign in with the email address.</p>
    <button class="primary" onClick=${() => go(ForgottenPassword, { username: email })}>
      Reset the password
    </button>
    <p>If it is not yours, use another email address. Choose another username too: this one is reserved
      for a day.</p>
    <button onClick=${() => go(Registration)}>Create another account</button>`;
}

function ForgottenPassword(step) {
  const form = useStep(step, async ({ username }) => {
    await request("POST", "/users/forgot-password", { body: { username } });
    step.go(PasswordReset, { username });
  });
  return html`
    <${Heading}>Reset your password<//>
    <${Form} form=${form} submit="Send code">
      <${UserName} form=${form} username=${step.username} />
    <//>`;
}

function PasswordReset(step) {
  const { username } = step;
  const form = useStep(step, async ({ code, newPassword }) => {
    const body = { username, code, newPassword };
    await request("POST", "/users/reset-password", { body }).catch(forNewPassword);
    return signIn(username, newPassword);
  });
  return html`
    <${Heading}>Choose a new password<//>
    <p>If the user <b>${username}</b> exists, we sent a code to their email address.</p>
    <${Form} form=${form} submit="Set password">
      <${Code} form=${form} />
      <${NewPassword} form=${form} />
    <//>
    <${AnotherCode} path="/users/forgot-password" username=${username} />`;
}

function TemporaryPassword(step) {
  const form = useStep(step, (values) =>
    answerChallenge(step.challenge, values).catch(forNewPassword),
  );
  return html`
    <${Heading}>Choose a password<//>
    <p>The password that you signed in with is temporary.</p>
    <${Form} form=${form} submit="Set password">
      <${NewPassword} form=${form} />
    <//>`;
}

function Authenticator(step) {
  const { challenge } = step;
  const form = useStep(step, (values) => answerChallenge(challenge, values));
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

// The pages to which refusals.js sends the user.
const PAGES = {
  "sign-in": SignInForm,
  confirmation: Confirmation,
  "address-taken": AddressTaken,
  "password-reset": PasswordReset,
};

// The backend names the field `password`; in these forms it is `newPassword`.
function forNewPassword(error) {
  const { password } = error.fields;
  if (password) error.fields.newPassword = password;
  throw error;
}
