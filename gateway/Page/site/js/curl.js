import { announce } from "./announcer.js";
import { element } from "./dom.js";
import { storedKey } from "./key.js";
import { Formats } from "./cutting.js";

/**
 * The request that was just made, as a line for a terminal. The key itself stays out of it.
 * @param background name and value of a form field; null for none
 */
function toCurl(photo, background) {
  const { query, ending } = Formats[photo.request.format];
  const address = (path) => new URL(path, document.baseURI).href;
  const key = storedKey() ? ` -H "X-Api-Key: $REMBG_API_KEY"` : "";
  const file = [["file", `@${photo.name}`], ...(background ? [background] : [])].map(([name, value]) => `-F ${quote(`${name}=${toValue(value)}`)}`).join(" ");
  const output = `-o ${quote(photo.stem + ending)}`;
  if (!photo.request.task) return `curl${key} ${file} \\\n  ${quote(address(`v1/remove-background?${query}`))} \\\n  ${output}`;
  return `id=$(curl -s${key} ${file} \\\n  ${quote(address(`v1/tasks?${query}`))} |\n  sed 's/.*"id":"\\([^"]*\\)".*/\\1/')\n`
    + `curl${key} "${address("v1/tasks")}/$id/result?wait=20s" \\\n  ${output}`;
}

/** curl wants a file's name in quotes if it has characters of its own grammar. */
function toValue(value) {
  return value.startsWith("@") && /[",;\\]/.test(value) ? `@${JSON.stringify(value.slice(1))}` : value;
}

/** Shows the line for a photo as it is shown; of a mask there is no background. */
export function showCurl(photo, backdrop) {
  if (photo?.request) element("curl").textContent = toCurl(photo, photo.request.format === "mask" ? null : backdrop.field);
}

export function offerCopy() {
  const button = element("curl-copy");
  button.addEventListener("click", async () => {
    await copy(element("curl"));
    button.textContent = "Copied";
    announce("Copied to the clipboard.");
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}

async function copy(code) {
  if (navigator.clipboard) return navigator.clipboard.writeText(code.textContent);
  // Without https there is no clipboard API; the old way works on a selection.
  getSelection().selectAllChildren(code);
  document.execCommand("copy");
}

function quote(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
