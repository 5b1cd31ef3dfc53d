import { element } from "./dom.js";

/** What is shown behind the cutout: nothing (a checkerboard), a colour or the user's own picture. Fires "change". */
export class Backdrop extends EventTarget {
  kind = "none";
  #picture = element("picture");
  #colour = element("colour");
  #chooser = element("picture-chooser");
  #url = "";

  constructor() {
    super();
    element("backdrop").addEventListener("change", (event) => this.#choose(event.target.value));
    this.#colour.addEventListener("input", () => this.#apply());
    element("picture-choose").addEventListener("click", () => this.#chooser.click());
    this.#chooser.addEventListener("change", () => this.#take(this.#chooser.files[0]));
    this.#apply();
  }

  get isEmpty() { return this.kind === "none" || (this.kind === "picture" && !this.#url); }

  /**
   * Draws the backdrop and the cutout over it at the cutout's own size.
   * @param type of the file; a browser that cannot write it gives a PNG
   */
  async compose(cutout, type) {
    const subject = await createImageBitmap(cutout);
    const canvas = new OffscreenCanvas(subject.width, subject.height);
    const context = canvas.getContext("2d");
    if (this.kind === "colour") {
      context.fillStyle = this.#colour.value;
      context.fillRect(0, 0, canvas.width, canvas.height);
    } else if (this.#url) {
      const behind = await createImageBitmap(await load(this.#url));
      const scale = Math.max(canvas.width / behind.width, canvas.height / behind.height); // as CSS "cover"
      const [width, height] = [behind.width * scale, behind.height * scale];
      context.drawImage(behind, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
    }
    context.drawImage(subject, 0, 0);
    return canvas.convertToBlob({ type, quality: 0.92 });
  }

  #choose(kind) {
    this.kind = kind;
    if (kind === "picture" && !this.#url) this.#chooser.click();
    this.#apply();
  }

  async #take(file) {
    if (!file) return;
    const url = URL.createObjectURL(file);
    this.#chooser.value = "";
    const isPicture = await load(url).then(() => true, () => false);
    element("picture-note").hidden = isPicture;
    URL.revokeObjectURL(isPicture ? this.#url : url);
    if (isPicture) this.#url = url;
    this.#apply();
  }

  #apply() {
    element("colour-row").hidden = this.kind !== "colour";
    element("picture-choose").hidden = this.kind !== "picture";
    element("picture-choose").textContent = this.#url ? "Choose another picture" : "Choose a picture";
    element("colour-swatch").style.setProperty("background-color", this.#colour.value);
    if (this.#url) element("picture-swatch").style.setProperty("background-image", `url("${this.#url}")`);

    this.#picture.dataset.backdrop = this.isEmpty ? "none" : this.kind;
    this.#picture.style.setProperty("--colour", this.#colour.value);
    this.#picture.style.setProperty("--backdrop", this.#url ? `url("${this.#url}")` : "none");
    this.dispatchEvent(new Event("change"));
  }
}

function load(url) {
  const image = new Image();
  image.src = url;
  return image.decode().then(() => image);
}
