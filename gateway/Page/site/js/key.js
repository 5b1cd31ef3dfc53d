import { element } from "./dom.js";

const Name = "rembg-api-key";

/** The API key that the user gave, or "". Browsers may forbid storage; then it lasts as long as the page. */
let key = read();

export const storedKey = () => key;

/** The Problem by which the server refused this very key; a wrong one must not be sent with each of a hundred photos. */
let refusal = null;

export const keyRefusal = () => refusal;
export const refuseKey = (problem) => { refusal = problem; };

/** The form that asks for a key when the server wants one. Calls back when a new one was given. */
export class KeyForm {
  constructor(onKey) {
    this.form = element("key-form");
    this.input = element("key");
    this.change = element("key-change");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#keep(this.input.value.trim());
      this.form.hidden = true;
      onKey();
    });
    element("key-forget").addEventListener("click", () => {
      this.#keep("");
      this.form.hidden = true;
      this.input.value = "";
    });
    this.change.addEventListener("click", () => this.ask());
    this.change.hidden = !key;
  }

  ask() {
    if (!this.form.hidden) return; // somebody is typing
    element("key-refused").hidden = !(key && refusal);
    this.form.hidden = false;
    this.input.value = key;
    this.input.focus();
  }

  #keep(value) {
    key = value;
    refusal = null;
    this.change.hidden = !key;
    try {
      if (key) localStorage.setItem(Name, key);
      else localStorage.removeItem(Name);
    } catch { /* it lasts as long as the page */ }
  }
}

function read() {
  try {
    return localStorage.getItem(Name) ?? "";
  } catch {
    return "";
  }
}
