/** The time, also if the clock of the device is wrong, and a reminder that it moves on. */

import { store } from "./store.js";
import { claimsOf } from "./tokens.js";

const PAUSE = 30_000; // ms

const ticks = store(0);
let ahead = 0;

/** The time of the server (ms). */
export function now() {
  return Date.now() - ahead;
}

/** Set the clock by a token that the server has just issued. Other tokens say nothing. */
export function setClock(token) {
  try {
    const { iat } = claimsOf(token);
    if (iat) ahead = Date.now() - iat * 1000;
  } catch {
    // not a JSON Web Token: the device's clock has to do
  }
}

// Every tick redraws the page, with the times on it.
function tick() {
  if (document.visibilityState === "visible") ticks.value++;
}

setInterval(tick, PAUSE);
addEventListener("visibilitychange", tick);
