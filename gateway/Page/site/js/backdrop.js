import { blurAround, Percent } from "./blur.js";
import { element } from "./dom.js";

/** What is shown behind the cutout: nothing (a checkerboard), a colour, the user's own picture, or the photo itself, blurred. Fires "change". */
export class Backdrop extends EventTarget {
  kind = "none";
  #picture = element("picture");
  #colour = element("colour");
  #chooser = element("picture-chooser");
  #file = null;
  #url = "";
  #photo = null;
  #shown = "";
  #blurUrl = "";
  /** Promises of small canvases, by cutout. */
  #blurs = new WeakMap();

  constructor() {
    super();
    element("backdrop").addEventListener("change", (event) => this.#choose(event.target.value));
    this.#colour.addEventListener("input", () => this.#apply());
    element("picture-choose").addEventListener("click", () => this.#chooser.click());
    this.#chooser.addEventListener("change", () => this.#take(this.#chooser.files[0]));
    this.#apply();
  }

  /** Whether nothing is behind the photo that is shown. */
  get isEmpty() { return this.kind === "none" || (this.kind === "picture" && !this.#url) || (this.kind === "blur" && !this.#shown); }

  /** The same for the API: name and value of a form field. */
  get field() {
    if (this.kind === "blur") return ["bg_blur", Percent];
    if (this.isEmpty) return null;
    return this.kind === "colour" ? ["bg_color", this.#colour.value.slice(1)] : ["bg_image", `@${this.#file.name}`];
  }

  /** Shows what is behind this photo. */
  show(photo) {
    if (this.#photo?.cutout === photo?.cutout) return;
    this.#photo = photo?.cutout ? { file: photo.file, cutout: photo.cutout } : null;
    this.#apply();
  }

  /**
   * Draws the backdrop and the cutout over it at the cutout's own size.
   * @param type of the file; a browser that cannot write it gives a PNG
   * @returns null where nothing is behind this photo
   */
  async compose(photo, type) {
    const behind = this.kind === "blur" ? await this.#blurOf(photo) : this.kind === "picture" && this.#url ? await createImageBitmap(await load(this.#url)) : null;
    if (!behind && this.kind !== "colour") return null;
    const subject = await createImageBitmap(photo.cutout.blob);
    const canvas = new OffscreenCanvas(subject.width, subject.height);
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.fillStyle = this.#colour.value;
    if (behind) cover(context, behind);
    else context.fillRect(0, 0, canvas.width, canvas.height);
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
    if (isPicture) [this.#url, this.#file] = [url, file];
    this.#apply();
  }

  async #apply() {
    const [kind, photo] = [this.kind, this.#photo];
    this.#draw(kind === "picture" ? this.#url : "");
    if (kind !== "blur" || !photo) return;
    const canvas = await this.#blurOf(photo);
    const blob = await canvas?.convertToBlob();
    if (kind !== this.kind || photo !== this.#photo) return; // another was chosen meanwhile
    URL.revokeObjectURL(this.#blurUrl);
    this.#blurUrl = blob ? URL.createObjectURL(blob) : "";
    this.#draw(this.#blurUrl);
    element("blur-note").hidden = Boolean(blob);
  }

  #draw(url) {
    this.#shown = url;
    element("blur-note").hidden = true;
    element("colour-row").hidden = this.kind !== "colour";
    element("picture-choose").hidden = this.kind !== "picture";
    element("picture-choose").textContent = this.#url ? "Choose another picture" : "Choose a picture";
    element("colour-swatch").style.setProperty("background-color", this.#colour.value);
    if (this.#url) element("picture-swatch").style.setProperty("background-image", `url("${this.#url}")`);

    this.#picture.dataset.backdrop = this.isEmpty ? "none" : this.kind === "colour" ? "colour" : "picture";
    this.#picture.style.setProperty("--colour", this.#colour.value);
    this.#picture.style.setProperty("--backdrop", url ? `url("${url}")` : "none");
    this.dispatchEvent(new Event("change"));
  }

  /** Null where the browser cannot read the photo. */
  async #blurOf({ file, cutout }) {
    if (!this.#blurs.has(cutout)) this.#blurs.set(cutout, blurAround(file, cutout.blob).catch(() => null));
    return this.#blurs.get(cutout);
  }
}

/** As CSS' "cover". */
function cover(context, behind) {
  const { width, height } = context.canvas;
  const scale = Math.max(width / behind.width, height / behind.height);
  const [w, h] = [behind.width * scale, behind.height * scale];
  context.drawImage(behind, (width - w) / 2, (height - h) / 2, w, h);
}

function load(url) {
  const image = new Image();
  image.src = url;
  return image.decode().then(() => image);
}
