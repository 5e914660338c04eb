/**
 * What a stored value is, as far as the service looks into it: JSON, text, or bytes.
 *
 * Source: RFC 9110 §8.3.1 (media types), RFC 8259 (JSON is always UTF-8, whatever parameters say).
 */
export type ValueKind = "json" | "text" | "binary";

export function kindOf(contentType: string): ValueKind {
  const [essence = "", ...parameters] = contentType.toLowerCase().split(";");
  const type = essence.trim();
  if (type === "application/json") return "json";
  if (!type.startsWith("text/")) return "binary";
  // Bytes in another character set may happen to be UTF-8, and would then read as something else.
  const charset = parameters.find((parameter) => parameter.trim().startsWith("charset="));
  const name = charset?.split("=")[1]?.trim().replaceAll('"', "") ?? "utf-8";
  return name === "utf-8" || name === "utf8" || name === "us-ascii" ? "text" : "binary";
}
