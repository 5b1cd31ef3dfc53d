import { element } from "./dom.js";

/**
 * Before and after in one frame, with a line between them. The line is a range input as large as the picture: mouse, touch,
 * keyboard and screen reader come with it.
 */
export class Compare {
  #picture = element("picture");
  #split = element("split");
  #before = element("before");
  #after = element("after");

  constructor() {
    this.#split.addEventListener("input", () => this.#place());
    this.#before.addEventListener("load", () => this.#shape(this.#before));
    this.#before.addEventListener("error", () => this.#unseen(true));
  }

  showBefore(url) {
    this.#unseen(false);
    this.#before.src = url;
    this.#after.hidden = this.#split.hidden = true;
    this.#picture.classList.remove("compared");
  }

  showBoth(beforeUrl, afterUrl) {
    if (this.#before.src !== beforeUrl) this.showBefore(beforeUrl);
    this.#after.src = afterUrl;
    this.#after.hidden = this.#split.hidden = false;
    this.#split.value = 50;
    this.#place();
    this.#picture.classList.add("compared");
  }

  set busy(isBusy) { this.#picture.classList.toggle("scanning", isBusy); }

  #place() {
    this.#picture.style.setProperty("--split", `${this.#split.value}%`);
    this.#split.setAttribute("aria-valuetext", `${this.#split.value} % photo, ${100 - this.#split.value} % cutout`);
  }

  /** The frame takes the picture's proportions. */
  #shape(image) { this.#picture.style.setProperty("--ratio", image.naturalWidth / image.naturalHeight); }

  #unseen(isUnseen) {
    element("unseen").hidden = !isUnseen;
    this.#picture.hidden = isUnseen;
  }
}
