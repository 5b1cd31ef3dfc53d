/** Standard deviation of the blur, as a share of the longer side; `Percent` is the same for the API's bg_blur. */
const Sigma = 0.015;
export const Percent = "1.5%";

/** Nothing of a blurred picture is sharp: a small one, on which sigma is six pixels, holds all of it. */
const LongSide = 6 / Sigma;

/**
 * The photo without its subject, blurred, as the server draws it: each pixel counts by its share of background, and the blurred
 * colours are divided by the blurred shares, so that the subject leaves no halo.
 * @param photo a Blob
 * @param cutout a Blob of the same proportions
 * @returns a small canvas, to be enlarged
 */
export async function blurAround(photo, cutout) {
  const [original, subject] = await Promise.all([createImageBitmap(photo), createImageBitmap(cutout)]);
  const factor = Math.min(1, LongSide / Math.max(original.width, original.height));
  const [width, height] = [original.width, original.height].map((side) => Math.max(1, Math.round(side * factor)));
  const pixels = read(original, width, height, "#fff").data;
  const shares = sharesOfBackground(read(subject, 2 * width, 2 * height).data, width, height);

  const planes = [0, 1, 2].map((channel) => shares.map((share, i) => share * pixels[4 * i + channel]));
  for (const plane of [...planes, shares]) blur(plane, width, height, Sigma * Math.max(width, height));
  for (let i = 0; i < shares.length; i++) {
    for (let channel = 0; channel < 3; channel++) pixels[4 * i + channel] = planes[channel][i] / shares[i] + 0.5;
    pixels[4 * i + 3] = 255;
  }
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
  return canvas;
}

/** @param behind colour of what is transparent */
function read(bitmap, width, height, behind = "transparent") {
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.fillStyle = behind;
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

/** (1 - a)⁸ for the highest alpha a within half a pixel, of a cutout at twice the size: mixed colours at the edge hardly count. */
function sharesOfBackground(rgba, width, height) {
  return Float32Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [2 * (i % width), 2 * Math.floor(i / width)];
    let most = 0;
    for (let row = Math.max(0, y - 1); row < Math.min(2 * height, y + 3); row++)
      for (let column = Math.max(0, x - 1); column < Math.min(2 * width, x + 3); column++) most = Math.max(most, rgba[4 * (row * 2 * width + column) + 3]);
    return Math.max(1 / 1024, (1 - most / 255) ** 8);
  });
}

/** A Gaussian by three running means each way. */
function blur(plane, width, height, sigma) {
  const radius = Math.max(1, Math.round((Math.sqrt(4 * sigma * sigma + 1) - 1) / 2));
  for (let pass = 0; pass < 3; pass++) {
    for (let y = 0; y < height; y++) mean(plane, y * width, 1, width, radius);
    for (let x = 0; x < width; x++) mean(plane, x, width, height, radius);
  }
}

function mean(plane, start, step, count, radius) {
  const line = Float32Array.from({ length: count }, (_, i) => plane[start + i * step]);
  let sum = 0;
  for (let i = 0; i < Math.min(radius, count); i++) sum += line[i];
  for (let i = 0; i < count; i++) {
    if (i + radius < count) sum += line[i + radius];
    if (i - radius - 1 >= 0) sum -= line[i - radius - 1];
    plane[start + i * step] = sum / (2 * radius + 1);
  }
}
