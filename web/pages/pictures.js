/** The user's own pictures. */

import { html } from "../vendor/preact.js";
import { Gallery } from "../gallery.js";
import { Heading } from "../parts.js";

export function Pictures() {
  return html`<${Heading}>Pictures<//><${Gallery} path="/images" />`;
}
