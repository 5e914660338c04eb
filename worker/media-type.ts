/** Media types in headers (RFC 9110, sections 8.3 and 12.5.1). */

/** Whether a `Content-Type` is JSON, or one of the types built on it. */
export function isJson(contentType: string): boolean {
  const type = essence(contentType);
  return type === "application/json" || (type.startsWith("application/") && type.endsWith("+json"));
}

/** Whether an `Accept` header lets `mediaType` through. Without the header, everything is welcome. */
export function accepts(header: string | null, mediaType: string): boolean {
  if (header === null || header === "" || header === "*/*") return true;
  const [group] = mediaType.split("/");
  // The most specific range decides, whatever the others say.
  const ranges = header
    .split(",")
    .map((range) => ({ name: essence(range), quality: quality(range) }));
  for (const name of [mediaType, `${group}/*`, "*/*"]) {
    const range = ranges.find((candidate) => candidate.name === name);
    if (range !== undefined) return range.quality > 0;
  }
  return false;
}

const essence = (text: string): string => (text.split(";", 1)[0] ?? "").trim().toLowerCase();

function quality(range: string): number {
  const weight = /;\s*q\s*=\s*([0-9.]+)/i.exec(range)?.[1];
  return weight === undefined ? 1 : Number(weight);
}
