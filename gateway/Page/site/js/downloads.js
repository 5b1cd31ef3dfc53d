import { announce } from "./announcer.js";
import { fetchFile, Formats } from "./cutting.js";
import { element, save } from "./dom.js";
import { describe, explain } from "./words.js";
import { zip } from "./zip.js";

/** The buttons that save a photo's cutout. Other formats than the first are asked of the server when they are wanted. */
export class Downloads {
  #buttons = [...element("downloads").querySelectorAll("button")];
  #note = element("download-note");

  /**
   * @param current gives the photo that is shown
   * @param onFetched called with the photo after a request was made for it
   */
  constructor(current, backdrop, onFetched) {
    Object.assign(this, { current, backdrop, onFetched });
    for (const button of this.#buttons) button.addEventListener("click", () => this.#save(button));
    const shown = this.#buttons.find((button) => button.dataset.file === "shown");
    backdrop.addEventListener("change", () => { shown.hidden = backdrop.isEmpty; });
  }

  async #save(button) {
    const photo = this.current();
    const kind = button.dataset.file;
    this.#busy(button, true);
    this.#say("");
    try {
      if (kind === "shown") save(await this.backdrop.compose(photo.cutout.blob), `${photo.stem}-with-background.png`);
      else save((await this.#fetch(photo, kind)).blob, photo.stem + Formats[kind].ending);
      announce("Saved.");
    } catch (problem) {
      if (problem.name !== "AbortError") this.#say(explain(problem).title);
    }
    this.#busy(button, false);
  }

  async #fetch(photo, format) {
    const file = await fetchFile(photo, format, (problem, secondsLeft) => this.#say(describe({ state: "busy", problem, secondsLeft })));
    this.#say("");
    this.onFetched(photo);
    return file;
  }

  #busy(button, isBusy) {
    button.disabled = isBusy;
    button.setAttribute("aria-busy", isBusy);
  }

  #say(text) {
    this.#note.textContent = text;
    this.#note.hidden = !text;
    if (text) announce(text);
  }
}

/** Saves all cutouts in one archive; two photos of one name get different ones. */
export async function saveAll(photos) {
  const names = new Set();
  const files = photos.filter((photo) => photo.state === "done").map((photo) => {
    let name = photo.stem + Formats.png.ending;
    for (let copy = 2; names.has(name); copy++) name = `${photo.stem}-${copy}${Formats.png.ending}`;
    names.add(name);
    return { name, blob: photo.cutout.blob };
  });
  save(await zip(files), "cutouts.zip");
  announce(`Saved ${files.length} cutouts as a ZIP.`);
}
