/** What happens to the user, as it happens: a WebSocket that comes back by itself. */

import { ask } from "./session.js";
import { signal } from "./signal.js";

const FIRST_PAUSE = 1_000; // ms
const LONGEST_PAUSE = 30_000; // ms
const PING_EVERY = 240_000; // ms; API Gateway closes what is idle for ten minutes
const STEADY_AFTER = 5_000; // ms; a connection that ends sooner does not shorten the pauses

/** `off`, `connecting`, `on` or `waiting`. */
export const state = signal("off");

const hearers = new Map();
let socket = null;
let failures = 0;
let pause = null;

/** Hear events of a type, or `connected`: then read the lists anew. Answers how to stop. */
export function hear(type, hearer) {
  if (!hearers.has(type)) hearers.set(type, new Set());
  hearers.get(type).add(hearer);
  return () => hearers.get(type).delete(hearer);
}

/** Connect, and stay connected. */
export async function connect() {
  clearTimeout(pause);
  if (state.value === "connecting" || state.value === "on") return;
  state.value = "connecting";
  try {
    const { url } = await ask("POST", "/live"); // good once: every connection takes its own
    listen(new WebSocket(url));
  } catch {
    connectLater();
  }
}

function listen(opened) {
  socket = opened;
  let ping, steady;
  socket.onopen = () => {
    state.value = "on";
    steady = setTimeout(() => (failures = 0), STEADY_AFTER);
    ping = setInterval(() => opened.send('{"type":"ping"}'), PING_EVERY);
    tell("connected");
  };
  socket.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    tell(event.type, event.data);
  };
  socket.onclose = () => {
    clearTimeout(steady);
    clearInterval(ping);
    connectLater();
  };
}

function connectLater() {
  state.value = "waiting";
  const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** failures++);
  // At random, so that all who lost their connection at once do not come back at once.
  pause = setTimeout(connect, longest * (0.5 + Math.random() / 2));
}

function tell(type, data) {
  for (const hearer of hearers.get(type) ?? []) hearer(data);
}

addEventListener("online", () => state.value === "waiting" && connect());
addEventListener("offline", () => socket?.close()); // it would take minutes to notice by itself
