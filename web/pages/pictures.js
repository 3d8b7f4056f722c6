/** Own pictures. */

import { html } from "../vendor/preact.js";
import { words } from "../language.js";
import { Gallery } from "../gallery.js";
import { Heading } from "../components.js";

export function Pictures({ id }) {
  return html`<${Heading}>${words.pictures.title}<//><${Gallery} path="/images" base="#/pictures" imageID=${id} />`;
}
