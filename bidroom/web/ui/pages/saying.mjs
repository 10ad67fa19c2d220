/** Small things as this desk writes them: sizes, times, digests. */

const BEIJING = 8 * 3600 * 1000;

/** 950 B, 12.3 KB, 1.25 GB. @param {number} bytes */
export function sizeOf(bytes) {
  const units = ["B", "KB", "MB", "GB"];
  const place = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** place;
  return `${place === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[place]}`;
}

/** 2026-11-20 09:00:00, Beijing time. @param {Date | string} moment */
export const inBeijing = (moment) =>
  new Date(new Date(moment).getTime() + BEIJING).toISOString().slice(0, 19).replace("T", " ");

/** 9f3c…a71e. @param {string} digest */
export const short = (digest) => `${digest.slice(0, 4)}…${digest.slice(-4)}`;

/** Give a file to the person, to be kept. @param {BlobPart} data @param {string} name */
export function download(data, name, type = "application/json") {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([data], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
