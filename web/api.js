/** The backend's API: one function that asks, and one error for whatever is not given. */

/** What the deployment says: `{apiUrl, search, notificationsUrl?}`. */
export const config = await fetch("config.json").then((answer) => answer.json());

const PATIENCE = 30_000; // ms until a request counts as lost

/** A refusal, or no answer at all (`status` 0). `fields` has the faults by the field's name. */
export class Refusal extends Error {
  constructor(status, message, details = []) {
    super(message);
    this.status = status;
    this.details = details;
    this.fields = Object.fromEntries(
      details.flatMap((each) => each.split(/; (?=\w+: )/)).flatMap(byField),
    );
  }
}

/** Ask the API; answers the body. `key` makes it safe to send the same request again. */
export async function request(method, path, { body, token, key } = {}) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token) headers["Authorization"] = `Bearer ${token}`;
  if (key) headers["Idempotency-Key"] = key;
  let answer, text;
  try {
    answer = await fetch(config.apiUrl + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE),
    });
    text = await answer.text();
  } catch {
    throw new Refusal(0, "No answer. Check the connection, then try again.");
  }
  const said = parsed(text);
  if (answer.ok) return said;
  throw new Refusal(answer.status, sentence(said?.message ?? "Something went wrong"), said?.details);
}

/** With a capital and a full stop, as people read it. */
export function sentence(text) {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null; // something in between answered, not the API
  }
}

// `quantity: at least 1` and `data.quantity must be …` name a field; other details do not.
function byField(detail) {
  const found = /^(?:data\.(\w+) |(\w+): )(.+)$/s.exec(detail);
  return found ? [[found[1] ?? found[2], sentence(found[3])]] : [];
}
