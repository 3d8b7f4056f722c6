/** What the API's refusals mean to the user: the words to show, and the page that follows. */

const USED_BEFORE = "You have used this password before. Choose another one.";
const FOREIGN_USER = "This API does not accept users of this sign-in page.";
const MANAGED = "Accounts are managed elsewhere, not on this page.";

/**
 * By a line of the error's `details`, or by its status and path. Of a line that ends with `: `, only
 * the beginning is known.
 *
 * `text` is shown in place of the API's words, which are for programs; without it, the rest of the
 * line is shown. `page` is the page of sign_in.js on which the user can go on.
 */
const REFUSALS = {
  "user: unconfirmed": { page: "confirmation", text: "Your email address is not confirmed yet." },
  "user: disabled": { text: "This account is disabled. Only an administrator can enable it." },
  "user: password expired": {
    text: "Your temporary password has expired. Ask an administrator for a new one.",
  },
  "user: password reset required": {
    page: "password-reset",
    text: "Before you can sign in, you need a new password.",
  },
  "username: taken": { text: "Somebody else has this username. Choose another one." },
  "username: too similar to an existing name": {
    text: "This looks like the username of somebody else. Choose one that is clearly different.",
  },
  "username: must have letters, marks, digits, symbols and punctuation only": {
    text: "Use only letters, digits, symbols and punctuation. Spaces are not allowed.",
  },
  "username: must be in Unicode normalization form NFKC": {
    text: "Type the letters of the username in their usual form.",
  },
  "username: must not have invisible characters": {
    text: "This username contains invisible characters. Type it instead of pasting it.",
  },
  "username: must not begin with a combining mark, or repeat one": {
    text: "An accent must follow a letter, and a letter must not have the same accent twice.",
  },
  "username: must be in one writing system": {
    text: "Use the letters of one alphabet. This username mixes several.",
  },
  "username: an address that differs from email": {
    text: "Choose a username that is not an email address.",
  },
  "email: taken": { page: "address-taken" },
  "email: cannot be reached": { text: "We could not send an email to this address. Check it." },
  "Invalid email address format.": { text: "This is not a valid email address." },
  "password: Password did not conform with policy: ": {},
  "newPassword: Password did not conform with policy: ": {},
  "password: used before": { text: USED_BEFORE },
  "newPassword: used before": { text: USED_BEFORE },
  "password: wrong": { text: "This is not your password." },
  "password: missing, to replace an authenticator app": {
    text: "An authenticator app is already on. Reload the page to replace it.",
  },
  "code: missing, because an authenticator app is on": {
    text: "Enter the code that your authenticator app shows.",
  },
  "code: wrong or expired": { text: "This code is wrong or has expired. Enter the newest code." },
  "mfa: off": { text: "Authenticator apps are not in use here." },
  "401 /users/login": {
    text: `The username or the password is wrong. An email address works only after it has been
      confirmed.`,
  },
  "401 /users/challenge": {
    page: "sign-in",
    text: "This sign-in has expired. It must be finished within three minutes. Start again.",
  },
  "401 /users/me": { text: FOREIGN_USER },
  "403 /users/me": { text: FOREIGN_USER },
  "403 /users": { text: "Registration is closed. Ask an administrator for an account." },
  "403 /users/mfa": { text: MANAGED },
  "403 /users/password": { text: MANAGED },
};

/** `{text, page?}` for the first of these lines that is known; undefined if none is. */
export function refusalIn(lines) {
  for (const line of lines) {
    const known = Object.keys(REFUSALS).find((each) =>
      each.endsWith(": ") ? line.startsWith(each) : line === each,
    );
    if (known) return { text: line.slice(known.length), ...REFUSALS[known] };
  }
}

const inUnits = new Intl.RelativeTimeFormat("en");

/** A sentence to append that says when to try again, for a number of seconds; empty for 0. */
export function tryAgainIn(seconds) {
  if (!seconds) return "";
  const minutes = Math.ceil(seconds / 60);
  const [count, unit] = minutes > 90 ? [Math.ceil(minutes / 60), "hour"] : [minutes, "minute"];
  return ` Try again ${inUnits.format(count, unit)}.`;
}
