/** What a user needs to set up an authenticator app. */

import { html } from "./vendor/preact.js";
import { announce } from "./components.js";
import { words } from "./language.js";
import { generate, toSvgPath } from "./vendor/lean_qr.js";

const QUIET_ZONE = 4; // modules of light border, which scanners need (ISO/IEC 18004)

/** The key of an authenticator app: as a QR code, as a link for an app on this device, and as text. */
export function AuthenticatorKey({ username, secret }) {
  const uri = keyURI(username, secret);
  return html`
    <p>${words.authenticator.scan((text) => html`<a href=${uri}>${text}</a>`)}</p>
    <${QrCode} label=${words.authenticator.code} text=${uri} />
    <p>${words.authenticator.key}<code class="key">${secret}</code>
      <button type="button" class="link" onClick=${() => copy(secret)}>${words.authenticator.copy}</button></p>`;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    announce(words.authenticator.copied);
  } catch {
    announce(words.authenticator.notCopied);
  }
}

// The dark modules are black on white in every color scheme. Many scanners read no inverted codes.
function QrCode({ label, text }) {
  const code = generate(text);
  const size = code.size + 2 * QUIET_ZONE;
  return html`<svg class="qr-code" role="img" aria-label=${label} shape-rendering="crispEdges"
      viewBox="${-QUIET_ZONE} ${-QUIET_ZONE} ${size} ${size}">
    <rect x=${-QUIET_ZONE} y=${-QUIET_ZONE} width=${size} height=${size} fill="white" />
    <path d=${toSvgPath(code)} fill="black" />
  </svg>`;
}

// The format of Google Authenticator, which all apps read: github.com/google/google-authenticator/wiki/Key-Uri-Format
function keyURI(username, secret) {
  const label = `Storefront:${encodeURIComponent(username)}`;
  return `otpauth://totp/${label}?secret=${encodeURIComponent(secret)}&issuer=Storefront`;
}
