import { html } from "./vendor/preact.js";
import { announce } from "./components.js";
import { LANGUAGES, language, setLanguage, words } from "./language.js";

export function LanguageChoice() {
  const onChange = ({ currentTarget }) =>
    setLanguage(currentTarget.value).catch(() => {
      currentTarget.value = language.value;
      announce(words.app.languageFailed);
    });
  return html`<div class="field language">
    <label for="language">${words.app.language}</label>
    <select id="language" value=${language.value} onChange=${onChange}>
      ${Object.entries(LANGUAGES).map(([code, name]) => html`<option value=${code} lang=${code}>${name}</option>`)}
    </select>
  </div>`;
}
