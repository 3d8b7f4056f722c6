/** Who is signed in. Tokens live in this module's memory only: see docs/web.md. */

import { Refusal, request } from "./api.js";
import { signal } from "./signal.js";

const REFRESH_EARLY = 60_000; // ms before a token expires

/** `{username, email, groups, mfa, …}` as GET /users/me has it; null for nobody. */
export const user = signal(null);

let tokens = null;
let refreshing = null;

/** Sign in. Answers a challenge `{challenge, session, username}` where one has to be met. */
export async function signIn(username, password) {
  return enter(await request("POST", "/users/login", { body: { username, password } }));
}

/** Meet a challenge with `{newPassword}` or `{code}`. Answers the next one, if there is one. */
export async function meet({ challenge, session, username }, proof) {
  const body = { challenge, session, username, ...proof };
  return enter(await request("POST", "/users/challenge", { body }));
}

/** Ask the API as the user. A token that is over is renewed, once. */
export async function ask(method, path, body, key) {
  if (tokens && Date.now() > tokens.expiresAt - REFRESH_EARLY) await refresh();
  try {
    return await request(method, path, { body, key, token: tokens?.accessToken });
  } catch (refusal) {
    if (refusal.status !== 401) throw refusal;
    await refresh();
    return request(method, path, { body, key, token: tokens.accessToken });
  }
}

/** Read anew what the backend knows of the user. */
export async function readUser() {
  user.value = await ask("GET", "/users/me");
}

/** Sign out, here and everywhere. */
export async function signOut() {
  await ask("POST", "/users/logout").catch(() => {}); // leaving works without a connection
  leave("signed-out");
}

async function enter(answer) {
  if (answer.challenge) return answer;
  keep(answer);
  await readUser();
  return null;
}

function keep(given) {
  tokens = { ...given, expiresAt: Date.now() + given.expiresIn * 1000 };
}

// Many requests may find the token expired at once; one refresh serves them all.
function refresh() {
  refreshing ??= renew().finally(() => (refreshing = null));
  return refreshing;
}

async function renew() {
  try {
    const body = { refreshToken: tokens?.refreshToken ?? "" };
    keep(await request("POST", "/users/refresh", { body }));
  } catch (refusal) {
    if (refusal instanceof Refusal && [400, 401, 403].includes(refusal.status)) leave("session-over");
    throw refusal;
  }
}

// Loading the page anew leaves nothing of the user in memory, whatever pages keep there.
function leave(why) {
  location.hash = `#/${why}`;
  location.reload();
}
