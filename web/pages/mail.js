/** On a laptop: the emails that SNS, Cognito and SES would send. The gateway receives them instead. */

import { html, useEffect, useState } from "../vendor/preact.js";
import { config } from "../api.js";
import { EmptyState, Heading, Loading, Time } from "../components.js";
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
      .catch(() => setProblem("The gateway does not respond."));
  };
  useEffect(read, []);
  usePolling(read, 2_000);
  return html`
    <${Heading}>Mail<//>
    <p class="muted">The emails that SNS, Cognito and SES would send to the shop and to all users, newest first.</p>
    ${(problem || !mail) && html`<${Loading} label="mail" problem=${problem} />`}
    ${mail?.length === 0 && html`<${EmptyState} icon="mail" title="No mail yet">Place an order to get one.<//>`}
    <ul class="rows">
      ${mail?.map(
        ({ subject, text, time }, index) => html`<li key=${time + index} class="card">
          <p class="item"><b>${subject}</b></p>
          <p class="muted"><${Time} at=${time} /></p>
          <pre>${text}</pre>
        </li>`,
      )}
    </ul>`;
}
