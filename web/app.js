/** The frame of the page: sign-in or the shop, navigation, and the connection state. */

import { html, render, useEffect, useLayoutEffect, useState } from "./vendor/preact.js";
import { config } from "./api.js";
import { isDeveloper } from "./developer.js";
import { words } from "./language.js";
import { resume, start, user } from "./session.js";
import { onChange, store } from "./store.js";
import { keepFiles } from "./kept_files.js";
import { connect, connectionState, isBlocked, subscribe } from "./live.js";
import { Announcements, Icon, Loading, title } from "./components.js";
import { keepFocus } from "./focus.js";
import { arrive, settle } from "./places.js";
import { subscribeToNews } from "./resources.js";
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

// `detail` shows one resource, whose id is in the address. `group` sees the page, and nobody else; a page
// that `isDev` is for developers.
const PAGES = [
  { path: "desk", icon: "desk", page: Desk, group: "staff" },
  { path: "orders", icon: "bag", page: Orders, detail: Order },
  { path: "messages", icon: "chat", page: Messages, count: unread },
  ...(config.search ? [{ path: "search", icon: "search", page: Search }] : []),
  { path: "pictures", icon: "picture", page: Pictures },
  { path: "groups", icon: "folder", page: Groups, detail: Group },
  ...(config.notificationsUrl
    ? [{ path: "notifications", icon: "mail", page: Mail, isDev: true }]
    : []),
  { path: "account", icon: "person", page: Account },
];

const hash = store(location.hash);
const isOnline = store(navigator.onLine);
addEventListener("hashchange", () => {
  arrive();
  hash.value = location.hash;
});
addEventListener("online", () => {
  isOnline.value = true;
  if (start.value.problem) resume();
});
addEventListener("offline", () => (isOnline.value = false));

function App() {
  const [, redraw] = useState(0);
  useLayoutEffect(() => onChange(() => redraw((times) => times + 1)), []);
  const count = user.value && unread.value > 0 ? `(${unread.value}) ` : "";
  useLayoutEffect(() => {
    document.title = `${count}${title.value} · Storefront`;
  }, [count, title.value]);
  return html`
    <div class="states" role="status">${stateOf()}</div>
    ${user.value ? html`<${Shop} />` : start.value.isOver ? html`<${SignIn} reason=${hash.value.slice(2)} />` : html`<${Start} />`}
    <${Announcements} />`;
}

// Until the page knows whether its user is signed in.
function Start() {
  return html`<main class="sign-in">
    <div class="card">
      <p class="brand"><img src="icon.svg" alt="" width="40" height="40" />Storefront</p>
      <${Loading} problem=${start.value.problem} read=${resume} />
    </div>
  </main>`;
}

// Screen readers watch the element around it, which is always there.
function stateOf() {
  if (!isOnline.value) return html`<p class="offline">${words.app.offline}</p>`;
  return isBlocked.value && html`<p class="offline blocked">${words.app.blocked}</p>`;
}

function Shop() {
  useEffect(() => {
    connect();
    const stops = [subscribeToNews(readUnread), subscribe("message.received", readUnread)];
    return () => stops.forEach((stop) => stop());
  }, []);
  useLayoutEffect(() => {
    settle();
  }, [hash.value]);
  const [path, id, inner] = route(hash.value);
  const pages = PAGES.filter(
    ({ group, isDev }) => (!group || user.value.groups.includes(group)) && (!isDev || isDeveloper.value),
  );
  const current = pages.find((each) => each.path === path) ?? pages[0];
  const others = pages.slice(4, -1); // a phone has room for four tabs, and for the account
  return html`
    <a class="skip" href="#main" onClick=${skip}>${words.app.skip}</a>
    <header>
      <a class="brand" href="#/orders"><img src="icon.svg" alt="" width="28" height="28" />Storefront</a>
      <nav aria-label=${words.app.navigation}>
        <ul>
          ${pages.map(
            (each) => html`<${Tab} ...${each} isCurrent=${each === current} isOther=${others.includes(each)} />`,
          )}
        </ul>
      </nav>
      <p class="connection ${connectionState.value}" role="status">
        ${words.connection[connectionState.value]}<span class="user" dir="auto">${user.value.username}</span>
      </p>
    </header>
    <main id="main" tabindex="-1">
      ${current.detail && id && id !== "new"
        ? html`<${current.detail} id=${id} inner=${inner} key=${id} />`
        : html`<${current.page} id=${id} inner=${inner} key=${current.path} others=${others} />`}
    </main>`;
}

function Tab({ path, icon, count, isCurrent, isOther, isDev }) {
  return html`<li class=${isOther ? "other" : ""}>
    <a href="#/${path}" aria-current=${isCurrent ? "page" : undefined}>
      <${Icon} name=${icon} /><span>${words.tabs[path]}</span>${isDev && html`<small class="dev">${words.developer.badge}</small>`}
      ${count?.value > 0 &&
      html`<span class="count">${count.value}<span class="visually-hidden">${words.app.unread}</span></span>`}
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

resume();
keepFiles();
arrive();
const root = document.getElementById("app");
keepFocus(root);
render(html`<${App} />`, root);
document.getElementById("start").remove(); // see start.js
