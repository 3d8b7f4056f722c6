/** Everything before somebody is signed in: each step is a form. */

import { html, useState } from "../vendor/preact.js";
import { Refusal, request } from "../api.js";
import { Field, Heading, Problem, Submit, announce, useForm } from "../parts.js";
import { meet, signIn } from "../session.js";

const REASONS = {
  "signed-out": "You are signed out, on every device.",
  "session-over": "Your session is over. Sign in again.",
};

const PASSWORD_RULE = "Long, with lower case, upper case and a digit.";

/** `reason` is why somebody who was signed in stands here. */
export function SignIn({ reason }) {
  const [step, go] = useState({ page: Password });
  return html`<main class="door">
    <div class="card">
      <p class="brand"><img src="icon.svg" alt="" width="40" height="40" />Storefront</p>
      ${step.page === Password && REASONS[reason] &&
      html`<p class="notice">${REASONS[reason]}</p>`}
      <${step.page} key=${step.page.name} ...${step} go=${(page, known) => go({ page, ...known })} />
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
  return html`<form ...${form.attributes}>
    <${Heading}>Sign in<//>
    <${Problem} text=${form.message} />
    <${Field} label="Name or email address" name="username" autocomplete="username"
      autocapitalize="none" required value=${username} problem=${form.problems.username} />
    <${Field} label="Password" name="password" type="password" autocomplete="current-password"
      required problem=${form.problems.password} />
    <${Submit} isBusy=${form.isBusy}>Sign in<//>
    <p class="ways">
      <button type="button" class="link" onClick=${() => go(Registration)}>Create an account</button>
      <button type="button" class="link" onClick=${() => go(Forgotten)}>Forgotten password</button>
    </p>
  </form>`;
}

function Registration({ go }) {
  const form = useForm(async ({ username, email, password }) => {
    const body = { username, email, password };
    const { confirmed } = await request("POST", "/users", { body });
    if (confirmed) next(await signIn(username, password), go);
    else go(Confirmation, { username, password });
  });
  return html`<form ...${form.attributes}>
    <${Heading}>Create an account<//>
    <${Problem} text=${form.message} />
    <${Field} label="Name" name="username" autocomplete="username" autocapitalize="none" required
      hint="What others write to you by." problem=${form.problems.username} />
    <${Field} label="Email address" name="email" type="email" autocomplete="email" required
      hint="A code goes there." problem=${form.problems.email} />
    <${Field} label="Password" name="password" type="password" autocomplete="new-password" required
      hint=${PASSWORD_RULE} problem=${form.problems.password} />
    <${Submit} isBusy=${form.isBusy}>Create the account<//>
    <${Back} go=${go} />
  </form>`;
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
  return html`<form ...${form.attributes}>
    <${Heading}>Confirm your address<//>
    <p>A code is on its way to the email address of <b>${username}</b>.</p>
    <${Problem} text=${form.message} />
    <${Code} problem=${form.problems.code} />
    <${Submit} isBusy=${form.isBusy}>Confirm<//>
    <p class="ways">
      <button type="button" class="link" onClick=${resend}>Send another code</button>
      <button type="button" class="link" onClick=${() => go(Password, { username })}>Back</button>
    </p>
  </form>`;
}

function Forgotten({ go }) {
  const form = useForm(async ({ username }) => {
    await request("POST", "/users/forgot-password", { body: { username } });
    go(Reset, { username });
  });
  return html`<form ...${form.attributes}>
    <${Heading}>Forgotten password<//>
    <${Problem} text=${form.message} />
    <${Field} label="Name or email address" name="username" autocomplete="username"
      autocapitalize="none" required problem=${form.problems.username} />
    <${Submit} isBusy=${form.isBusy}>Send a code<//>
    <${Back} go=${go} />
  </form>`;
}

function Reset({ go, username }) {
  const form = useForm(async ({ code, newPassword }) => {
    const body = { username, code, newPassword };
    await request("POST", "/users/reset-password", { body }).catch(underNewPassword);
    next(await signIn(username, newPassword), go);
  });
  return html`<form ...${form.attributes}>
    <${Heading}>New password<//>
    <p>If there is a user <b>${username}</b>, a code is on its way to their email address.</p>
    <${Problem} text=${form.message} />
    <${Code} problem=${form.problems.code} />
    <${NewPassword} problem=${form.problems.newPassword} />
    <${Submit} isBusy=${form.isBusy}>Set the password<//>
    <${Back} go=${go} />
  </form>`;
}

function TemporaryPassword({ go, challenge }) {
  const form = useForm(async ({ newPassword }) =>
    next(await meet(challenge, { newPassword }).catch(underNewPassword), go),
  );
  return html`<form ...${form.attributes}>
    <${Heading}>Choose a password<//>
    <p>The one you signed in with was for the first time only.</p>
    <${Problem} text=${form.message} />
    <${NewPassword} problem=${form.problems.newPassword} />
    <${Submit} isBusy=${form.isBusy}>Set the password<//>
    <${Back} go=${go} />
  </form>`;
}

function Authenticator({ go, challenge }) {
  const form = useForm(async ({ code }) => next(await meet(challenge, { code }), go));
  return html`<form ...${form.attributes}>
    <${Heading}>Authenticator app<//>
    ${challenge.secret
      ? html`<p>Add this key to your authenticator app, then type its code.</p>
          <p><code class="key">${challenge.secret}</code></p>`
      : html`<p>Type the code that your app shows for Storefront.</p>`}
    <${Problem} text=${form.message} />
    <${Code} problem=${form.problems.code} />
    <${Submit} isBusy=${form.isBusy}>Sign in<//>
    <${Back} go=${go} />
  </form>`;
}

const CHALLENGES = {
  NEW_PASSWORD_REQUIRED: TemporaryPassword,
  SOFTWARE_TOKEN_MFA: Authenticator,
  MFA_SETUP: Authenticator,
};

/** The field for a code of six digits. */
export function Code({ problem }) {
  return html`<${Field} label="Code" name="code" inputmode="numeric" autocomplete="one-time-code"
    pattern="[0-9]{6}" title="Six digits" required problem=${problem} />`;
}

function NewPassword({ problem }) {
  return html`<${Field} label="New password" name="newPassword" type="password"
    autocomplete="new-password" required hint=${PASSWORD_RULE} problem=${problem} />`;
}

function Back({ go }) {
  return html`<p class="ways">
    <button type="button" class="link" onClick=${() => go(Password)}>Back to sign in</button>
  </p>`;
}

function next(challenge, go) {
  if (challenge) go(CHALLENGES[challenge.challenge], { challenge });
}

// The backend calls every password `password`; the form's field is another one.
function underNewPassword(refusal) {
  const details = refusal.details?.map((each) => each.replace(/^password: /, "newPassword: "));
  throw new Refusal(refusal.status, refusal.message, details);
}
