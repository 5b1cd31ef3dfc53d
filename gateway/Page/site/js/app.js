import { announce } from "./announcer.js";
import { Backdrop } from "./backdrop.js";
import { showCurl, offerCopy } from "./curl.js";
import { cut } from "./cutting.js";
import { element } from "./dom.js";
import { Downloads, saveAll } from "./downloads.js";
import { takePhotos } from "./intake.js";
import { KeyForm } from "./key.js";
import { Photo } from "./photo.js";
import { Stage } from "./stage.js";
import { PhotoStore } from "./store.js";
import { Tray } from "./tray.js";
import { Undo } from "./undo.js";
import { describe, explain } from "./words.js";
import { Zoom } from "./zoom.js";

const photos = [];
let selected = null;

const keyForm = new KeyForm(retryRefused);
const undo = new Undo(bringBack);
const store = new PhotoStore();
const stage = new Stage({ onRetry: () => retry(selected), onCancel: () => selected.cancel() });
const backdrop = new Backdrop();
const tray = new Tray({ onOpen: open, onRemove: (photo) => remove([photo], `Removed ${photo.name}.`), onSave: () => saveAll(photos, backdrop) });
new Downloads(() => selected, backdrop, () => showCurl(selected, backdrop));
backdrop.addEventListener("change", () => showCurl(selected, backdrop));
offerCopy();
takePhotos(add);
new Zoom();
element("restart").addEventListener("click", () => remove([...photos], photos.length > 1 ? `Removed ${photos.length} photos.` : "Removed the photo."));

store.all().then((kept) => kept.length > 0 && take(kept));

function add(files) {
  take(files.map((file) => new Photo(file, files.length > 1)));
}

function take(added) {
  const isFirst = photos.length === 0;
  for (const photo of added) {
    photos.push(photo);
    tray.add(photo);
    listen(photo);
    store.put(photo);
  }
  if (isFirst || added.length === 1) selected = added[0];
  draw();
  if (isFirst) element("work-title").focus();
  added.filter((photo) => !photo.isSettled).forEach(cut);
}

function listen(photo) {
  let before = photo.state;
  photo.addEventListener("change", () => {
    if (photo.state !== before) tell(photo);
    if (photo.state !== before && photo.isSettled && photos.includes(photo)) store.put(photo);
    before = photo.state;
    draw();
  });
}

function open(photo) {
  selected = photo;
  draw();
  element("work-title").scrollIntoView({ block: "nearest" });
}

function remove(gone, text) {
  undo.offer(gone.map((photo) => ({ photo, at: photos.indexOf(photo) })), text);
  for (const photo of gone) {
    const at = photos.indexOf(photo);
    photos.splice(at, 1);
    tray.remove(photo);
    store.delete(photo);
    if (selected === photo) selected = photos[Math.min(at, photos.length - 1)] ?? null;
  }
  draw();
  focusOnContent();
}

function bringBack(removed) {
  for (const { photo, at } of removed) {
    photos.splice(at, 0, photo);
    tray.add(photo, at);
    store.put(photo);
  }
  selected = removed[0].photo;
  draw();
  focusOnContent();
}

function retry(photo) {
  if (photo.problem?.code === "invalid_api_key") return keyForm.ask();
  photo.reset();
  cut(photo);
}

function retryRefused() {
  photos.filter((photo) => photo.problem?.code === "invalid_api_key").forEach((photo) => {
    photo.reset();
    cut(photo);
  });
  focusOnContent();
}

/** For when what had the focus is gone. */
function focusOnContent() {
  element(photos.length > 0 ? "work-title" : "choose").focus();
}

function draw() {
  element("start").hidden = photos.length > 0;
  element("work").hidden = photos.length === 0;
  element("work-title").textContent = photos.length > 1 ? selected.name : selected?.state === "done" && !selected.isEmpty ? "Your cutout" : "Your photo";
  if (selected) stage.show(selected);
  backdrop.show(selected);
  showCurl(selected, backdrop);
  tray.show(photos, selected);
}

/** What a listener needs to hear: ends, refusals and waits, not every percent. */
function tell(photo) {
  if (photo.state === "done") announce(photo.isEmpty ? `No subject was found in ${photo.name}.` : `The cutout of ${photo.name} is ready.`);
  else if (photo.state === "busy") announce(describe(photo));
  else if (photo.state === "failed") {
    const { title, advice } = explain(photo.problem);
    announce(`${photo.name}: ${title} ${advice}`);
    if (photo.problem.code === "invalid_api_key") keyForm.ask();
  } else if (photo === selected && photo.state === "uploading") announce(`Uploading ${photo.name}.`);
}
