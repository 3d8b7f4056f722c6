/** Messages: the list of conversations, and next to it the open conversation. */

import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { subscribe } from "../live.js";
import { useList } from "../resources.js";
import {
  EmptyState, ErrorMessage, Field, Heading, Icon, List, Time, announce, useForm,
} from "../components.js";
import { requestAsUser, user } from "../session.js";
import { store } from "../store.js";

/** The number of unread messages in the newest hundred conversations. */
export const unread = store(0);

/** Read the number of unread messages from the API. */
export async function readUnread() {
  const { conversations } = await requestAsUser("GET", "/messages?limit=100").catch(() => ({
    conversations: [],
  }));
  unread.value = conversations.reduce((sum, each) => sum + each.unread, 0);
}

/** `id` is the ID of the other user in the open conversation. Two users may show the same name. */
export function Messages({ id: partnerID }) {
  const list = useList("/messages?limit=30", "conversations", "withID");
  useEffect(() => subscribe("message.received", list.reload), []);
  return html`
    <${Heading}>Messages<//>
    <div class="mailbox ${partnerID ? "open" : ""}">
      <section aria-labelledby="conversations">
        <h2 id="conversations">Conversations</h2>
        <${NewConversation} />
        <${List} list=${list} label="conversations"
          empty=${html`<${EmptyState} icon="chat" title="No messages yet">Write to another user.<//>`}>
          <ul class="rows">
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
  return html`<li class="card conversation">
    <p class="item">
      <a class="card-link" href=${conversationURL(withID)} aria-current=${isOpen ? "true" : undefined}><b>${name}</b></a>
      ${unread > 0 && html`<span class="count">${unread}<span class="visually-hidden"> unread</span></span>`}
    </p>
    <p class="muted truncated">${latest.fromID === withID ? "" : "You: "}${latest.text}</p>
    <p class="muted"><${Time} at=${latest.sentAt} /></p>
  </li>`;
}

function NewConversation() {
  const form = useForm(async ({ to }, element) => {
    const path = `/messages?limit=1&with=${encodeURIComponent(to.trim())}`;
    const { withID } = await requestAsUser("GET", path);
    element.reset();
    location.hash = conversationURL(withID);
  });
  return html`<form class="inline-form" ...${form.attributes}>
    <${Field} label="Write to" name="to" required maxlength="128" pattern=".*\\S.*" autocapitalize="none"
      problem=${form.problems.to ?? form.message} />
    <button class="primary" aria-disabled=${form.isBusy}>Open</button>
  </form>`;
}

function Thread({ partnerID, onChange }) {
  const withPartner = `withID=${encodeURIComponent(partnerID)}`;
  const list = useList(`/messages?limit=30&${withPartner}`, "messages", "messageID");
  const partner = list.response?.with ?? "Conversation";
  const end = useRef();
  // The API has the newest page first. Message ids sort by time.
  const items = list.items && [...list.items].sort((a, b) => (a.messageID < b.messageID ? -1 : 1));
  const last = items?.at(-1)?.messageID;

  const markRead = () =>
    requestAsUser("PUT", `/messages?${withPartner}`)
      .then(() => Promise.all([onChange(), readUnread()]))
      .catch(() => {}); // the next message tries again
  const hasMessages = Boolean(items?.length);
  useEffect(() => {
    if (hasMessages) markRead();
  }, [hasMessages]);
  useEffect(() => {
    return subscribe("message.received", (message) => {
      if (message.fromID !== partnerID) return;
      list.change((rows) => withMessage(rows, message));
      announce(`${message.from}: ${message.text}`);
      markRead();
    });
  }, []);
  useLayoutEffect(() => end.current?.scrollIntoView({ block: "nearest" }), [last]);

  const onSend = (message) => {
    list.change((rows) => withMessage(rows, message));
    onChange();
  };
  const onDelete = (messageID) => {
    list.change((rows) => rows.filter((row) => row.messageID !== messageID));
    onChange();
  };
  return html`<section class="thread card" aria-labelledby="with">
    <div class="title-bar">
      <a class="back" href="#/messages"><${Icon} name="back" /><span class="visually-hidden">All conversations</span></a>
      <h2 id="with">${partner}</h2>
    </div>
    <div class="scroll" tabindex="0" role="region" aria-label="Messages with ${partner}">
      <${List} list=${{ ...list, items }} label="messages"
        empty=${html`<${EmptyState} icon="chat" title="No messages yet">Write the first message below.<//>`}>
        <ol class="bubbles">
          ${items?.map((each) => html`<${Bubble} key=${each.messageID} ...${each} onDelete=${onDelete} />`)}
        </ol>
      <//>
      <div ref=${end} />
    </div>
    <${Composer} partnerID=${partnerID} onSend=${onSend} />
  </section>`;
}

function Bubble({ messageID, from, fromID, text, sentAt, onDelete }) {
  const isMine = fromID === user.value.sub;
  const [problem, setProblem] = useState("");
  const remove = () =>
    requestAsUser("DELETE", `/messages/${messageID}`).then(
      () => onDelete(messageID),
      (error) => setProblem(error.message),
    );
  return html`<li class=${isMine ? "mine" : ""}>
    <span class="visually-hidden">${isMine ? "You" : from}:</span>
    <p class="text">${text}</p>
    <p class="muted">
      <${Time} at=${sentAt} />
      ${isMine &&
      html` <button class="link" onClick=${remove}>Delete<span class="visually-hidden"> “${text.slice(0, 40)}”</span></button>`}
    </p>
    <${ErrorMessage} text=${problem} />
  </li>`;
}

function Composer({ partnerID, onSend }) {
  const key = useRef(crypto.randomUUID());
  const form = useForm(async ({ text }, element) => {
    onSend(await requestAsUser("POST", "/messages", { toID: partnerID, text }, key.current));
    key.current = crypto.randomUUID();
    element.reset();
    element.elements.namedItem("text").focus();
  });
  // A changed text is another message. Only the same text, sent again, is a repetition.
  const onInput = () => (key.current = crypto.randomUUID());
  const onKeyDown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      event.currentTarget.form.requestSubmit();
    }
  };
  return html`<form class="inline-form" onInput=${onInput} ...${form.attributes}>
    <${Field} label="Message" name="text" lines="1" required maxlength="4000" onKeyDown=${onKeyDown}
      problem=${form.problems.text ?? form.problems.to ?? form.message} />
    <button class="primary" aria-disabled=${form.isBusy}>Send</button>
  </form>`;
}

function withMessage(rows, message) {
  return rows.some((row) => row.messageID === message.messageID) ? rows : [...rows, message];
}

/** The address of the conversation with the user who has this ID. */
export function conversationURL(userID) {
  return `#/messages/${encodeURIComponent(userID)}`;
}
