/** On a laptop: the emails that the gateway receives in place of SNS, Cognito and SES. */

import { html, useEffect, useState } from "../vendor/preact.js";
import { config } from "../api.js";
import { EmptyState, Heading, Loading, Time } from "../components.js";
import { words } from "../language.js";
import { usePolling } from "../resources.js";

export function Mail() {
  const [mail, setMail] = useState(null);
  const [problem, setProblem] = useState("");
  const read = () => {
    fetch(config.notificationsUrl)
      .then((response) => response.json())
      .then(({ notifications }) => {
        setMail(notifications);
        setProblem("");
      })
      .catch(() => setProblem(words.mail.noResponse));
  };
  useEffect(read, []);
  usePolling(read, 2_000);
  return html`
    <${Heading}>${words.mail.title}<//>
    <p class="muted">${words.mail.explanation}</p>
    ${(problem || !mail) && html`<${Loading} label=${words.things.mail} problem=${problem} />`}
    ${mail?.length === 0 && html`<${EmptyState} icon="mail" title=${words.mail.empty}>${words.mail.emptyHint}<//>`}
    <ul class="rows">
      ${mail?.map(
        ({ subject, text, time }, index) => html`<li key=${time + index} class="card">
          <p class="item"><b dir="auto">${subject}</b></p>
          <p class="muted"><${Time} at=${time} /></p>
          <pre dir="auto">${text}</pre>
        </li>`,
      )}
    </ul>`;
}
