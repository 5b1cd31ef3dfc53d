/** The element with that id; a missing one is a mistake in the page. */
export function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found;
}

/** A new element with properties and children. */
export function create(tag, properties = {}, ...children) {
  const created = Object.assign(document.createElement(tag), properties);
  created.append(...children);
  return created;
}

/** Has the browser save a blob under a name. */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  create("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser may still be reading it
}
