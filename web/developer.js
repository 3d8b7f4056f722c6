/** What only developers see, on a laptop. */

import { config } from "./api.js";
import { store } from "./store.js";

const STORED_AS = "developer";

/** Whether it is shown now. */
export const isDeveloper = store(config.developer === true && localStorage.getItem(STORED_AS) !== "off");

/** Show it or not, also at later visits. */
export function setDeveloper(isOn) {
  localStorage.setItem(STORED_AS, isOn ? "on" : "off");
  isDeveloper.value = isOn;
}
