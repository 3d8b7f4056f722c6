/** Live events: a WebSocket that reconnects by itself. */

import { requestAsUser } from "./session.js";
import { store } from "./store.js";
import { hear } from "./tabs.js";

const FIRST_PAUSE = 1_000; // ms
const LONGEST_PAUSE = 30_000; // ms
const PING_INTERVAL = 240_000; // ms; API Gateway closes connections that are idle for ten minutes
const BLOCKED_AFTER = 2; // failures
const LOOK_INTERVAL = 30_000; // ms, without a connection
const LOOK_AFTER = 300; // ms; another tab may change several things at once
const STABLE_AFTER = 5_000; // ms; a connection that ends earlier does not reset the pauses

/** `off`, `connecting`, `on` or `waiting`. */
export const connectionState = store("off");

/** Whether several attempts have failed: perhaps the network lets no WebSocket through. */
export const isBlocked = store(false);

const handlers = new Map();
let socket, pause, looking;
let failures = 0;
let isMissed = false;

/**
 * Call `handler` with the data of each event of this type. Returns a function that stops it.
 *
 * The type `connected` stands for every new connection. Events may have been missed before it. The
 * type `look` says that something may have changed without an event: another tab of the user has
 * changed it, or there is no connection.
 */
export function subscribe(type, handler) {
  if (!handlers.has(type)) handlers.set(type, new Set());
  handlers.get(type).add(handler);
  return () => handlers.get(type).delete(handler);
}

/** Connect, and stay connected. */
export async function connect() {
  clearTimeout(pause);
  if (connectionState.value === "connecting" || connectionState.value === "on") return;
  connectionState.value = "connecting";
  try {
    const { url } = await requestAsUser("POST", "/live"); // valid for one connection
    listen(new WebSocket(url));
  } catch (error) {
    reconnectLater(error.retryAfter);
  }
}

function listen(newSocket) {
  socket = newSocket;
  let pingTimer, stableTimer;
  socket.onopen = () => {
    connectionState.value = "on";
    isBlocked.value = false;
    stableTimer = setTimeout(() => (failures = 0), STABLE_AFTER);
    pingTimer = setInterval(() => newSocket.send('{"type":"ping"}'), PING_INTERVAL);
    dispatch("connected");
  };
  socket.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    dispatch(event.type, event.data);
  };
  socket.onclose = () => {
    clearTimeout(stableTimer);
    clearInterval(pingTimer);
    reconnectLater();
  };
}

function reconnectLater(retryAfter = 0) {
  connectionState.value = "waiting";
  if (failures >= BLOCKED_AFTER) isBlocked.value = true;
  const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** failures++);
  // Random, so that clients that were disconnected together do not reconnect together.
  pause = setTimeout(connect, retryAfter * 1000 + longest * (0.5 + Math.random() / 2));
}

function dispatch(type, data) {
  for (const handler of handlers.get(type) ?? []) handler(data);
}

function look() {
  clearTimeout(looking);
  isMissed = document.visibilityState !== "visible";
  if (!isMissed) looking = setTimeout(() => dispatch("look"), LOOK_AFTER);
}

setInterval(() => isBlocked.value && navigator.onLine && look(), LOOK_INTERVAL);
hear("changed", look);
addEventListener("visibilitychange", () => isMissed && look());
addEventListener("online", () => connectionState.value === "waiting" && connect());
addEventListener("offline", () => socket?.close()); // the socket itself would notice minutes later
