/** The page: who is in, where they are, and what stands around every page. */

import { html, render, useEffect, useLayoutEffect, useState } from "./vendor/preact.js";
import { config } from "./api.js";
import { user } from "./session.js";
import { drawnBy, signal } from "./signal.js";
import * as live from "./live.js";
import { Announcements, Icon } from "./parts.js";
import { SignIn } from "./pages/sign_in.js";
import { Order, Orders } from "./pages/orders.js";
import { Pictures } from "./pages/pictures.js";
import { Group, Groups } from "./pages/groups.js";
import { Messages, readUnread, unread } from "./pages/messages.js";
import { Search } from "./pages/search.js";
import { Mail } from "./pages/mail.js";
import { Account } from "./pages/account.js";

const PAGES = [
  { path: "orders", label: "Orders", icon: "bag", page: Orders, one: Order },
  { path: "pictures", label: "Pictures", icon: "picture", page: Pictures },
  { path: "groups", label: "Groups", icon: "folder", page: Groups, one: Group },
  { path: "messages", label: "Messages", icon: "chat", page: Messages, count: unread },
  ...(config.search ? [{ path: "search", label: "Search", icon: "search", page: Search }] : []),
  ...(config.notificationsUrl
    ? [{ path: "notifications", label: "Mail", icon: "mail", page: Mail }]
    : []),
  { path: "account", label: "Account", icon: "person", page: Account },
];

const CONNECTION = {
  on: "Live",
  connecting: "Connecting…",
  waiting: "Reconnecting…",
  off: "Not live",
};

const hash = signal(location.hash);
const isOnline = signal(navigator.onLine);
addEventListener("hashchange", () => (hash.value = location.hash));
addEventListener("online", () => (isOnline.value = true));
addEventListener("offline", () => (isOnline.value = false));

function App() {
  const [, redraw] = useState(0);
  useLayoutEffect(() => drawnBy(() => redraw((times) => times + 1)), []);
  return html`
    ${!isOnline.value &&
    html`<p class="offline" role="status">You are offline. What you send now will not arrive.</p>`}
    ${user.value ? html`<${Shop} />` : html`<${SignIn} reason=${hash.value.slice(2)} />`}
    <${Announcements} />`;
}

function Shop() {
  useEffect(() => {
    live.connect();
    const counting = [live.hear("connected", readUnread), live.hear("message.received", readUnread)];
    return () => counting.forEach((stop) => stop());
  }, []);
  const [path, id] = route(hash.value);
  const here = PAGES.find((each) => each.path === path) ?? PAGES[0];
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to content</a>
    <header>
      <a class="brand" href="#/orders"><img src="icon.svg" alt="" width="28" height="28" />Storefront</a>
      <nav aria-label="Pages">
        <ul>
          ${PAGES.map((each) => html`<${Tab} ...${each} isHere=${each === here} />`)}
        </ul>
      </nav>
      <p class="connection ${live.state.value}" role="status">
        ${CONNECTION[live.state.value]}<span class="who">${user.value.username}</span>
      </p>
    </header>
    <main id="main" tabindex="-1">
      ${here.one && id
        ? html`<${here.one} id=${id} key=${id} />`
        : html`<${here.page} id=${id} key=${here.path} />`}
    </main>`;
}

function Tab({ path, label, icon, count, isHere }) {
  return html`<li>
    <a href="#/${path}" aria-current=${isHere ? "page" : undefined}>
      <${Icon} name=${icon} /><span>${label}</span>
      ${count?.value > 0 &&
      html`<span class="count">${count.value}<span class="unseen"> unread</span></span>`}
    </a>
  </li>`;
}

// Anybody may type an address: one that cannot be read is the first page's.
function route(address) {
  try {
    return address.slice(2).split("/").map(decodeURIComponent);
  } catch {
    return [];
  }
}

// The address is the router's: the link must not change it.
function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

render(html`<${App} />`, document.getElementById("app"));
