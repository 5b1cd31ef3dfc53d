import { Problem, send, sendForJson } from "./api.js";
import { patiently } from "./patience.js";
import { Slots } from "./slots.js";

/** Ways to ask for a cutout, by what the file is called on the page. */
export const Formats = {
  png: { query: "format=png", ending: "-cutout.png" },
  webp: { query: "format=webp", ending: "-cutout.webp" },
  mask: { query: "channels=alpha", ending: "-mask.png" },
};

const uploads = new Slots(2);
const watches = new Slots(3);

/** Gets the photo's cutout; how it goes, and how it ends, is in the photo's state. */
export async function cut(photo) {
  try {
    photo.finish(await (photo.isOneOfMany ? cutAsTask(photo) : cutAtOnce(photo)));
  } catch (problem) {
    if (problem.name !== "AbortError") photo.set({ state: "failed", problem });
  }
}

/** The photo's cutout in a format, as { blob, headers, milliseconds }; asked for once. */
export async function fetchFile(photo, format, onWait) {
  if (!photo.files.has(format)) photo.files.set(format, await request(photo, format, { onWait }));
  return photo.files.get(format);
}

/** Somebody is looking at it. */
function cutAtOnce(photo) {
  return request(photo, "png", {
    onUpload: (progress) => photo.set({ state: progress < 100 ? "uploading" : "working", progress }),
    onWait: (problem, secondsLeft) => photo.set({ state: "busy", problem, secondsLeft }),
  });
}

/** As a task, it waits its turn on the server and survives what happens to our connection. */
async function cutAsTask(photo) {
  const { signal } = photo.aborter;
  const onWait = (problem, secondsLeft) => photo.set({ state: "busy", problem, secondsLeft });

  // 1. Accepted once, however often we have to say it.
  const headers = { "Idempotency-Key": newId() };
  const onUpload = (progress) => photo.set({ state: "uploading", progress });
  let task = await uploads.run(() => patiently(() =>
    sendForJson("POST", `v1/tasks?${Formats.png.query}`, { file: photo.file, headers, onUpload, signal }), { onWait, signal }));
  const path = `v1/tasks/${task.id}`;
  const inHand = new AbortController();
  signal.addEventListener("abort", () => forget(path), { signal: inHand.signal });
  show(photo, task);

  // 2. Watched until it ends; the server answers when something happens.
  const cutout = await watches.run(async () => {
    const ask = (wait) => patiently(() => sendForJson("GET", `${path}?wait=${wait}s`, { signal }).catch(comeBack), { onWait, signal });
    for (let wait = 0; !hasEnded(task); wait = 5) show(photo, (task = await ask(wait)));
    if (task.error) {
      inHand.abort();
      throw new Problem(task.error);
    }

    // 3. Its picture.
    return patiently(() => send("GET", `${path}/result`, { signal }).catch(comeBack), { onWait, signal });
  });

  // 4. Nobody needs it there any more.
  inHand.abort();
  forget(path);
  photo.request = { format: "png", task: true };
  return cutout;
}

async function request(photo, format, { onUpload, onWait }) {
  const { signal } = photo.aborter;
  const path = `v1/remove-background?${Formats[format].query}`;
  const answer = await patiently(() => send("POST", path, { file: photo.file, onUpload, signal }), { onWait, signal });
  photo.request = { format, task: false };
  return answer;
}

const hasEnded = (task) => ["succeeded", "failed", "cancelled"].includes(task.status);

function show(photo, task) {
  if (!hasEnded(task)) photo.set({ state: task.status === "running" ? "working" : "queued", position: task.position ?? 0 });
}

/** A lost connection does not lose the task: ask again soon. */
function comeBack(problem) {
  if (problem.code === "network") problem.retryAfter = 2;
  throw problem;
}

function forget(path) {
  send("DELETE", path).catch(() => { /* it is deleted in time without us */ });
}

/** randomUUID is for https only, and the service may well be on plain http. */
function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
