/** The orders that were placed since the page was loaded. */

import { ApiError } from "./api.js";
import { keep, kept } from "./drafts.js";
import { words } from "./language.js";
import { subscribe } from "./live.js";
import { reasonText } from "./refusals.js";
import { requestAsUser } from "./session.js";
import { store } from "./store.js";

/** The stages that an order passes before the shop sees it. */
export const STAGES = ["received", "stored", "notified"];

const UNSENT = "orders"; // the name under which orders are kept whose arrival is unknown
const POLL_PAUSES = [200, 300, 500, 1000, 1000, 2000, 2000, 4000, 4000, 8000]; // ms

/** Newest first: `{orderID, order, placedAt, stage, problem, state?}`. */
export const placedOrders = store([]);

subscribe("order.placed", ({ orderID }) => reach(orderID, "notified"));
subscribe("order.refused", ({ orderID, reason }) => refuse(orderID, reason));
subscribe("connected", () => {
  for (const { orderID, stage } of placedOrders.value) {
    if (["received", "stored"].includes(stage)) changePlaced(orderID, { problem: words.orders.interrupted });
  }
});

/** Send an order. If it is unknown whether it arrived, it can be sent again under the same id. */
export async function place({ orderID, order }) {
  // Before the request, because the order's event may arrive earlier than the response.
  changePlaced(orderID, { order, placedAt: new Date().toISOString(), stage: "sending", problem: "" });
  try {
    await requestAsUser("PUT", `/orders/${orderID}`, order);
  } catch (error) {
    if (!(error instanceof ApiError) || (error.status >= 400 && error.status < 500)) {
      placedOrders.value = placedOrders.value.filter((each) => each.orderID !== orderID);
      keepUnsent();
      throw error;
    }
    const isSending = findPlaced(orderID).stage === "sending";
    if (isSending) changePlaced(orderID, { stage: "unsent", problem: words.orders.unsent });
    return;
  }
  reach(orderID, "received");
  poll(orderID);
}

export function placeAgain(placed) {
  place(placed).catch(({ message }) =>
    changePlaced(placed.orderID, { ...placed, stage: "unsent", problem: message }),
  );
}

/** Poll until the order is stored, because the live connection may be down. */
async function poll(orderID) {
  for (const pause of POLL_PAUSES) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (findPlaced(orderID).stage !== "received") return;
    const { orders } = await requestAsUser("GET", "/orders?limit=20").catch(() => ({ orders: [] }));
    if (orders.some((each) => each.orderID === orderID)) return reach(orderID, "stored");
  }
  try {
    await requestAsUser("GET", `/orders/${orderID}`);
    reach(orderID, "stored");
  } catch ({ status, details }) {
    if (status === 409) return refuse(orderID, details[0]);
    changePlaced(orderID, { problem: words.orders.inQueue });
  }
}

/** Show why an order is not stored. One that is stored under the same id stays as it is. */
function refuse(orderID, reason) {
  if (!["sending", "received"].includes(findPlaced(orderID)?.stage)) return;
  changePlaced(orderID, { stage: "refused", problem: words.orders.refused(reasonText(reason)) });
}

function reach(orderID, stage) {
  const known = findPlaced(orderID);
  if (!known || known.stage === "refused") return;
  if (STAGES.indexOf(stage) <= STAGES.indexOf(known.stage)) return;
  changePlaced(orderID, stage === "notified" ? { stage, problem: "" } : { stage });
}

export function findPlaced(orderID) {
  return placedOrders.value.find((each) => each.orderID === orderID);
}

export function changePlaced(orderID, fields) {
  placedOrders.value = findPlaced(orderID)
    ? placedOrders.value.map((each) => (each.orderID === orderID ? { ...each, ...fields } : each))
    : [{ orderID, ...fields }, ...placedOrders.value];
  keepUnsent();
}

function keepUnsent() {
  const unsent = placedOrders.value.filter(({ stage }) => ["sending", "unsent"].includes(stage));
  keep(UNSENT, unsent.length ? unsent.map(({ stage, problem, ...placed }) => placed) : null);
}

/** Show the orders that were not answered before a reload. */
export function restoreUnsent() {
  for (const { orderID, ...placed } of kept(UNSENT) ?? []) {
    if (!findPlaced(orderID)) changePlaced(orderID, { ...placed, stage: "unsent", problem: words.orders.unsent });
  }
}
