import { keyRefusal, refuseKey, storedKey } from "./key.js";

/** A request that was refused or broke: the server's application/problem+json, or what can be said without it. */
export class Problem extends Error {
  constructor({ status = 0, code = "network", title = "", detail = "", requestId = "", retryAfter = 0 }) {
    super(title || code);
    Object.assign(this, { status, code, title, detail, requestId, retryAfter });
  }
}

/**
 * Sends a request and resolves to { blob, headers, milliseconds }. By XMLHttpRequest, because fetch cannot tell how far an
 * upload is.
 * @param path below the page's own address
 * @param file sent as a form's field "file"
 * @param onUpload called with 0 to 100
 * @throws Problem, or an AbortError when the signal says so
 */
export function send(method, path, { file, headers = {}, onUpload, signal } = {}) {
  if (keyRefusal()) return Promise.reject(keyRefusal());
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const request = new XMLHttpRequest();
    request.open(method, path);
    request.responseType = "blob";
    const key = storedKey();
    if (key) request.setRequestHeader("X-Api-Key", key);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);

    if (onUpload) {
      request.upload.onprogress = (event) => event.lengthComputable && onUpload(Math.round((100 * event.loaded) / event.total));
      request.upload.onload = () => onUpload(100);
    }
    request.onerror = () => reject(new Problem({}));
    request.onabort = () => reject(new DOMException("Cancelled", "AbortError"));
    request.onload = async () => {
      if (request.status >= 200 && request.status < 300)
        resolve({ blob: request.response, headers: (name) => request.getResponseHeader(name) ?? "", milliseconds: performance.now() - started });
      else {
        const problem = await toProblem(request);
        if (problem.code === "invalid_api_key") refuseKey(problem);
        reject(problem);
      }
    };

    if (signal?.aborted) return reject(new DOMException("Cancelled", "AbortError"));
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file ? toForm(file) : null);
  });
}

export async function sendForJson(method, path, options) {
  const answer = await send(method, path, options);
  return JSON.parse(await answer.blob.text());
}

function toForm(file) {
  const form = new FormData();
  form.append("file", file, file.name || "photo");
  return form;
}

async function toProblem(request) {
  const { status } = request;
  const retryAfter = Number.parseInt(request.getResponseHeader("Retry-After") ?? "", 10) || 0;
  const requestId = request.getResponseHeader("X-Request-Id") ?? "";
  try {
    return new Problem({ requestId, ...JSON.parse(await request.response.text()), status, retryAfter });
  } catch {
    // Not ours: a proxy on the way has spoken.
    return new Problem({ status, code: `http_${status}`, requestId, retryAfter });
  }
}
