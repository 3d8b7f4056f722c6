/** The products of the shop. */

import { words } from "./language.js";
import { store } from "./store.js";

/** `{name, price, currency, picture}`; null until they are loaded, and empty without any. */
export const products = store(null);

const RULES = [
  ["a name", ({ name }) => typeof name === "string" && name.trim()],
  ["a price of 0 or more, as a number", ({ price }) => Number.isFinite(price) && price >= 0],
  ["a currency such as EUR", ({ currency }) => /^[A-Z]{3}$/.test(currency)],
  ["a picture such as products/lamp.svg", ({ picture }) => /^[\w-][\w./-]*$/.test(picture)],
];

/** Load the products, once. */
export async function loadProducts() {
  if (products.value) return;
  const response = await fetch("products.json").catch(() => null); // the next sheet tries again
  if (!response?.ok) return;
  try {
    const list = await response.json();
    check(list);
    products.value = list;
  } catch ({ message }) {
    products.value = [];
    console.error(`No products are shown, because products.json cannot be used: ${message}`);
  }
}

function check(list) {
  if (!Array.isArray(list)) throw new Error("it must be a list of products.");
  list.forEach((product, index) => {
    const broken = RULES.find(([, isKept]) => !isKept(product ?? {}));
    if (broken) throw new Error(`product ${index + 1} needs ${broken[0]}.`);
  });
}
