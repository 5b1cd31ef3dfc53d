import { create, element } from "./dom.js";
import { describe } from "./words.js";

/** The list of photos, shown when there are several: each with its state, a way to look at it and one to take it out. */
export class Tray {
  #tray = element("tray");
  #list = element("tray-list");
  #template = element("tray-item");
  #items = new Map();

  constructor({ onOpen, onRemove, onSave }) {
    Object.assign(this, { onOpen, onRemove });
    element("zip").addEventListener("click", onSave);
  }

  /** @param at its place in the list; the end by default */
  add(photo, at = this.#items.size) {
    const item = this.#template.content.cloneNode(true).firstElementChild;
    item.querySelector(".name").textContent = photo.name;
    const image = item.querySelector("img");
    image.addEventListener("error", () => { image.hidden = true; }); // not a picture, or none that this browser knows
    image.src = photo.url;
    item.querySelector(".open").addEventListener("click", () => this.onOpen(photo));
    const remove = item.querySelector(".remove");
    remove.append(create("span", { className: "visually-hidden", textContent: `Remove ${photo.name}` }));
    remove.addEventListener("click", () => this.onRemove(photo));
    this.#items.set(photo, item);
    this.#list.insertBefore(item, this.#list.children[at] ?? null);
  }

  remove(photo) {
    this.#items.get(photo).remove();
    this.#items.delete(photo);
  }

  /** Brings everything up to date. */
  show(photos, selected) {
    this.#tray.hidden = photos.length < 2;
    const done = photos.filter((photo) => photo.state === "done").length;
    element("tray-count").textContent = `${done} of ${photos.length} done`;
    element("zip").disabled = done === 0;
    for (const photo of photos) this.#draw(this.#items.get(photo), photo, photo === selected);
  }

  #draw(item, photo, isSelected) {
    item.dataset.state = photo.state;
    item.querySelector(".state").textContent = describe(photo);
    item.querySelector(".open").setAttribute("aria-current", isSelected);

    const progress = item.querySelector("progress");
    progress.hidden = photo.isSettled;
    progress.setAttribute("aria-label", `Progress of ${photo.name}`);
    if (photo.state === "uploading") progress.value = photo.progress;
    else if (photo.state === "working") progress.removeAttribute("value");
    else progress.value = photo.state === "waiting" ? 0 : 100;

    const image = item.querySelector("img");
    if (!photo.cutout || image.src === photo.cutout.url) return;
    image.hidden = false;
    image.src = photo.cutout.url;
  }
}
