/** What each code of a problem means to a person: what is wrong, and what to do about it. */
const Words = {
  network: ["The connection broke.", "Check the network, then try again."],
  missing_image: ["No photo arrived.", "Choose the file once more."],
  multiple_images: ["More than one photo arrived at once.", "Try again; each photo goes by itself."],
  multiple_bg_sources: ["The server does not know what the page asked for.", "Reload the page: it may be older than the server."],
  invalid_parameter: ["The server does not know what the page asked for.", "Reload the page: it may be older than the server."],
  invalid_mask: ["Something went wrong while cutting.", "Try again."],
  invalid_request: ["The upload did not arrive in one piece.", "Try again."],
  invalid_api_key: ["This server needs a valid API key.", "Enter yours above; the photo is then sent again."],
  not_found: ["The server does not know this any more.", "Try again."],
  method_not_allowed: ["The server does not know what the page asked for.", "Reload the page: it may be older than the server."],
  slow_request: ["The upload took too long.", "Try again, with a faster connection or a smaller file."],
  idempotency_in_progress: ["The photo is still being accepted.", "Try again in a moment."],
  idempotency_key_reused: ["The server took this photo for another one.", "Try again."],
  not_ready: ["The cutout is not there yet.", "Try again in a moment."],
  result_expired: ["The cutout was kept for a while and then deleted.", "Try again to make it anew."],
  image_too_large: ["The file is too large.", "Save it smaller, or as a JPEG."],
  unsupported_format: ["This is not a picture of a kind that can be read here.", "Save it as JPEG, PNG or WebP. Renaming the file does not help."],
  unsupported_encoding: ["The upload was compressed on its way.", "Try again without the program that compresses it."],
  headers_too_large: ["The browser sends too much with every request.", "Delete this site's cookies, then try again."],
  range_not_satisfiable: ["The download cannot go on where it stopped.", "Start it anew."],
  resolution_too_high: ["The photo has too many pixels.", "Scale it down."],
  roi_exceeds_bounds: ["The region lies outside of the photo.", "Choose one inside of it."],
  roi_region_empty: ["The region is empty.", "Choose a larger one."],
  too_many_frames: ["This animation has too many frames.", "Save a single one."],
  undecodable_image: ["The file cannot be read as a picture.", "It may be damaged; save it anew from the original."],
  image_quarantined: ["This photo brought the service down and is left alone for a while.", "Try again in some minutes, or save it anew from the original."],
  truncated_image: ["The end of the file is missing.", "Copy it again from where it came from."],
  download_failed: ["The photo could not be fetched from its address.", "Open the address in the browser to see whether it works."],
  no_foreground: ["No subject was found.", "Try a photo in which it stands out from what is behind it."],
  rate_limited: ["You are sending photos faster than your plan allows.", "Wait a little, then try again."],
  task_share_exceeded: ["You have as many photos in the works as one client may.", "Wait until some are done, or clear finished ones."],
  bad_upstream: ["Something went wrong while cutting.", "Try again."],
  overloaded: ["The service is full at the moment.", "Try again in a moment."],
  deadline_exceeded: ["This took too long.", "Try again; the service may be very busy."],
  attempts_exhausted: ["Cutting this photo failed again and again.", "Tell whoever runs this service; they can see why."],
  task_expired: ["The photo waited too long for its turn.", "Try again."],
  internal: ["Something went wrong on the server.", "Try again. If it goes on, tell whoever runs this service."],
};

/** These will fail in the same way again. */
const Hopeless = new Set(["unsupported_format", "image_too_large", "resolution_too_high", "too_many_frames", "undecodable_image", "truncated_image", "no_foreground"]);

/** { title, advice, canRetry } for a Problem. */
export function explain(problem) {
  const [title, advice] = Words[problem.code] ?? [problem.title || `The server answered ${problem.status}.`, problem.status >= 500 ? Words.internal[1] : ""];
  return { title, advice, canRetry: !Hopeless.has(problem.code) };
}

/** Why one waits, other than for a service that is busy. */
const Waits = {
  rate_limited: "Slowing down for your plan's limit, again",
  network: "No connection to the service, trying again",
};

/** What a photo is doing, in a few words. */
export function describe(photo) {
  switch (photo.state) {
    case "waiting": return "Waiting";
    case "uploading": return `Uploading, ${photo.progress} %`;
    case "queued": return photo.position > 1 ? `In line, place ${photo.position}` : "Next in line";
    case "working": return "Removing the background";
    case "busy": return `${Waits[photo.problem.code] ?? "The service is busy, trying again"} in ${photo.secondsLeft} s`;
    case "done": return photo.isEmpty ? "No subject found" : "Done";
    case "cancelled": return "Cancelled";
    default: return explain(photo.problem).title;
  }
}
