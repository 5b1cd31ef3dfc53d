import { announce } from "./announcer.js";
import { element } from "./dom.js";

const Milliseconds = 60_000;

/** Keeps what was removed last, so that it can be brought back: until something else is removed, or for a minute. */
export class Undo {
  #removed = [];
  #timer = 0;

  /** @param onUndo called with what was removed, as [{ photo, at }] in the order of the places */
  constructor(onUndo) {
    element("undo").addEventListener("click", () => {
      const removed = this.#removed;
      this.#removed = [];
      this.#hide();
      onUndo(removed);
    });
  }

  /** Takes over what is not shown any more. */
  offer(removed, text) {
    this.forget();
    for (const { photo } of removed) if (!photo.isSettled) photo.cancel();
    this.#removed = removed;
    element("undo-text").textContent = text;
    element("undo-bar").hidden = false;
    announce(text);
    this.#timer = setTimeout(() => this.forget(), Milliseconds);
  }

  /** Gives its memory back. */
  forget() {
    for (const { photo } of this.#removed) photo.dispose();
    this.#removed = [];
    this.#hide();
  }

  #hide() {
    clearTimeout(this.#timer);
    element("undo-bar").hidden = true;
  }
}
