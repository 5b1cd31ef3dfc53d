import { Photo } from "./photo.js";

const MaxBytes = 250e6;

/** What the page shows of an answer's headers, and so has to keep. */
const KeptHeaders = ["Server-Timing", "X-Cache", "X-Foreground"];

/**
 * Keeps photos and cutouts in this browser (IndexedDB), so that a reload loses nothing. What is beyond the bound, and everything in a browser
 * that allows no storage, is only in memory.
 */
export class PhotoStore {
  #database = open().catch(() => null);
  #bytes = new Map();

  /** The photos of last time, in their order. */
  async all() {
    const records = (await this.#run("readonly", (photos) => photos.getAll())) ?? [];
    return records.map((record) => {
      const photo = new Photo(record.file, record.isOneOfMany, record.id);
      this.#bytes.set(photo.id, sizeOf(photo.file, record.cutout));
      if (record.cutout) {
        const { blob, headers, milliseconds } = record.cutout;
        photo.request = record.request;
        photo.finish({ blob, milliseconds, headers: (name) => headers[name] ?? "" });
      }
      return photo;
    });
  }

  /** Keeps the photo as it is now: those that are done, and those that are to be done. */
  async put(photo) {
    if (["failed", "cancelled"].includes(photo.state)) return this.delete(photo);
    const { id, file, isOneOfMany, request } = photo;
    const cutout = photo.cutout && {
      blob: photo.cutout.blob,
      milliseconds: photo.cutout.milliseconds,
      headers: Object.fromEntries(KeptHeaders.map((name) => [name, photo.cutout.headers(name)])),
    };
    this.#bytes.set(id, sizeOf(file, cutout));
    if ([...this.#bytes.values()].reduce((sum, bytes) => sum + bytes, 0) > MaxBytes) return this.delete(photo);
    await this.#run("readwrite", (photos) => photos.put({ id, file, isOneOfMany, request, cutout }));
  }

  async delete(photo) {
    this.#bytes.delete(photo.id);
    await this.#run("readwrite", (photos) => photos.delete(photo.id));
  }

  async #run(mode, use) {
    const database = await this.#database;
    if (!database) return undefined;
    return new Promise((resolve) => {
      const transaction = database.transaction("photos", mode);
      const request = use(transaction.objectStore("photos"));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => resolve(undefined); // such as a full disk
    });
  }
}

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("rembg", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("photos", { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

const sizeOf = (file, cutout) => file.size + (cutout?.blob.size ?? 0);
