/** Messages: conversations on one side, the open one on the other. */

import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { hear } from "../live.js";
import { useList } from "../lists.js";
import { Empty, Field, Heading, Icon, Listed, Moment, Problem, announce, useForm } from "../parts.js";
import { ask, user } from "../session.js";
import { signal } from "../signal.js";

/** How many messages wait to be read, in the newest hundred conversations. */
export const unread = signal(0);

/** Count them anew. */
export async function readUnread() {
  const { conversations } = await ask("GET", "/messages?limit=100").catch(() => ({ conversations: [] }));
  unread.value = conversations.reduce((sum, each) => sum + each.unread, 0);
}

/** `id` is the name of whom the open conversation is with. */
export function Messages({ id: partner }) {
  const list = useList("/messages?limit=30", "conversations", "with");
  useEffect(() => hear("message.received", list.reload), []);
  return html`
    <${Heading}>Messages<//>
    <div class="mailbox ${partner ? "open" : ""}">
      <section aria-labelledby="conversations">
        <h2 id="conversations">Conversations</h2>
        <${NewConversation} />
        <${Listed} list=${list} label="conversations"
          empty=${html`<${Empty} icon="chat" title="No messages yet">Write to somebody by name.<//>`}>
          <ul class="rows">
            ${list.items?.map(
              (each) => html`<${Conversation} key=${each.with} ...${each} isOpen=${same(each.with, partner)} />`,
            )}
          </ul>
        <//>
      </section>
      ${partner && html`<${Thread} key=${partner} partner=${partner} onChange=${list.reload} />`}
    </div>`;
}

function Conversation({ with: name, latest, unread, isOpen }) {
  return html`<li class="card conversation">
    <p class="item">
      <a class="whole" href=${address(name)} aria-current=${isOpen ? "true" : undefined}><b>${name}</b></a>
      ${unread > 0 && html`<span class="count">${unread}<span class="unseen"> unread</span></span>`}
    </p>
    <p class="quiet cut">${same(latest.from, name) ? "" : "You: "}${latest.text}</p>
    <p class="quiet"><${Moment} at=${latest.sentAt} /></p>
  </li>`;
}

function NewConversation() {
  const form = useForm(async ({ to }, element) => {
    element.reset();
    location.hash = address(to.trim());
  });
  return html`<form class="line" ...${form.attributes}>
    <${Field} label="Write to" name="to" required maxlength="128" pattern=".*\\S.*" autocapitalize="none"
      problem=${form.problems.to} />
    <button class="primary">Open</button>
  </form>`;
}

function Thread({ partner, onChange }) {
  const list = useList(`/messages?limit=30&with=${encodeURIComponent(partner)}`, "messages", "messageID");
  const end = useRef();
  // The newest page comes first, each in the order of writing: ids sort by time.
  const items = list.items && [...list.items].sort((a, b) => (a.messageID < b.messageID ? -1 : 1));
  const last = items?.at(-1)?.messageID;

  const markRead = () =>
    ask("PUT", `/messages?with=${encodeURIComponent(partner)}`)
      .then(() => Promise.all([onChange(), readUnread()]))
      .catch(() => {}); // the next message tries again
  const isThere = Boolean(items?.length);
  useEffect(() => {
    if (isThere) markRead();
  }, [isThere]);
  useEffect(() => {
    return hear("message.received", (message) => {
      if (!same(message.from, partner)) return;
      list.change((rows) => joined(rows, message));
      announce(`${message.from}: ${message.text}`);
      markRead();
    });
  }, []);
  useLayoutEffect(() => end.current?.scrollIntoView({ block: "nearest" }), [last]);

  const isSent = (message) => {
    list.change((rows) => joined(rows, message));
    onChange();
  };
  const isGone = (messageID) => {
    list.change((rows) => rows.filter((row) => row.messageID !== messageID));
    onChange();
  };
  return html`<section class="thread card" aria-labelledby="with">
    <div class="bar">
      <a class="back" href="#/messages"><${Icon} name="back" /><span class="unseen">All conversations</span></a>
      <h2 id="with">${partner}</h2>
    </div>
    <div class="scroll" tabindex="0" role="region" aria-label="Messages with ${partner}">
      <${Listed} list=${{ ...list, items }} label="messages"
        empty=${html`<${Empty} icon="chat" title="Nothing yet">Say hello.<//>`}>
        <ol class="bubbles">
          ${items?.map(
            (each) => html`<${Bubble} key=${each.messageID} ...${each} onDelete=${isGone} />`,
          )}
        </ol>
      <//>
      <div ref=${end} />
    </div>
    <${Composer} partner=${partner} onSent=${isSent} />
  </section>`;
}

function Bubble({ messageID, from, text, sentAt, onDelete }) {
  const isMine = same(from, user.value.username);
  const [problem, setProblem] = useState("");
  const remove = () =>
    ask("DELETE", `/messages/${messageID}`).then(
      () => onDelete(messageID),
      (refusal) => setProblem(refusal.message),
    );
  return html`<li class=${isMine ? "mine" : ""}>
    <span class="unseen">${isMine ? "You" : from}:</span>
    <p class="text">${text}</p>
    <p class="quiet">
      <${Moment} at=${sentAt} />
      ${isMine && html` <button class="link" onClick=${remove}>Delete<span class="unseen"> “${text.slice(0, 40)}”</span></button>`}
    </p>
    <${Problem} text=${problem} />
  </li>`;
}

function Composer({ partner, onSent }) {
  const key = useRef(crypto.randomUUID());
  const form = useForm(async ({ text }, element) => {
    onSent(await ask("POST", "/messages", { to: partner, text }, key.current));
    key.current = crypto.randomUUID();
    element.reset();
    element.elements.namedItem("text").focus();
  });
  // Sent again unchanged it is the same message; changed, another one.
  const onInput = () => (key.current = crypto.randomUUID());
  const onKeyDown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      event.currentTarget.form.requestSubmit();
    }
  };
  return html`<form class="line" onInput=${onInput} ...${form.attributes}>
    <${Field} label="Message" name="text" lines="1" required maxlength="4000" onKeyDown=${onKeyDown}
      problem=${form.problems.text ?? form.problems.to ?? form.message} />
    <button class="primary" aria-disabled=${form.isBusy}>Send</button>
  </form>`;
}

function joined(rows, message) {
  return rows.some((row) => row.messageID === message.messageID) ? rows : [...rows, message];
}

/** Where the conversation with somebody is. */
export function address(name) {
  return `#/messages/${encodeURIComponent(name)}`;
}

/** Whether it is one user: names are the same in any case, as the user pool has them. */
export function same(one, other) {
  return one?.toLowerCase() === other?.toLowerCase();
}
