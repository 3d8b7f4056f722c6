// A form below the heading of each route, which sends a request as the signed-in user. The tokens
// are kept in memory only.

const tokens = {};

function element(name, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
}

async function send(method, path, headers, body) {
  const response = await fetch(path, { method, headers, body });
  const text = await response.text();
  return { response, text };
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function routeForm({ method, path, token, parameters, body }) {
  const fields = JSON.parse(parameters).map(([place, name]) => {
    const input = element("input", { placeholder: name, ariaLabel: `${name} (${place})` });
    input.required = place === "path";
    return { place, name, input };
  });
  const text = body && element("textarea", { value: body, rows: 6, ariaLabel: "body" });
  const answer = element("pre", { hidden: true, ariaLive: "polite" });
  const form = element(
    "form",
    { className: "try" },
    ...fields.map(({ input }) => input),
    ...(text ? [text] : []),
    element("button", {}, `Send ${method}`),
    answer,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const query = new URLSearchParams();
    const headers = text ? { "Content-Type": "application/json" } : {};
    let target = path;
    for (const { place, name, input } of fields) {
      if (place === "path") target = target.replace(`{${name}}`, encodeURIComponent(input.value));
      else if (input.value && place === "query") query.set(name, input.value);
      else if (input.value) headers[name] = input.value;
    }
    if (tokens[token]) headers.Authorization = `Bearer ${tokens[token]}`;
    const url = query.size ? `${target}?${query}` : target;
    answer.hidden = false;
    try {
      const { response, text: received } = await send(method, url, headers, text?.value || undefined);
      answer.textContent = `${response.status}\n${pretty(received)}`;
      if (response.ok) keep(received);
    } catch (error) {
      answer.textContent = String(error);
    }
  });
  return element("details", {}, element("summary", {}, "Try it"), form);
}

function keep(received) {
  try {
    const { idToken, accessToken } = JSON.parse(received);
    if (idToken) Object.assign(tokens, { IdToken: idToken, AccessToken: accessToken });
  } catch {
    // an answer without tokens
  }
}

for (const heading of document.querySelectorAll("h3[data-method]")) {
  heading.after(routeForm(heading.dataset));
}

const signIn = document.querySelector("#sign-in");
signIn.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = JSON.stringify(Object.fromEntries(new FormData(signIn)));
  const { response, text } = await send("POST", "/users/login", {}, body);
  if (response.ok) keep(text);
  const { message, challenge } = JSON.parse(text);
  signIn.querySelector("output").value =
    message ?? (challenge ? `Answer ${challenge} below, with POST /users/challenge` : "Signed in");
});
