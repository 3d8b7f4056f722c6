/**
 * If the page cannot start, it says so. This file imports nothing, also no words, so that it works when
 * others fail.
 */

const TEXTS = {
  en: ["Storefront could not be loaded. Check the connection, then try again.", "Try again"],
  de: [
    "Storefront konnte nicht geladen werden. Prüfen Sie die Verbindung und versuchen Sie es noch einmal.",
    "Noch einmal versuchen",
  ],
};

const message = document.getElementById("start");

function explain({ target }) {
  if (!message.isConnected) return; // the page has started: it shows its own errors
  if (target !== window && target.localName !== "script") return; // a picture is missing, for example
  const [text, name] = TEXTS[navigator.language.split("-")[0]] ?? TEXTS.en;
  const retry = document.createElement("button");
  retry.textContent = name;
  retry.addEventListener("click", () => location.reload());
  document.getElementById("app").replaceChildren();
  message.replaceChildren(`${text} `, retry);
}

addEventListener("error", explain, true); // a file could not be loaded, or has failed
addEventListener("unhandledrejection", explain); // config.json could not be loaded
