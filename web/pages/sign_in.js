/** All pages before sign-in: each step is a form. */

import { html, useState } from "../vendor/preact.js";
import { request } from "../api.js";
import { AuthenticatorKey } from "../authenticator.js";
import { Field, Form, Heading, useForm } from "../components.js";
import { AnotherCode, Code, Email, NewPassword, Password, StaySignedIn, UserName } from "../credentials.js";
import { LanguageChoice } from "../language_choice.js";
import { words } from "../language.js";
import { answerChallenge, signIn } from "../session.js";

/** `reason` tells why a user who was signed in is here. */
export function SignIn({ reason }) {
  // The address has the reason: an object would also have a value for `constructor`.
  const ended = Object.hasOwn(words.ended, reason) ? reason : "";
  const [step, setStep] = useState({ page: SignInForm, ended });
  const go = (page, values) => setStep({ ...values, page });
  return html`<main class="sign-in">
    <div class="card">
      <p class="brand"><img src="icon.svg" alt="" width="40" height="40" />Storefront</p>
      ${step.ended && html`<p class="notice">${words.ended[step.ended]}</p>`}
      <${step.page} key=${step.page.name} ...${step} go=${go} />
      ${step.page !== SignInForm &&
      html`<p><button class="link" onClick=${() => go(SignInForm, { username: step.username })}>
        ${words.signIn.back}
      </button></p>`}
    </div>
    <${LanguageChoice} />
  </main>`;
}

/**
 * The form of a step. `send` returns the challenge to answer next, if there is one.
 *
 * A refusal may lead to another page, which shows the reason. If a sign-in at the end of another step
 * is refused, that step is done, and the user goes on at the sign-in page.
 */
function useStep({ go, page, ended, problem, ...step }, send, draft) {
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
  }, problem, draft);
}

function SignInForm(step) {
  const { go, username } = step;
  const form = useStep(step, (values) => signIn(values.username, values.password));
  return html`
    <${Heading}>${words.signIn.title}<//>
    <${Form} form=${form} submit=${words.signIn.submit}>
      <${UserName} form=${form} username=${username} />
      <${Password} form=${form} />
      <${StaySignedIn} />
    <//>
    <p class="actions">
      <button class="link" onClick=${() => go(Registration)}>${words.signIn.register}</button>
      <button class="link" onClick=${() => go(ForgottenPassword)}>${words.signIn.forgotten}</button>
    </p>`;
}

function Registration(step) {
  const form = useStep(step, async (body) => {
    const user = await request("POST", "/users", { body });
    if (user.confirmed) return signIn(user.username, body.password);
    step.go(Confirmation, { ...body, username: user.username });
  }, "registration");
  return html`
    <${Heading}>${words.registration.title}<//>
    <${Form} form=${form} submit=${words.registration.submit}>
      <${Field} label=${words.registration.username} autocomplete="username" autocapitalize="none" required
        hint=${words.registration.usernameHint} ...${form.field("username")} />
      <${Email} form=${form} label=${words.registration.email} hint=${words.registration.emailHint} />
      <${NewPassword} form=${form} label=${words.credentials.password} name="password" />
      <${StaySignedIn} />
    <//>`;
}

function Confirmation(step) {
  const { username, password } = step;
  const form = useStep(step, async ({ code }) => {
    await request("POST", "/users/confirm", { body: { username, code } });
    return signIn(username, password);
  });
  return html`
    <${Heading}>${words.confirmation.title}<//>
    <p>${words.confirmation.sent(html`<b>${username}</b>`)}</p>
    <${Form} form=${form} submit=${words.confirmation.submit}>
      <${Code} form=${form} />
    <//>
    <${AnotherCode} path="/users/resend-code" username=${username} />`;
}

function AddressTaken({ go, username, email }) {
  return html`
    <${Heading}>${words.addressTaken.title}<//>
    <p>${words.addressTaken.explanation(
      email ? html`<b>${email}</b>` : words.addressTaken.thisAddress, html`<b>${username}</b>`,
    )}</p>
    <p>${words.addressTaken.ifYours}</p>
    <button class="primary" onClick=${() => go(ForgottenPassword, { username: email })}>
      ${words.addressTaken.reset}
    </button>
    <p>${words.addressTaken.ifNotYours}</p>
    <button onClick=${() => go(Registration)}>${words.addressTaken.register}</button>`;
}

function ForgottenPassword(step) {
  const form = useStep(step, async ({ username }) => {
    await request("POST", "/users/forgot-password", { body: { username } });
    step.go(PasswordReset, { username });
  });
  return html`
    <${Heading}>${words.forgotten.title}<//>
    <${Form} form=${form} submit=${words.forgotten.submit}>
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
    <${Heading}>${words.reset.title}<//>
    <p>${words.reset.sent(html`<b>${username}</b>`)}</p>
    <${Form} form=${form} submit=${words.reset.submit}>
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
    <${Heading}>${words.temporary.title}<//>
    <p>${words.temporary.explanation}</p>
    <${Form} form=${form} submit=${words.temporary.submit}>
      <${NewPassword} form=${form} />
    <//>`;
}

function Authenticator(step) {
  const { challenge } = step;
  const form = useStep(step, (values) => answerChallenge(challenge, values));
  return html`
    <${Heading}>${words.authenticator.title}<//>
    ${challenge.secret
      ? html`<${AuthenticatorKey} username=${challenge.username} secret=${challenge.secret} />`
      : html`<p>${words.authenticator.enterCode} ${words.authenticator.lost}</p>`}
    <${Form} form=${form} submit=${words.authenticator.submit}>
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
