// A user's journey with the generated types, on the local stack. `make client LANGUAGE=typescript`
// writes storefront.d.ts. Then: npx tsc && node built/journey.js http://127.0.0.1:3000 picture.jpg

import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "./storefront.js";

const [, , baseUrl, picture] = process.argv;
const password = "Correct-Horse-7-Battery";

function clientWith(token?: string) {
  return createClient<paths>({ baseUrl, headers: token ? { Authorization: `Bearer ${token}` } : {} });
}

/** What an answer contains. Errors have a message and details. */
function data<T>(answer: { data?: T; error?: components["schemas"]["Error"] }): T {
  if (answer.error) throw new Error(`${answer.error.message}: ${answer.error.details}`);
  return answer.data as T;
}

/** The code that was sent to an address. On AWS, it is in the user's mailbox. */
async function mailedCode(email: string) {
  const { notifications } = await (await fetch(`${baseUrl}/_local/notifications.json`)).json();
  const mail = notifications.find((each: { subject: string }) => each.subject.includes(email));
  return /\d{6}/.exec(mail.text)![0];
}

async function newUser(prefix: string) {
  const username = `${prefix}-${randomUUID().slice(0, 8)}`;
  const email = `${username}@example.com`;
  data(await anybody.POST("/users", { body: { username, email, password } }));
  const code = await mailedCode(email);
  data(await anybody.POST("/users/confirm", { body: { username, code } }));
  return username;
}

/** The events of a connection, of which each is waited for by its type. */
async function connect(url: string) {
  const socket = new WebSocket(url);
  const waiting = new Map<string, (data: any) => void>();
  socket.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    waiting.get(event.type)?.(event.data);
  };
  await new Promise((resolve, reject) => ((socket.onopen = resolve), (socket.onerror = reject)));
  const next = (type: string) => new Promise<any>((resolve) => waiting.set(type, resolve));
  return { next, close: () => socket.close() };
}

const anybody = clientWith();
const [ann, bob] = [await newUser("ann"), await newUser("bob")];
const tokens = data(await anybody.POST("/users/login", { body: { username: ann, password } }));
if (!("idToken" in tokens)) throw new Error(`answer the challenge ${tokens.challenge}`);
const user = clientWith(tokens.idToken);
const events = await connect(data(await user.POST("/live")).url);

const orderID = randomUUID(); // placing it again would be safe
const placed = events.next("order.placed");
const order = { item: "latex gloves", quantity: 2.5 };
data(await user.PUT("/orders/{orderID}", { params: { path: { orderID } }, body: order }));
console.log("live event:", (await placed).orderID);
console.log("order:", data(await user.GET("/orders/{orderID}", { params: { path: { orderID } } })));

const ready = events.next("image.ready");
const image = { contentType: "image/jpeg", title: "Harbour" } as const;
const { imageID, upload } = data(await user.POST("/images", { body: image }));
const form = new FormData();
for (const [name, value] of Object.entries(upload!.fields)) form.append(name, value);
form.append("file", new Blob([await readFile(picture)])); // the file comes last
const sent = await fetch(upload!.url, { method: "POST", body: form });
if (!sent.ok) throw new Error(`S3 answered ${sent.status}`);
await ready;
const shown = data(await user.GET("/images/{imageID}", { params: { path: { imageID } } }));
console.log("metadata:", shown.metadata?.exif);

const body = { to: bob, text: "your gloves are on their way" };
console.log("message:", data(await user.POST("/messages", { body })).text);
events.close();

const account = clientWith(tokens.accessToken);
console.log(data(await account.DELETE("/users/me", { body: { password } })));
