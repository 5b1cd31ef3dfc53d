import { create, element } from "./dom.js";

const Stages = {
  queue: "Waiting for a turn",
  decode: "Reading the photo",
  infer: "Finding the subject",
  encode: "Writing the cutout",
  rest: "Everything else in the service",
};

const Sources = {
  hit: "From the cache: this photo was cut out before.",
  miss: "Freshly made, now in the cache.",
  mask: "Drawn with the mask that was kept: the model did not run again.",
  coalesced: "Shared with the same photo, under way at the same time.",
};

/** Where the time of an answer went (its Server-Timing), and whether it came from the cache. */
export function showTimings({ headers, milliseconds }) {
  const timing = parse(headers("Server-Timing"));
  // The total of a task's result is that of fetching it: the stages were before.
  const stagesTogether = Object.keys(Stages).reduce((sum, name) => sum + (timing.get(name) ?? 0), 0);
  element("timing-total").textContent = format(Math.max(timing.get("total") ?? milliseconds, stagesTogether));
  element("timing-cache").textContent = Sources[headers("X-Cache")] ?? "";

  const stages = stagesOf(timing);
  element("timing-bar").replaceChildren(...stages.map(([name, duration]) => {
    const part = create("span", { className: `part ${name}` });
    part.style.setProperty("flex-grow", duration);
    return part;
  }));
  element("timing-legend").replaceChildren(...stages.map(([name, duration]) =>
    create("div", { className: name }, create("dt", { textContent: Stages[name] }), create("dd", { textContent: format(duration) }))));
}

/** Known stages in their order, and what they leave of the total; nothing when the answer had no stages. */
function stagesOf(timing) {
  const known = Object.keys(Stages).filter((name) => timing.has(name)).map((name) => [name, timing.get(name)]);
  if (known.length === 0) return [];
  const rest = (timing.get("total") ?? 0) - known.reduce((sum, [, duration]) => sum + duration, 0);
  return rest >= 0.5 ? [...known, ["rest", rest]] : known;
}

/** Server-Timing as milliseconds by name. */
function parse(header) {
  return new Map([...header.matchAll(/([\w-]+);dur=([\d.]+)/g)].map(([, name, duration]) => [name, Number(duration)]));
}

function format(milliseconds) {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
  return milliseconds >= 1 ? `${Math.round(milliseconds)} ms` : "< 1 ms";
}
