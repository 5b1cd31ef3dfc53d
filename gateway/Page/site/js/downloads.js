import { announce } from "./announcer.js";
import { fetchFile, Formats } from "./cutting.js";
import { element, save } from "./dom.js";
import { describe, explain } from "./words.js";
import { zip } from "./zip.js";

/** What is saved with the chosen background: how the file is called, and what it is. */
const Composed = {
  png: { type: "image/png", ending: "png" },
  webp: { type: "image/webp", ending: "webp" },
  jpg: { type: "image/jpeg", ending: "jpg" },
};

/** The buttons that save what is shown: the cutout, with the background if there is one. */
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
    const withBackground = this.#buttons.filter((button) => ["jpg", "transparent"].includes(button.dataset.file));
    backdrop.addEventListener("change", () => { for (const button of withBackground) button.hidden = backdrop.isEmpty; });
  }

  async #save(button) {
    const photo = this.current();
    const kind = button.dataset.file;
    this.#busy(button, true);
    this.#say("");
    try {
      const composed = Composed[kind] && await compose(photo, this.backdrop, Composed[kind]);
      const { blob, name } = composed ?? await this.#fetch(photo, kind === "transparent" ? "png" : kind);
      save(blob, name);
      announce("Saved.");
    } catch (problem) {
      if (problem.name !== "AbortError") this.#say(explain(problem).title);
    }
    this.#busy(button, false);
  }

  async #fetch(photo, format) {
    const { blob } = await fetchFile(photo, format, (problem, secondsLeft) => this.#say(describe({ state: "busy", problem, secondsLeft })));
    this.#say("");
    this.onFetched(photo);
    return { blob, name: photo.stem + Formats[format].ending };
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

/** Null where nothing is behind the photo. A browser that cannot write the type (WebKit and WebP) writes a PNG, which is then called one. */
async function compose(photo, backdrop, { type, ending }) {
  const blob = await backdrop.compose(photo, type);
  return blob && { blob, name: `${photo.stem}-with-background.${blob.type === type ? ending : "png"}` };
}

/** Saves all as they are shown in one archive; two photos of one name get different ones. */
export async function saveAll(photos, backdrop) {
  const names = new Set();
  const files = [];
  for (const photo of photos.filter((photo) => photo.state === "done")) {
    const { blob, name } = await compose(photo, backdrop, Composed.png) ?? { blob: photo.cutout.blob, name: photo.stem + Formats.png.ending };
    let free = name;
    for (let copy = 2; names.has(free); copy++) free = `${photo.stem}-${copy}${name.slice(photo.stem.length)}`;
    names.add(free);
    files.push({ name: free, blob });
  }
  save(await zip(files), "cutouts.zip");
  announce(`Saved ${files.length} cutouts as a ZIP.`);
}
