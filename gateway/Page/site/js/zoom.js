import { announce } from "./announcer.js";
import { element } from "./dom.js";

const Step = 1.5;

/** The most screen pixels for one of the picture's. */
const Most = 8;

/** Enlarges the picture in its frame, which then scrolls: by buttons, keys, double click, pinch, or Ctrl and the wheel. */
export class Zoom {
  #frame = element("frame");
  #picture = element("picture");
  #image = element("before");
  #factor = 1;

  constructor() {
    element("zoom-in").addEventListener("click", () => this.#say(this.#factor * Step));
    element("zoom-out").addEventListener("click", () => this.#say(this.#factor / Step));
    element("zoom-fit").addEventListener("click", () => this.#say(1));
    element("zoom-actual").addEventListener("click", () => this.#say(this.#actual));
    this.#frame.addEventListener("keydown", (event) => this.#press(event));
    this.#frame.addEventListener("dblclick", (event) => this.#set(this.#factor === 1 ? this.#actual : 1, event));
    // A pinch on a touchpad comes as a wheel with Ctrl.
    this.#frame.addEventListener("wheel", (event) => this.#turn(event), { passive: false });
    this.#image.addEventListener("load", () => this.#set(1));
    this.#image.addEventListener("error", () => { element("zoom").hidden = true; });
    addEventListener("resize", () => this.#set(this.#factor));
  }

  /** The factor at which a pixel of the picture is one of the screen. */
  get #actual() {
    const fitted = this.#picture.getBoundingClientRect().width / this.#factor;
    return this.#image.naturalWidth / devicePixelRatio / fitted;
  }

  /**
   * @param factor 1 fits the picture into its frame
   * @param at { clientX, clientY } that stays where it is; the middle of the frame if absent
   */
  #set(factor, at = middle(this.#frame)) {
    if (!this.#image.naturalWidth) return;
    const actual = this.#actual;
    const before = this.#picture.getBoundingClientRect();
    this.#factor = Math.min(Math.max(factor, Math.min(1, actual)), Math.max(1, Most * actual));
    this.#picture.style.setProperty("--zoom", this.#factor);
    this.#frame.classList.toggle("zoomed", this.#factor > 1);
    this.#picture.classList.toggle("magnified", this.#factor / actual >= 2);
    this.#frame.tabIndex = this.#factor > 1 ? 0 : -1;

    const after = this.#picture.getBoundingClientRect();
    this.#frame.scrollLeft += after.left + (at.clientX - before.left) * after.width / before.width - at.clientX;
    this.#frame.scrollTop += after.top + (at.clientY - before.top) * after.height / before.height - at.clientY;
    element("zoom-level").textContent = `${Math.round(100 * this.#factor / actual)} %`;
    element("zoom").hidden = false;
  }

  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return; // the browser's own zoom
    const factor = { "+": this.#factor * Step, "=": this.#factor * Step, "-": this.#factor / Step, 0: 1, 1: this.#actual }[event.key];
    if (!factor) return;
    event.preventDefault();
    this.#say(factor);
  }

  /** For those who do not see it. */
  #say(factor) {
    this.#set(factor);
    announce(`Zoom ${element("zoom-level").textContent}.`);
  }

  #turn(event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.#set(this.#factor * Math.exp(-event.deltaY / 200), event);
  }
}

function middle(frame) {
  const box = frame.getBoundingClientRect();
  return { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
}
