/** Live events: a WebSocket that reconnects by itself. */

import { requestAsUser } from "./session.js";
import { store } from "./store.js";

const FIRST_PAUSE = 1_000; // ms
const LONGEST_PAUSE = 30_000; // ms
const PING_INTERVAL = 240_000; // ms; API Gateway closes connections that are idle for ten minutes
const STABLE_AFTER = 5_000; // ms; a connection that ends earlier does not reset the pauses

/** `off`, `connecting`, `on` or `waiting`. */
export const connectionState = store("off");

const handlers = new Map();
let socket = null;
let failures = 0;
let pause = null;

/**
 * Call `handler` with the data of each event of this type. Returns a function that stops it.
 *
 * The type `connected` stands for every new connection. Events may have been missed before it.
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
  const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** failures++);
  // Random, so that clients that were disconnected together do not reconnect together.
  pause = setTimeout(connect, retryAfter * 1000 + longest * (0.5 + Math.random() / 2));
}

function dispatch(type, data) {
  for (const handler of handlers.get(type) ?? []) handler(data);
}

addEventListener("online", () => connectionState.value === "waiting" && connect());
addEventListener("offline", () => socket?.close()); // the socket itself would notice minutes later
