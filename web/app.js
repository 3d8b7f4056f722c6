/** The frame of the page: sign-in or the shop, navigation, and the connection state. */

import { html, render, useEffect, useLayoutEffect, useState } from "./vendor/preact.js";
import { config } from "./api.js";
import { user } from "./session.js";
import { onChange, store } from "./store.js";
import { connect, connectionState, subscribe } from "./live.js";
import { Announcements, Icon } from "./components.js";
import { SignIn } from "./pages/sign_in.js";
import { Order } from "./pages/order.js";
import { Orders } from "./pages/orders.js";
import { Pictures } from "./pages/pictures.js";
import { Group, Groups } from "./pages/groups.js";
import { Messages, readUnread, unread } from "./pages/messages.js";
import { Search } from "./pages/search.js";
import { Mail } from "./pages/mail.js";
import { Account } from "./pages/account.js";
import { Desk } from "./pages/desk.js";

// `detail` shows one resource, whose id is in the address. `group` sees the page, and nobody else.
const PAGES = [
  { path: "desk", label: "Desk", icon: "desk", page: Desk, group: "staff" },
  { path: "orders", label: "Orders", icon: "bag", page: Orders, detail: Order },
  { path: "messages", label: "Messages", icon: "chat", page: Messages, count: unread },
  ...(config.search ? [{ path: "search", label: "Search", icon: "search", page: Search }] : []),
  { path: "pictures", label: "Pictures", icon: "picture", page: Pictures },
  { path: "groups", label: "Groups", icon: "folder", page: Groups, detail: Group },
  ...(config.notificationsUrl
    ? [{ path: "notifications", label: "Mail", icon: "mail", page: Mail }]
    : []),
  { path: "account", label: "Account", icon: "person", page: Account },
];

const CONNECTION = {
  on: "Live",
  connecting: "Connecting…",
  waiting: "Reconnecting…",
  off: "Disconnected",
};

const hash = store(location.hash);
const isOnline = store(navigator.onLine);
addEventListener("hashchange", () => (hash.value = location.hash));
addEventListener("online", () => (isOnline.value = true));
addEventListener("offline", () => (isOnline.value = false));

function App() {
  const [, redraw] = useState(0);
  useLayoutEffect(() => onChange(() => redraw((times) => times + 1)), []);
  return html`
    ${!isOnline.value &&
    html`<p class="offline" role="status">You are offline. Changes cannot be sent.</p>`}
    ${user.value ? html`<${Shop} />` : html`<${SignIn} reason=${hash.value.slice(2)} />`}
    <${Announcements} />`;
}

function Shop() {
  useEffect(() => {
    connect();
    const stops = [subscribe("connected", readUnread), subscribe("message.received", readUnread)];
    return () => stops.forEach((stop) => stop());
  }, []);
  const [path, id] = route(hash.value);
  const pages = PAGES.filter(({ group }) => !group || user.value.groups.includes(group));
  const current = pages.find((each) => each.path === path) ?? pages[0];
  const others = pages.slice(4, -1); // a phone has room for four tabs, and for the account
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to content</a>
    <header>
      <a class="brand" href="#/orders"><img src="icon.svg" alt="" width="28" height="28" />Storefront</a>
      <nav aria-label="Main">
        <ul>
          ${pages.map(
            (each) => html`<${Tab} ...${each} isCurrent=${each === current} isOther=${others.includes(each)} />`,
          )}
        </ul>
      </nav>
      <p class="connection ${connectionState.value}" role="status">
        ${CONNECTION[connectionState.value]}<span class="user">${user.value.username}</span>
      </p>
    </header>
    <main id="main" tabindex="-1">
      ${current.detail && id
        ? html`<${current.detail} id=${id} key=${id} />`
        : html`<${current.page} id=${id} key=${current.path} others=${others} />`}
    </main>`;
}

function Tab({ path, label, icon, count, isCurrent, isOther }) {
  return html`<li class=${isOther ? "other" : ""}>
    <a href="#/${path}" aria-current=${isCurrent ? "page" : undefined}>
      <${Icon} name=${icon} /><span>${label}</span>
      ${count?.value > 0 &&
      html`<span class="count">${count.value}<span class="visually-hidden"> unread</span></span>`}
    </a>
  </li>`;
}

// An address that cannot be decoded opens the first page.
function route(address) {
  try {
    return address.slice(2).split("/").map(decodeURIComponent);
  } catch {
    return [];
  }
}

// Without this, the link would change the hash, which selects the page.
function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

render(html`<${App} />`, document.getElementById("app"));
