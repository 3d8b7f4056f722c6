/** The user's account: profile, address, password, authenticator app, data, sign-out, and deletion. */

import { html, useState } from "../vendor/preact.js";
import { config } from "../api.js";
import { AuthenticatorKey } from "../authenticator.js";
import { Form, Heading, Icon, Loading, announce, useForm } from "../components.js";
import { Code, Email, NewPassword, Password } from "../credentials.js";
import { isDeveloper, setDeveloper } from "../developer.js";
import { keep, kept } from "../drafts.js";
import { DataExport } from "../export.js";
import { changePassword, confirmEmail, deleteAccount, requestForAccount, signOut, signOutHere, user } from "../session.js";
import { words } from "../language.js";
import { LanguageChoice } from "../language_choice.js";
import { useResource } from "../resources.js";

/** `others` are the pages that have no tab on a phone. */
export function Account({ others }) {
  const { username, email, emailVerified, groups } = user.value;
  const emailText = email && !emailVerified ? words.account.notConfirmed(email) : email || words.account.none;
  return html`
    <${Heading}>${words.account.title}<//>
    ${others.length > 0 &&
    html`<nav class="other-pages" aria-label=${words.account.morePages}>
      ${others.map(({ path, icon, isDev }) => html`<a class="button" href="#/${path}"><${Icon} name=${icon} />${words.tabs[path]}
        ${isDev && html`<small class="dev">${words.developer.badge}</small>`}</a>`)}
    </nav>`}
    <${Card} id="profile" title=${words.account.profile}>
      <dl>
        <dt>${words.account.username}</dt><dd>${username}</dd>
        <dt>${words.account.email}</dt><dd>${emailText}</dd>
        <dt>${words.account.groups}</dt><dd>${groups.join(", ") || words.account.none}</dd>
      </dl>
      <${LanguageChoice} />
      <p class="actions">
        <button onClick=${signOutHere}>${words.account.signOutHere}</button>
        <button onClick=${signOut}>${words.account.signOut}</button>
      </p>
    <//>
    ${config.developer &&
    html`<${Card} id="developer" title=${words.developer.title}>
      <label class="choice">
        <input type="checkbox" checked=${isDeveloper.value}
          onChange=${({ currentTarget }) => setDeveloper(currentTarget.checked)} />
        ${words.developer.show}
      </label>
    <//>`}
    <${Card} id="email" title=${words.account.email}><${EmailChange} /><//>
    <${Card} id="password" title=${words.account.password}><${PasswordChange} /><//>
    <${Card} id="authenticator" title=${words.mfa.title}><${Authenticator} /><//>
    <${Card} id="data" title=${words.account.data}><${DataExport} /><//>
    <${Card} id="deletion" title=${words.account.deletion}><${Deletion} /><//>`;
}

function Card({ id, title, children }) {
  return html`<section class="card" aria-labelledby=${id}><h2 id=${id}>${title}</h2>${children}</section>`;
}

// The address that waits for its code is kept in this tab, like what is typed.
function EmailChange() {
  const [waiting, setWaiting] = useState(kept("new-email"));
  const wait = (email) => {
    keep("new-email", email);
    setWaiting(email);
  };
  return html`<${waiting ? EmailCode : NewEmail} email=${waiting} wait=${wait} />`;
}

function NewEmail({ wait }) {
  const form = useForm(async (change) => {
    await requestForAccount("PUT", "/users/email", change);
    wait(change.email);
  }, "", "email");
  return html`<${Form} form=${form} submit=${words.email.submit}>
    <p>${words.email.notice}</p>
    <${Email} form=${form} label=${words.email.new} />
    <${Password} form=${form} label=${words.email.password} />
  <//>`;
}

function EmailCode({ email, wait }) {
  const form = useForm(async (code) => {
    await confirmEmail(email, code);
    announce(words.email.changed);
    wait(null);
  });
  const again = html`<p><button type="button" class="link" onClick=${() => wait(null)}>${words.email.again}</button></p>`;
  return html`<${Form} form=${form} submit=${words.confirmation.submit} after=${again}>
    <${Code} form=${form} hint=${words.email.sent(html`<b>${email}</b>`)} />
  <//>`;
}

function PasswordChange() {
  const form = useForm(changePassword);
  return html`<${Form} form=${form} submit=${words.account.changePassword}>
    <p>${words.account.passwordNotice}</p>
    <${Password} form=${form} label=${words.account.currentPassword} />
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
  return html`<${Form} form=${form} kind="danger" submit=${words.account.deletionSubmit}>
    <p><b>${words.account.deletionFinal}</b>${words.account.deletionNotice}</p>
    <${Password} form=${form} label=${words.account.deletionPassword} />
    ${needsCode && html`<${Code} form=${form} />`}
  <//>`;
}

function Authenticator() {
  const { value, set, ...loading } = useResource("/users/mfa", requestForAccount);
  const [secret, setSecret] = useState("");
  if (!value) return html`<${Loading} ...${loading} />`;
  const onDone = (response) => {
    set(response);
    setSecret("");
  };
  return html`<${secret ? FirstCode : NewApp} secret=${secret} isOn=${value.mfa} onSecret=${setSecret} onDone=${onDone} />`;
}

function NewApp({ isOn, onSecret, onDone }) {
  const form = useForm(async (password) => {
    const { secret } = await requestForAccount("POST", "/users/mfa", password);
    onSecret(secret);
  });
  return isOn
    ? html`
        <p>${words.mfa.on}</p>
        <${Form} form=${form} submit=${words.mfa.replace}>
          <p>${words.mfa.replaceNotice}</p>
          <${Password} form=${form} label=${words.mfa.password} />
        <//>
        <${TurningOff} onDone=${onDone} />`
    : html`
        <p>${words.mfa.off}</p>
        <${Form} form=${form} submit=${words.mfa.setUp} />`;
}

// A form that turns the app on or off. It proves that its user may.
function useSwitch(method, done, onDone) {
  return useForm(async (proof) => {
    const response = await requestForAccount(method, "/users/mfa", proof);
    announce(done);
    onDone(response);
  });
}

function TurningOff({ onDone }) {
  const form = useSwitch("DELETE", words.mfa.turnedOff, onDone);
  return html`<${Form} form=${form} submit=${words.mfa.turnOff}>
    <p>${words.mfa.turnOffNotice}</p>
    <${Password} form=${form} label=${words.mfa.turnOffPassword} />
  <//>`;
}

function FirstCode({ secret, onDone }) {
  const form = useSwitch("PUT", words.mfa.turnedOn, onDone);
  return html`<${Form} form=${form} submit=${words.mfa.turnOn}>
    <${AuthenticatorKey} username=${user.value.username} secret=${secret} />
    <${Code} form=${form} />
  <//>`;
}
