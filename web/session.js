/** The signed-in user. Tokens are only in this module's memory: see docs/web.md. */

import { ApiError, request } from "./api.js";
import { store } from "./store.js";

const REFRESH_BEFORE_EXPIRY = 60_000; // ms

/** `{username, email, groups, mfa, …}` as in GET /users/me; null if nobody is signed in. */
export const user = store(null);

/** Whether two names are the same user. The user pool ignores case. */
export function isSameUser(one, other) {
  return one?.toLowerCase() === other?.toLowerCase();
}

let tokens = null;
let refreshing = null;

/** Sign in. Returns null, or the challenge `{challenge, session, username}` to answer next. */
export async function signIn(username, password) {
  return finish(await request("POST", "/users/login", { body: { username, password } }));
}

/** Answer a challenge with `{newPassword}` or `{code}`. Returns null or the next challenge. */
export async function answerChallenge({ challenge, session, username }, answer) {
  const body = { challenge, session, username, ...answer };
  return finish(await request("POST", "/users/challenge", { body }));
}

/** Call the API as the signed-in user. Refreshes an expired token once. */
export async function requestAsUser(method, path, body, key) {
  if (tokens && Date.now() > tokens.expiresAt - REFRESH_BEFORE_EXPIRY) await refresh();
  try {
    return await request(method, path, { body, key, token: tokens?.accessToken });
  } catch (error) {
    if (error.status !== 401) throw error;
    await refresh();
    return request(method, path, { body, key, token: tokens.accessToken }).catch(endIfRefused);
  }
}

/** Read the user from the API. */
export async function readUser() {
  user.value = await requestAsUser("GET", "/users/me");
}

/** Change the password with `{password, newPassword}`. Everybody must then sign in again. */
export async function changePassword(passwords) {
  await requestAsUser("PUT", "/users/password", passwords);
  endSession("password-changed");
}

/** Sign out on all devices. */
export async function signOut() {
  await requestAsUser("POST", "/users/logout").catch(() => {}); // also works without a connection
  endSession("signed-out");
}

async function finish(response) {
  if (response.challenge) return response;
  keepTokens(response);
  await readUser();
  return null;
}

function keepTokens(response) {
  tokens = { ...response, expiresAt: Date.now() + response.expiresIn * 1000 };
}

// Even a new token is refused: an administrator has ended the session, for example.
function endIfRefused(error) {
  if (error.status === 401) endSession("session-expired");
  throw error;
}

// Several requests may find the token expired at the same time: they share one refresh.
function refresh() {
  refreshing ??= fetchTokens().finally(() => (refreshing = null));
  return refreshing;
}

async function fetchTokens() {
  try {
    const body = { refreshToken: tokens?.refreshToken ?? "" };
    keepTokens(await request("POST", "/users/refresh", { body }));
  } catch (error) {
    const isRefused = error instanceof ApiError && [400, 401, 403].includes(error.status);
    if (isRefused) endSession("session-expired");
    throw error;
  }
}

// Reloading the page removes everything about the user from memory.
function endSession(reason) {
  location.hash = `#/${reason}`;
  location.reload();
}
