/** What the API's refusals mean to the user: the words to show, and the page that follows. */

import { format, words } from "./language.js";

/** The page of sign_in.js on which the user can go on. */
const PAGES = {
  "user: unconfirmed": "confirmation",
  "user: password reset required": "password-reset",
  "email: taken": "address-taken",
  "401 /users/challenge": "sign-in",
};

/**
 * `{text, page?}` for the first of these lines of an error that is known; undefined if none is.
 *
 * The words replace the API's, which are for programs. Of a key that ends with `: `, the rest of the
 * line is shown. `newPassword` and `password` have the same rules.
 */
export function refusalIn(lines) {
  for (const line of lines.map((each) => each.replace(/^newPassword: /, "password: "))) {
    const known = Object.keys(words.refusals).find((each) =>
      each.endsWith(": ") ? line.startsWith(each) : line === each,
    );
    if (known) {
      const text = words.refusals[known] || line.slice(known.length);
      return { text, page: PAGES[known] };
    }
  }
}

export function reasonText(reason) {
  return refusalIn([reason])?.text ?? reason;
}

/** A sentence to append that says when to try again, for a number of seconds; empty for 0. */
export function tryAgainIn(seconds) {
  if (!seconds) return "";
  const minutes = Math.ceil(seconds / 60);
  const [count, unit] = minutes > 90 ? [Math.ceil(minutes / 60), "hour"] : [minutes, "minute"];
  return words.errors.tryAgainIn(format.relative.format(count, unit));
}
