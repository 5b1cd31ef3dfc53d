import { Compare } from "./compare.js";
import { element } from "./dom.js";
import { showTimings } from "./timings.js";
import { describe, explain } from "./words.js";

/** The photo that is looked at: what is happening to it, and when it is done, before and after. */
export class Stage {
  #compare = new Compare();
  #shown = null;

  constructor({ onRetry, onCancel }) {
    // A button that goes away would take the focus with it.
    element("retry").addEventListener("click", () => {
      onRetry();
      if (element("retry").hidden) element(element("cancel").hidden ? "work-title" : "cancel").focus();
    });
    element("cancel").addEventListener("click", () => {
      onCancel();
      element("retry").focus();
    });
  }

  show(photo) {
    const isNew = this.#shown?.photo !== photo || this.#shown.cutout !== photo.cutout;
    this.#shown = { photo, cutout: photo.cutout };
    if (isNew && photo.cutout) this.#showCutout(photo);
    else if (isNew) this.#compare.showBefore(photo.url);
    this.#compare.busy = ["uploading", "queued", "working"].includes(photo.state);

    const isDone = photo.state === "done";
    element("panel").hidden = !isDone;
    element("status").hidden = isDone;
    if (!isDone) this.#showStatus(photo);
  }

  #showCutout(photo) {
    this.#compare.showBoth(photo.url, photo.cutout.url);
    element("empty").hidden = !photo.isEmpty;
    showTimings(photo.cutout);
  }

  #showStatus(photo) {
    const failure = photo.state === "failed" ? explain(photo.problem) : null;
    element("status").dataset.state = photo.state;
    element("status-title").textContent = failure?.title ?? describe(photo);
    element("status-text").textContent = failure?.advice ?? "";
    this.#showFine(failure ? photo.problem : null);
    this.#showProgress(photo);
    element("retry").hidden = photo.state !== "cancelled" && !failure?.canRetry;
    element("cancel").hidden = photo.isSettled;
  }

  /** The server's own words, and what to quote to its operator. */
  #showFine(problem) {
    const parts = [problem?.detail, problem?.requestId && `Request ${problem.requestId}`].filter(Boolean);
    element("status-fine").textContent = parts.join("\n");
    element("status-fine").hidden = parts.length === 0;
  }

  #showProgress(photo) {
    const progress = element("progress");
    progress.hidden = photo.isSettled;
    if (photo.state === "uploading") progress.value = photo.progress;
    else progress.removeAttribute("value");
  }
}
