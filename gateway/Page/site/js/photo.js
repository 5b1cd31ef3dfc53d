/**
 * One photo and where it stands. State: waiting (for its turn), uploading, queued (as a task), working, busy (the server asked
 * us to come back), done, failed, cancelled. Fires "change" whenever anything about it changes.
 */
export class Photo extends EventTarget {
  state = "waiting";
  /** Upload so far, 0 to 100. */
  progress = 0;
  /** Place in the server's queue, 1 for the next; 0 when not known. */
  position = 0;
  /** While busy: whole seconds until the next try. While failed: why. */
  secondsLeft = 0;
  problem = null;
  /** { blob, url, headers, milliseconds } of the cutout, once done. */
  cutout = null;
  /** Cutouts in other formats that were asked for, by name. */
  files = new Map();
  /** The last request that gave a file; for the curl line. */
  request = null;

  /**
   * @param isOneOfMany it then goes as a task
   * @param id of one that was kept; ids are in the order of the photos
   */
  constructor(file, isOneOfMany, id = newId()) {
    super();
    this.id = id;
    this.file = file;
    this.isOneOfMany = isOneOfMany;
    this.url = URL.createObjectURL(file);
    this.aborter = new AbortController();
  }

  get name() { return this.file.name || "photo"; }

  /** The file's name without its extension, and without what some system does not take in a name. */
  get stem() { return this.name.replace(/\.[^.]+$/, "").replace(/[\\/:*?"<>|\p{Cc}]/gu, "_"); }

  /** Whether the service found nothing to keep: its box of the subject is empty. */
  get isEmpty() { return this.cutout?.headers("X-Foreground") === "0 0 0 0"; }

  get isSettled() { return ["done", "failed", "cancelled"].includes(this.state); }

  set(changes) {
    Object.assign(this, changes);
    this.dispatchEvent(new Event("change"));
  }

  finish(cutout) {
    this.files.set("png", cutout);
    this.set({ state: "done", problem: null, cutout: { ...cutout, url: URL.createObjectURL(cutout.blob) } });
  }

  /** Ends whatever is under way for it. */
  cancel() {
    this.aborter.abort();
    this.set({ state: "cancelled" });
  }

  /** As it was when it came in. */
  reset() {
    this.aborter = new AbortController();
    this.set({ state: "waiting", progress: 0, position: 0, problem: null });
  }

  /** Gives its memory back. */
  dispose() {
    this.aborter.abort();
    URL.revokeObjectURL(this.url);
    if (this.cutout) URL.revokeObjectURL(this.cutout.url);
  }
}

let made = 0;

const newId = () => `${Date.now()}-${String(made++).padStart(6, "0")}`;
