import { element } from "./dom.js";

/** Every way in which photos come in: the chooser, drag and drop anywhere on the page, paste, and the sample. */
export function takePhotos(onFiles) {
  const chooser = element("chooser");
  for (const id of ["dropzone", "add"]) element(id).addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    onFiles([...chooser.files]);
    chooser.value = ""; // so that the same file can be chosen again
  });

  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) onFiles(files);
  });
  takeDrops(onFiles);

  element("sample").addEventListener("click", async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    try {
      const photo = await (await fetch(button.querySelector("img").src)).blob();
      onFiles([new File([photo], "astronaut.jpg", { type: photo.type })]);
    } finally {
      button.disabled = false;
    }
  });
}

function takeDrops(onFiles) {
  const overlay = element("dropping");
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    overlay.hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) overlay.hidden = true; // out of the window, not from one element to the next
  });
  document.addEventListener("drop", (event) => {
    overlay.hidden = true;
    if (!holdsFiles(event)) return;
    event.preventDefault();
    onFiles([...event.dataTransfer.files]);
  });
}
