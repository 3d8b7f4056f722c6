/** The signed-in user. Tokens are only in this module's memory: see docs/web.md. */

import { ApiError, config, request } from "./api.js";
import { store } from "./store.js";

const REFRESH_BEFORE_EXPIRY = 60_000; // ms

/** `{sub, username, email, groups, …}` as in GET /users/me; null if nobody is signed in. */
export const user = store(null);

let tokens = null;
let refreshing = null;
let ending = null;

/** Sign in. Returns null, or the challenge `{challenge, session, username}` to answer next. */
export async function signIn(username, password) {
  return finish(await request("POST", "/users/login", { body: { username, password } }));
}

/** Answer a challenge with `{newPassword}` or `{code}`. Returns null or the next challenge. */
export async function answerChallenge({ challenge, session, username }, answer) {
  const body = { challenge, session, username, ...answer };
  return finish(await request("POST", "/users/challenge", { body }));
}

/** Call the API as the signed-in user, with the token that the deployment accepts. */
export async function requestAsUser(method, path, body, key) {
  await ending;
  return requestWith(config.token, method, path, body, key);
}

/** Call a route of the account: `/users/mfa`, `/users/password`, `/users/logout`, DELETE `/users/me`. */
export function requestForAccount(method, path, body) {
  return requestWith("accessToken", method, path, body);
}

/** Call the API with this kind of token. Refreshes an expired token once. */
async function requestWith(kind, method, path, body, key) {
  if (tokens && Date.now() > tokens.expiresAt - REFRESH_BEFORE_EXPIRY) await refresh();
  try {
    return await request(method, path, { body, key, token: tokens?.[kind] });
  } catch (error) {
    if (error.status !== 401) throw error;
    await refresh();
    return request(method, path, { body, key, token: tokens[kind] }).catch(endIfRefused);
  }
}

/** Change the password with `{password, newPassword}`. Everybody must then sign in again. */
export function changePassword(passwords) {
  return endBy("PUT", "/users/password", passwords, "password-changed");
}

/** Delete the account with `{password, code?}`, and everything that is stored about the user. */
export function deleteAccount(proof) {
  return endBy("DELETE", "/users/me", proof, "account-deleted");
}

/** Sign out on all devices, or at least here, for example without a connection. */
export async function signOut() {
  try {
    await endBy("POST", "/users/logout", undefined, "signed-out");
  } catch (error) {
    if (error.status !== 401) endSession("signed-out-here"); // after a 401, the session has ended
  }
}

// The live connection closes before the response comes. Other requests wait, because one that is
// refused meanwhile would end the session for another reason.
async function endBy(method, path, body, reason) {
  let goOn;
  ending = new Promise((resolve) => (goOn = resolve));
  try {
    await requestForAccount(method, path, body);
    endSession(reason);
  } catch (error) {
    goOn();
    throw error;
  }
}

async function finish(response) {
  if (response.challenge) return response;
  keepTokens(response);
  user.value = await request("GET", "/users/me", { token: tokens[config.token] });
  return null;
}

function keepTokens(response) {
  tokens = { ...response, expiresAt: Date.now() + response.expiresIn * 1000 };
}

// Even a new token is refused: an administrator has ended the session, for example.
function endIfRefused(error) {
  if (error.status === 401) endSession("session-ended");
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
    if (isRefused) endSession("session-ended");
    throw error;
  }
}

// Reloading the page removes everything about the user from memory.
function endSession(reason) {
  location.hash = `#/${reason}`;
  location.reload();
}
