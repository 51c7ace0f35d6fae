import { KubeError } from "./errors.ts";

/** The part of undici's body that is used here. */
export interface ResponseBody extends AsyncIterable<Uint8Array> {
  text(): Promise<string>;
  destroy(error?: Error): unknown;
}

/**
 * Reads a whole body as UTF-8.
 * @throws {KubeError} BROKEN (too-large) over `limitBytes`; the connection is then closed.
 */
export async function readText(
  body: ResponseBody,
  { headers, limitBytes }: { headers: { readonly "content-length"?: unknown }; limitBytes: number },
): Promise<string> {
  const declared = Number(headers["content-length"]);
  if (declared <= limitBytes) return await body.text();
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (!(declared > limitBytes)) {
    for await (const chunk of body) {
      size += chunk.byteLength;
      if (size > limitBytes) break;
      chunks.push(chunk);
    }
    if (size <= limitBytes) return Buffer.concat(chunks, size).toString("utf8");
  }
  throw tooLarge(body, limitBytes);
}

function tooLarge(body: ResponseBody, limitBytes: number): KubeError {
  const detail = `more than ${limitBytes} bytes`;
  const error = new KubeError("BROKEN", `Cannot read the answer: ${detail}`, { how: "too-large", detail });
  body.destroy(error);
  return error;
}
