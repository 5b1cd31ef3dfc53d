import { element } from "./dom.js";

/** Says something to those who listen to the page instead of seeing it. */
export function announce(text) {
  element("announcer").textContent = text;
}
