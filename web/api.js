/** The backend's API: one function for requests, and one error for every failure. */

import { refusalIn, tryAgainIn } from "./refusals.js";

/** The deployment's settings: `{apiUrl, token, search, notificationsUrl?}`. */
export const config = await fetch("config.json").then((response) => response.json());

const TIMEOUT = 30_000; // ms

/**
 * An error response, or no response (`status` 0). `fields` has the problems by field name, and `page`
 * the page that a refusal leads to. The words are those of refusals.js, if it has any. `retryAfter` is
 * the number of seconds after which the API accepts the request again; 0 if it does not say.
 */
export class ApiError extends Error {
  constructor(status, message, details = [], path = "", retryAfter = 0) {
    const refusal = refusalIn([...details, `${status} ${path}`]);
    super(refusal?.text || asSentence(message) + tryAgainIn(retryAfter));
    this.status = status;
    this.details = details;
    this.path = path;
    this.retryAfter = retryAfter;
    this.page = refusal?.page;
    this.fields = Object.fromEntries(
      details.flatMap((each) => each.split(/; (?=\w+: )/)).flatMap(byField),
    );
  }
}

/** Call the API and return the body. With a `key` it is safe to repeat the request. */
export async function request(method, path, { body, token, key } = {}) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token) headers["Authorization"] = `Bearer ${token}`;
  if (key) headers["Idempotency-Key"] = key;
  let response, text;
  try {
    response = await fetch(config.apiUrl + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT),
    });
    text = await response.text();
  } catch {
    throw new ApiError(0, "The server did not respond. Check the connection, then try again.");
  }
  const parsed = parseJSON(text);
  if (response.ok) return parsed;
  const message = parsed?.message ?? "Something went wrong";
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
