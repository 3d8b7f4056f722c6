/** The signed-in user. Tokens are only in this module's memory: see docs/session.md. */

import { config, request } from "./api.js";
import { setClock } from "./clock.js";
import { forgetDrafts, isUnsent, ownDrafts, stopAsking } from "./drafts.js";
import { endKeptSession, giveUpSession, hasKeptSession, keepSession, resumeSession, staysSignedIn } from "./kept_session.js";
import { words } from "./language.js";
import { store } from "./store.js";
import { hear, joinTabs, tell } from "./tabs.js";
import { claimsOf } from "./tokens.js";

const REFRESH_BEFORE_EXPIRY = 60_000; // ms

// After these ends of a session, its user goes on with what was typed.
const KEEPS_DRAFTS = ["session-ended", "password-changed"];

/** `{sub, username, email, groups, …}` as in GET /users/me; null if nobody is signed in. */
export const user = store(null);

/** `{isOver, problem?}`: whether this page knows if its user was signed in before it was loaded. */
export const start = store({ isOver: false });

let tokens = null; // with a refreshToken only if the session is not kept
let refreshing = null;
let ending = null;
let isEnding = false;

/** Go on with the session that this browser keeps, if there is one. */
export async function resume() {
  start.value = { isOver: false };
  try {
    if (await hasKeptSession()) await finish(await resumeSession());
    start.value = { isOver: true };
  } catch (error) {
    const isRefused = [400, 401, 403, 404].includes(error.status);
    if (isRefused) {
      giveUpSession();
      location.hash = "#/session-ended";
    }
    start.value = { isOver: isRefused, problem: error.message };
  }
}

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
  const response = await requestWith(config.token, method, path, body, key);
  if (method !== "GET" && path !== "/live") tell("changed", { method, path });
  return response;
}

/** Call a route that reads or changes the account at the user pool. */
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

/** Confirm a new address with `{code}`. */
export async function confirmEmail(email, code) {
  await requestForAccount("POST", "/users/email/confirm", code);
  user.value = { ...user.value, email, emailVerified: true };
  refresh().catch(() => {}); // or before the tokens expire, which still have the old address
}

/** Delete the account with `{password, code?}`, and everything that is stored about the user. */
export function deleteAccount(proof) {
  return endBy("DELETE", "/users/me", proof, "account-deleted");
}

/** Sign out in this browser, in all of its tabs. */
export async function signOutHere() {
  if (isUnsent() && !confirm(words.account.unsent)) return;
  const { refreshToken } = tokens;
  ending = new Promise(() => {}); // other requests wait until the page is reloaded
  try {
    if (refreshToken) await request("POST", "/users/revoke", { body: { refreshToken } });
    else await endKeptSession();
  } catch {
    // a kept session is ended at the next start; nobody has the token of another one
  }
  endSession("signed-out-browser");
}

/** Sign out on all devices, or at least here. */
export async function signOut() {
  if (isUnsent() && !confirm(words.account.unsent)) return;
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
    ending = null;
    goOn();
    throw error;
  }
}

async function finish(response) {
  if (response.challenge) return response;
  keepTokens(response);
  const { refreshToken } = response;
  const [profile, kept] = await Promise.all([
    request("GET", "/users/me", { token: tokens[config.token] }),
    refreshToken && staysSignedIn.value && keepSession(refreshToken),
  ]);
  if (kept) keepTokens(kept);
  ownDrafts(profile.sub);
  joinTabs(profile.sub);
  user.value = profile;
  return null;
}

function keepTokens(response) {
  tokens = { ...response, expiresAt: Date.now() + response.expiresIn * 1000 };
  setClock(response.idToken);
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
    const refreshToken = tokens?.refreshToken;
    const isKept = tokens && !refreshToken;
    const body = { refreshToken: refreshToken ?? "" };
    const newer = isKept ? await resumeSession() : await request("POST", "/users/refresh", { body });
    // Another tab may have signed somebody else in, to whom the cookie belongs now.
    if (isKept && claimsOf(newer.idToken).sub !== user.value.sub) return reload();
    keepTokens(newer);
  } catch (error) {
    if ([400, 401, 403].includes(error.status)) endSession("session-ended");
    throw error;
  }
}

// Of several reasons, the first one is the cause of the others. A sign-out that is under way is the
// cause even if another request is refused before its response comes.
function endSession(reason, isHeard) {
  if (isEnding) return;
  if (ending && reason === "session-ended") return ending.then(() => endSession(reason, isHeard));
  isEnding = true;
  if (!isHeard) tell("ended", reason);
  if (!KEEPS_DRAFTS.includes(reason)) forgetDrafts();
  giveUpSession();
  location.hash = `#/${reason}`;
  reload();
}

// Reloading the page removes everything about the user from memory. Nothing may happen until then.
function reload() {
  stopAsking();
  location.reload();
  return new Promise(() => {});
}

hear("ended", (reason) => endSession(reason, true));
