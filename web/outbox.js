/** Messages on their way, kept in the tab until they have arrived. */

import { keep, kept } from "./drafts.js";
import { words } from "./language.js";
import { requestAsUser } from "./session.js";
import { store } from "./store.js";

const NAME = "outbox";

/** Oldest first: `{key, toID, text, sentAt, problem, canRetry}`. */
export const outbox = store([]);

let queue = Promise.resolve();

/** Send a message after those before it. Returns it as the API has it, or null if it failed. */
export function sendMessage(message) {
  change(message.key, { ...message, problem: "" });
  queue = queue.then(() => deliver(message));
  return queue;
}

async function deliver({ key, toID, text }) {
  try {
    const sent = await requestAsUser("POST", "/messages", { toID, text }, key);
    dropMessage(key);
    return sent;
  } catch (error) {
    change(key, { problem: error.message, canRetry: error.canRetry });
    return null;
  }
}

export function dropMessage(key) {
  update(outbox.value.filter((each) => each.key !== key));
}

/** Show the messages that were not answered before a reload. */
export function restoreOutbox() {
  for (const message of kept(NAME) ?? []) {
    const isKnown = outbox.value.some(({ key }) => key === message.key);
    if (!isKnown) change(message.key, { ...message, problem: words.messages.unsent, canRetry: true });
  }
}

function change(key, fields) {
  const isKnown = outbox.value.some((each) => each.key === key);
  update(
    isKnown
      ? outbox.value.map((each) => (each.key === key ? { ...each, ...fields } : each))
      : [...outbox.value, { key, ...fields }],
  );
}

function update(messages) {
  outbox.value = messages;
  keep(NAME, messages.length ? messages.map(({ key, toID, text, sentAt }) => ({ key, toID, text, sentAt })) : null);
}
