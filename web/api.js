/** The backend's API: one function for requests, and one error for every failure. */

import { words } from "./language.js";
import { refusalIn, tryAgainIn } from "./refusals.js";

/** The deployment's settings: `{apiUrl, token, search, developer?, notificationsUrl?}`. */
export const config = await fetch("config.json").then((response) => {
  if (!response.ok) throw new Error(`config.json: ${response.status}`);
  return response.json();
});

const TIMEOUT = 30_000; // ms

/**
 * An error response, or no response (`status` 0). `fields` has the problems by field name, `page` the
 * page that a refusal leads to, and `retryAfter` the seconds until the API accepts the request again.
 */
export class ApiError extends Error {
  constructor(status, message, details = [], path = "", retryAfter = 0) {
    const refusal = refusalIn([...details, message, `${status} ${path}`]);
    super((refusal?.text || asSentence(message)) + tryAgainIn(retryAfter));
    this.status = status;
    this.details = details;
    this.path = path;
    this.retryAfter = retryAfter;
    this.page = refusal?.page;
    this.fields = Object.fromEntries(
      details.flatMap((each) => each.split(/; (?=\w+: )/)).flatMap(byField),
    );
  }

  /** Whether the same request can succeed later. */
  get canRetry() {
    return [0, 408, 429].includes(this.status) || this.status >= 500;
  }
}

/**
 * Call the API and return the body. With a `key` it is safe to repeat the request. `isOwn` is for the
 * paths on the host of this page, which the API answers for its cookie: see docs/session.md.
 */
export async function request(method, path, { body, token, key, isOwn } = {}) {
  const headers = isOwn ? { "X-Session": "1" } : {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token) headers["Authorization"] = `Bearer ${token}`;
  if (key) headers["Idempotency-Key"] = key;
  let response, text;
  try {
    response = await fetch((isOwn ? "" : config.apiUrl) + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      keepalive: method === "DELETE", // also when the page is closed: see uploads.js
      signal: AbortSignal.timeout(TIMEOUT),
    });
    text = await response.text();
  } catch {
    throw new ApiError(0, words.errors.noResponse);
  }
  const parsed = parseJSON(text);
  if (response.ok) return parsed;
  const message = parsed?.message ?? words.errors.unknown;
  const retryAfter = Number(response.headers.get("Retry-After")) || 0;
  throw new ApiError(response.status, message, parsed?.details, path, retryAfter);
}

function asSentence(text) {
  const capitalized = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capitalized) ? capitalized : `${capitalized}.`;
}

function parseJSON(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null; // a proxy responded, not the API
  }
}

// `quantity: at least 1` and `data.quantity must be …` name a field; other details do not.
function byField(detail) {
  const match = /^(?:data\.(\w+) |(\w+): )(.+)$/s.exec(detail);
  return match ? [[match[1] ?? match[2], asSentence(refusalIn([detail])?.text || match[3])]] : [];
}
