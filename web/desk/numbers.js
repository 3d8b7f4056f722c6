/** The numbers of the shop. */

import { html } from "../vendor/preact.js";
import { Heading, Loading, Time } from "../components.js";
import { format, words } from "../language.js";
import { State } from "../order_states.js";
import { useResource } from "../resources.js";

export function Numbers() {
  const { value, ...loading } = useResource("/shop/summary?days=30");
  return html`
    <${Heading}>${words.numbers.title}<//>
    ${value ? html`<${Summary} ...${value} />` : html`<${Loading} ...${loading} label=${words.things.numbers} />`}`;
}

function Summary({ states, days, secondsToShip, oldestOpen }) {
  const total = days.reduce((sum, { orders }) => sum + orders, 0);
  return html`
    <dl class="tiles">
      ${Object.entries(states).map(
        ([state, number]) => html`<div class="card"><dt><${State} state=${state} /></dt><dd>${number}</dd></div>`,
      )}
    </dl>
    ${oldestOpen &&
    html`<p>${words.numbers.oldest((text) => html`<a href="#/desk/${oldestOpen.orderID}">${text}</a>`)}<${Time} at=${oldestOpen.placedAt} />.</p>`}
    <${Chart} title=${words.numbers.perDay} days=${days} valueOf=${({ orders }) => orders} format=${String}
      text=${words.numbers.perDayText(total, days.length)} />
    <${Chart} title=${words.numbers.toShip} days=${days} valueOf=${(day) => day.secondsToShip} format=${duration}
      text=${words.numbers.toShipText(duration(secondsToShip))} />
    <details class="card">
      <summary>${words.numbers.table}</summary>
      <table>
        <thead><tr>
          ${[words.numbers.day, words.numbers.orders, words.numbers.shipped, words.numbers.toShip].map((each) => html`<th scope="col">${each}</th>`)}
        </tr></thead>
        <tbody>
          ${days.map(
            (day) => html`<tr>
              <th scope="row">${dayOf(day)}</th><td>${day.orders}</td><td>${day.shipped}</td>
              <td>${duration(day.secondsToShip)}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </details>`;
}

function Chart({ title, days, valueOf, format, text }) {
  const most = Math.max(...days.map(valueOf), 1);
  return html`<figure class="card">
    <figcaption><h2>${title}</h2><p class="muted">${text}</p></figcaption>
    <p class="muted">${format(most)}</p>
    <svg role="img" aria-label="${title}: ${text}" viewBox="0 0 ${days.length} 100" preserveAspectRatio="none">
      ${[0, 50, 100].map((y) => html`<line x2=${days.length} y1=${y} y2=${y} />`)}
      ${days.map((day, index) => {
        const height = (100 * valueOf(day)) / most;
        return html`<rect x=${index + 0.15} y=${100 - height} width="0.7" height=${height} />`;
      })}
    </svg>
    <p class="item muted"><span>${dayOf(days[0])}</span><span>${dayOf(days.at(-1))}</span></p>
  </figure>`;
}

function dayOf({ date }) {
  return format.dayUTC.format(new Date(date));
}

// 45 min, 7 hr, 3.5 days
function duration(seconds) {
  if (seconds === null) return "–";
  const hours = seconds / 3600;
  if (hours < 1) return format.minutes.format(Math.round(seconds / 60));
  return hours < 48 ? format.hours.format(Math.round(hours)) : format.days.format(hours / 24);
}
