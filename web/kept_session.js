/** The session that outlives the page, in a cookie that scripts cannot read: see docs/session.md. */

import { request } from "./api.js";
import { store } from "./store.js";

const PATH = "/session";
const KEY = "session";

/** Whether a sign-in in this page is kept. Users of shared computers turn it off. */
export const staysSignedIn = store(true);

// What is kept besides the cookie: `in` if there is one, `out` if it is to be removed. It is a hint
// only, so a browser without storage just does not stay signed in.
function mark(value) {
  try {
    if (value) localStorage.setItem(KEY, value);
    else localStorage.removeItem(KEY);
  } catch {
    // the browser allows no storage
  }
}

function isMarked(value) {
  try {
    return localStorage.getItem(KEY) === value;
  } catch {
    return false;
  }
}

// The tabs take turns: one would otherwise remove the cookie that another has just got.
const inTurn = (act) => navigator.locks.request(KEY, act);

/** Keep a session. Returns its new tokens, without a refresh token, or null if it cannot be kept. */
export function keepSession(refreshToken) {
  return inTurn(async () => {
    try {
      const tokens = await request("PUT", PATH, { body: { refreshToken }, isOwn: true });
      mark("in");
      return tokens;
    } catch {
      return null; // for example, another server delivers this page
    }
  });
}

/** New tokens of the kept session. Throws an ApiError. */
export function resumeSession() {
  return inTurn(() => request("POST", PATH, { isOwn: true }));
}

/** Finish an earlier sign-out, and return whether a session is kept. */
export async function hasKeptSession() {
  if (isMarked("out")) await endKeptSession().catch(() => {}); // again at the next start
  return isMarked("in");
}

/** Let the kept session be ended at the next start, whatever happens until then. */
export function giveUpSession() {
  if (isMarked("in")) mark("out");
}

/** End the kept session, here and at the user pool. Throws an ApiError. */
export function endKeptSession() {
  giveUpSession();
  return inTurn(async () => {
    if (!isMarked("out")) return; // another tab was faster
    await request("DELETE", PATH, { isOwn: true });
    mark("");
  });
}
