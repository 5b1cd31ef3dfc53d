import { element } from "./dom.js";

/** Every way in which photos come in: the chooser, drag and drop of files and folders anywhere on the page, paste, and the sample. */
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
    // The entries must be asked for before the event is over. What a script has dropped is a file without one.
    const entries = [...event.dataTransfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
    Promise.all(entries.map(filesOf)).then((files) => files.flat()).then((files) => files.length > 0 && onFiles(files));
  });
}

/** The file itself, whatever it is; of a folder, the pictures in it and in the folders below, in the order of their names. */
async function filesOf(entry) {
  if (entry instanceof File) return [entry];
  if (entry.isFile) return fileOf(entry);
  const pictures = [];
  for (const child of await childrenOf(entry)) {
    if (child.name.startsWith(".")) continue;
    pictures.push(...(await filesOf(child)).filter((file) => file.type.startsWith("image/")));
  }
  return pictures;
}

/** None, if it cannot be read. */
function fileOf(entry) {
  return new Promise((resolve) => entry.file((file) => resolve([file]), () => resolve([])));
}

async function childrenOf(folder) {
  const reader = folder.createReader(), children = [];
  // It gives a hundred at a time, and none at the end.
  for (;;) {
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (some.length === 0) return children.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
    children.push(...some);
  }
}
