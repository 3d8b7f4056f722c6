/** What the tabs of one user tell each other. No tab hears itself. */

const channel = new BroadcastChannel("storefront");
const handlers = new Map();
let owner = "";

/** Hear and tell only the tabs of this user from now on. */
export function joinTabs(sub) {
  owner = sub;
}

/** Tell the user's other tabs. */
export function tell(type, data) {
  channel.postMessage({ owner, type, data });
}

/** Call `handler` with what the user's other tabs tell under this type. */
export function hear(type, handler) {
  handlers.set(type, [...(handlers.get(type) ?? []), handler]);
}

channel.onmessage = ({ data: message }) => {
  if (!owner || message.owner !== owner) return;
  for (const handler of handlers.get(message.type) ?? []) handler(message.data);
};
