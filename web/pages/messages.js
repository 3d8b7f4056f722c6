/** Messages: the list of conversations, and next to it the open conversation. */

import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { now } from "../clock.js";
import { useOneTabStop, usePlace } from "../conversation.js";
import { format, words } from "../language.js";
import { subscribe } from "../live.js";
import { dropMessage, outbox, restoreOutbox, sendMessage } from "../outbox.js";
import { useList } from "../resources.js";
import {
  AskFirst, EmptyState, Field, Heading, Icon, List, Time, announce, title, unlessGone, useForm,
} from "../components.js";
import { requestAsUser, user } from "../session.js";
import { store } from "../store.js";

const DAY = 86_400_000; // ms
const IS_TOUCH = matchMedia("(pointer: coarse)"); // there, Enter makes a new line

/** The number of unread messages in the newest hundred conversations. */
export const unread = store(0);

let reads = 0;
let shown = 0;

/** Read the number of unread messages from the API. If that fails, the last number stays. */
export async function readUnread() {
  const number = ++reads;
  const found = await requestAsUser("GET", "/messages?limit=100").catch(() => null);
  if (!found || number < shown) return;
  shown = number;
  unread.value = found.conversations.reduce((sum, each) => sum + each.unread, 0);
}

/** `id` is the ID of the other user in the open conversation. Two users may show the same name. */
export function Messages({ id: partnerID }) {
  const list = useList("/messages?limit=30", "conversations", "withID");
  const before = useRef(partnerID);
  useEffect(() => subscribe("message.received", list.reload), []);
  useLayoutEffect(() => {
    if (!partnerID && before.current) {
      title.value = words.messages.title;
      document.querySelector(`main a[href="${conversationURL(before.current)}"]`)?.focus();
    }
    before.current = partnerID;
  }, [partnerID]);
  return html`
    <${Heading}>${words.messages.title}<//>
    <div class="mailbox ${partnerID ? "open" : ""}">
      <section aria-labelledby="conversations">
        <h2 id="conversations">${words.messages.conversations}</h2>
        <${NewConversation} />
        <${List} list=${list} label=${words.things.conversations} bones="lines"
          empty=${html`<${EmptyState} icon="chat" title=${words.messages.empty}
            action=${html`<button onClick=${focusName}>${words.messages.new}</button>`}>${words.messages.emptyHint}<//>`}>
          <ul class="lines">
            ${list.items?.map(
              (each) =>
                html`<${Conversation} key=${each.withID} ...${each} isOpen=${each.withID === partnerID} />`,
            )}
          </ul>
        <//>
      </section>
      ${partnerID && html`<${Thread} key=${partnerID} partnerID=${partnerID} onChange=${list.reload} />`}
    </div>`;
}

function Conversation({ with: name, withID, latest, unread, isOpen }) {
  return html`<li class="line conversation">
    <span class="what">
      <a class="card-link" href=${conversationURL(withID)} aria-current=${isOpen ? "true" : undefined} dir="auto">${name}</a>
    </span>
    <${Time} at=${latest.sentAt} isShort />
    <p class="muted truncated">${latest.fromID === withID ? "" : `${words.messages.you}: `}<bdi>${latest.text}</bdi></p>
    ${unread > 0 && html`<span class="count">${unread}<span class="visually-hidden">${words.app.unread}</span></span>`}
  </li>`;
}

function focusName() {
  document.querySelector("[name=to]").focus();
}

function NewConversation() {
  const form = useForm(
    async ({ to }) => {
      const { withID } = await requestAsUser("GET", `/messages?limit=1&with=${encodeURIComponent(to)}`);
      location.hash = conversationURL(withID);
    },
    "",
    "to",
  );
  return html`<form class="inline-form" ...${form.attributes}>
    <${Field} label=${words.messages.writeTo} name="to" required maxlength="128" autocapitalize="none"
      problem=${form.problems.to ?? form.message} />
    <button class="primary" aria-disabled=${form.isBusy}>${words.messages.open}</button>
  </form>`;
}

function Thread({ partnerID, onChange }) {
  const withPartner = `withID=${encodeURIComponent(partnerID)}`;
  const list = useList(`/messages?limit=30&${withPartner}`, "messages", "messageID", { isUpwards: true });
  const partner = list.response?.with ?? words.messages.conversation;
  const heading = useRef();
  // The API has the newest page first. Message ids sort by time.
  const items = list.items && [...list.items].sort((a, b) => (a.messageID < b.messageID ? -1 : 1));
  const waiting = outbox.value.filter(({ toID }) => toID === partnerID);
  const shown = items && [...items, ...waiting.map((each) => ({ ...each, messageID: each.key, fromID: user.value.sub, isWaiting: true }))];
  const days = Map.groupBy(shown ?? [], ({ sentAt }) => new Date(sentAt).toDateString());
  const last = shown?.at(-1);
  const place = usePlace(shown?.[0]?.messageID, last?.messageID, last?.fromID === user.value.sub);
  const bubbles = useOneTabStop();

  const markRead = () =>
    requestAsUser("PUT", `/messages?${withPartner}`)
      .then(() => Promise.all([onChange(), readUnread()]))
      .catch(() => {}); // the next message tries again
  useEffect(() => {
    if (last?.fromID === partnerID) markRead();
  }, [last?.messageID]);
  useLayoutEffect(() => heading.current.focus(), []);
  useEffect(restoreOutbox, []);
  useLayoutEffect(() => {
    title.value = partner;
  }, [partner]);
  useEffect(() => {
    return subscribe("message.received", (message) => {
      if (message.fromID !== partnerID) return;
      list.change((rows) => withMessage(rows, message));
      announce(`${message.from}: ${message.text}`);
    });
  }, []);

  const onSend = async (message) => {
    const sent = await sendMessage(message);
    if (!sent) return;
    list.change((rows) => withMessage(rows, sent));
    onChange();
  };
  const onDelete = (messageID) => {
    list.change((rows) => rows.filter((row) => row.messageID !== messageID));
    onChange();
  };
  return html`<section class="thread card" aria-labelledby="with">
    <div class="title-bar">
      <a class="back" href="#/messages"><${Icon} name="back" /><span class="visually-hidden">${words.messages.all}</span></a>
      <h2 id="with" tabindex="-1" ref=${heading} dir="auto">${partner}</h2>
    </div>
    <div class="scroll" tabindex="0" role="region" aria-label=${words.messages.with(partner)} ref=${place.box}
      onScroll=${place.onScroll}>
      <${List} list=${{ ...list, items: shown }} label=${words.things.messages} isUpwards
        empty=${html`<${EmptyState} icon="chat" title=${words.messages.empty}>${words.messages.emptyThreadHint}<//>`}>
        <div class="days" ref=${bubbles.list} onKeyDown=${bubbles.onKeyDown}>
          ${[...days].map(
            ([day, messages]) => html`<section key=${day}>
              <h3>${dayText(messages[0].sentAt)}</h3>
              <ol class="bubbles">
                ${messages.map(
                  (each) => html`<${Bubble} key=${each.messageID} ...${each} onDelete=${onDelete} onSend=${onSend} />`,
                )}
              </ol>
            </section>`,
          )}
        </div>
      <//>
    </div>
    ${place.hasNews && html`<button class="primary" onClick=${place.showEnd}>${words.messages.showNew}</button>`}
    <${Composer} partnerID=${partnerID} onSend=${onSend} />
  </section>`;
}

// Today, yesterday, or the date.
function dayText(at) {
  const days = Math.round((new Date(now()).setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / DAY);
  return days > 1 ? format.day.format(new Date(at)) : format.relative.format(Math.min(-days, 0), "day");
}

function Bubble({ messageID, from, fromID, toID, text, sentAt, isWaiting, problem, canRetry, onDelete, onSend }) {
  const isMine = fromID === user.value.sub;
  const remove = () => requestAsUser("DELETE", `/messages/${messageID}`).catch(unlessGone).then(() => onDelete(messageID));
  return html`<li class=${isMine ? "mine" : ""} data-id=${messageID}>
    <span class="visually-hidden">${isMine ? words.messages.you : from}:</span>
    <p class="text" dir="auto">${text}</p>
    <div class="muted">
      ${isWaiting && !problem ? words.messages.sending : html`<${Time} at=${sentAt} isClock />`}
      ${isMine && !isWaiting &&
      html`<${AskFirst} name=${words.common.delete} of="“${text.slice(0, 40)}”" look="link" act=${remove}
        question=${words.common.deleteQuestion} confirm=${words.common.delete} keep=${words.common.cancel} />`}
    </div>
    ${problem &&
    html`<p class="problem" role="alert">${problem}</p>
      <div class="actions">
        ${canRetry && html`<button onClick=${() => onSend({ key: messageID, toID, text, sentAt })}>${words.common.tryAgain}</button>`}
        <button onClick=${() => dropMessage(messageID)}>${words.messages.drop}</button>
      </div>`}
  </li>`;
}

function Composer({ partnerID, onSend }) {
  const form = useForm(
    async ({ text }, _, key) => {
      onSend({ key, toID: partnerID, text, sentAt: new Date(now()).toISOString() });
    },
    "",
    `message:${partnerID}`,
  );
  const onKeyDown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !IS_TOUCH.matches) {
      event.preventDefault();
      event.currentTarget.form.requestSubmit();
    }
  };
  return html`<form class="inline-form" ...${form.attributes}>
    <${Field} label=${words.messages.text} name="text" lines="1" required maxlength="4000" onKeyDown=${onKeyDown}
      problem=${form.problems.text} />
    <button class="primary">${words.messages.send}</button>
  </form>`;
}

function withMessage(rows, message) {
  return rows.some((row) => row.messageID === message.messageID) ? rows : [message, ...rows];
}

/** The address of the conversation with the user who has this ID. */
export function conversationURL(userID) {
  return `#/messages/${encodeURIComponent(userID)}`;
}
