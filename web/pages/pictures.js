/** The user's own pictures. */

import { html } from "../vendor/preact.js";
import { Gallery } from "../gallery.js";
import { Heading } from "../components.js";

export function Pictures() {
  return html`<${Heading}>Pictures<//><${Gallery} path="/images" />`;
}
