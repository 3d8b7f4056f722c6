/** The language of the page: its words, and how it writes numbers and times. */

import { store } from "./store.js";

/** The languages by their codes, each in its own words. */
export const LANGUAGES = { en: "English", de: "Deutsch" };

const FILES = {
  en: () => import("./languages/en.js").then(({ words }) => words),
  de: () => import("./languages/de.js").then(({ words }) => words),
};

/** The words of the current language by section and key, and its formats. */
export let words;
export let format;

/** The code of the current language. */
export const language = store("");

/** Show the page in this language, now and at later visits. Throws if it cannot be loaded. */
export async function setLanguage(code) {
  await load(code);
  try {
    localStorage.language = code;
  } catch {} // without storage, the choice is for this visit
}

async function load(code) {
  words = await FILES[code]();
  // The browser may prefer a region, such as en-GB, which writes dates in its own way.
  const locale = navigator.languages.find((each) => languageOf(each) === code) ?? code;
  const unit = (unit, unitDisplay = "short") =>
    new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay, maximumFractionDigits: 1 });
  format = {
    dateTime: new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }),
    date: new Intl.DateTimeFormat(locale, { dateStyle: "medium" }),
    time: new Intl.DateTimeFormat(locale, { timeStyle: "short" }),
    day: new Intl.DateTimeFormat(locale, { dateStyle: "full" }),
    dayUTC: new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" }),
    price: (amount, currency) => new Intl.NumberFormat(locale, { style: "currency", currency }).format(amount),
    relative: new Intl.RelativeTimeFormat(locale, { numeric: "auto" }),
    number: new Intl.NumberFormat(locale, { maximumFractionDigits: 2 }),
    quantity: new Intl.NumberFormat(locale, { maximumFractionDigits: 15 }),
    megabytes: unit("megabyte"),
    minutes: unit("minute"),
    hours: unit("hour"),
    days: unit("day", "long"),
  };
  document.documentElement.lang = code;
  language.value = code;
}

function languageOf(locale) {
  return locale.split("-")[0];
}

function stored() {
  try {
    return localStorage.language;
  } catch {}
}

const wished = [stored(), ...navigator.languages.map(languageOf)];
await load(wished.find((code) => Object.hasOwn(FILES, code)) ?? "en");
