/**
 * A ZIP archive of already compressed files, which it only stores (APPNOTE.TXT 4.3): local header and bytes of each, then the
 * central directory. Names are UTF-8; below 4 GiB and 65,536 files, as no ZIP64 is written.
 * @param files [{ name, blob }]
 * @param now the time that all of them get, in the browser's time zone
 */
export async function zip(files, now = new Date()) {
  const bodies = [], directory = [];
  let offset = 0;
  for (const { name, blob } of files) {
    const path = new TextEncoder().encode(name);
    const facts = { path, at: dosTime(now), size: blob.size, crc: crc32(new Uint8Array(await blob.arrayBuffer())), offset };
    const local = [localHeader(facts), path, blob];
    bodies.push(...local);
    directory.push(directoryEntry(facts), path);
    offset += 30 + path.length + blob.size;
  }
  const directorySize = directory.reduce((sum, part) => sum + part.byteLength, 0);
  return new Blob([...bodies, ...directory, end(files.length, directorySize, offset)], { type: "application/zip" });
}

const Utf8Names = 0x0800;

/** Time in the lower two bytes, by two seconds; date in the upper ones, from 1980. */
function dosTime(at) {
  const time = (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1);
  const date = ((at.getFullYear() - 1980) << 9) | ((at.getMonth() + 1) << 5) | at.getDate();
  return date * 0x10000 + time;
}

function localHeader({ path, at, size, crc }) {
  return record(0x04034b50, [[2, 20], [2, Utf8Names], [2, 0], [4, at], [4, crc], [4, size], [4, size], [2, path.length], [2, 0]]);
}

function directoryEntry({ path, at, size, crc, offset }) {
  return record(0x02014b50, [[2, 20], [2, 20], [2, Utf8Names], [2, 0], [4, at], [4, crc], [4, size], [4, size],
    [2, path.length], [2, 0], [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]]);
}

function end(count, size, offset) {
  return record(0x06054b50, [[2, 0], [2, 0], [2, count], [2, count], [4, size], [4, offset], [2, 0]]);
}

/** A signature and little-endian fields, each given as [bytes, value]. */
function record(signature, fields) {
  const all = [[4, signature], ...fields];
  const view = new DataView(new ArrayBuffer(all.reduce((sum, [bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [bytes, value] of all) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff];
  return ~crc >>> 0;
}
