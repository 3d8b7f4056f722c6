/** What SNS and Cognito would have mailed, on a laptop: the gateway hears it instead. */

import { html, useEffect, useState } from "../vendor/preact.js";
import { config } from "../api.js";
import { Coming, Empty, Heading, Moment } from "../parts.js";

const EVERY = 2_000; // ms

export function Mail() {
  const [mail, setMail] = useState(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const read = () =>
      fetch(config.notificationsUrl)
        .then((answer) => answer.json())
        .then(({ notifications }) => {
          setMail(notifications);
          setProblem("");
        })
        .catch(() => setProblem("The gateway does not answer."));
    read();
    const reading = setInterval(read, EVERY);
    return () => clearInterval(reading);
  }, []);
  return html`
    <${Heading} title="Mail">Mail<//>
    <p class="quiet">What SNS and Cognito would have mailed to everybody, the newest first.</p>
    ${(problem || !mail) && html`<${Coming} label="mail" problem=${problem} />`}
    ${mail?.length === 0 && html`<${Empty} icon="mail" title="No mail yet">Place an order.<//>`}
    <ul class="rows">
      ${mail?.map(
        ({ subject, text, time }, at) => html`<li key=${time + at} class="card">
          <p class="item"><b>${subject}</b></p>
          <p class="quiet"><${Moment} at=${time} /></p>
          <pre>${text}</pre>
        </li>`,
      )}
    </ul>`;
}
