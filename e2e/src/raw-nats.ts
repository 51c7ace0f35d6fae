import { once } from "node:events";
import { connect } from "node:net";

/**
 * Puts bytes on a subject as a stranger with a socket can, and waits until the server has taken them. It is no NATS
 * client: one connection, one message, nothing checked.
 */
export async function rawPublish(port: number, subject: string, payload: string | Uint8Array): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  const body = Buffer.from(payload);
  socket.write('CONNECT {"verbose":false,"pedantic":false}\r\n');
  socket.write(Buffer.concat([Buffer.from(`PUB ${subject} ${body.length}\r\n`), body, Buffer.from("\r\nPING\r\n")]));
  let answers = "";
  for await (const chunk of socket) {
    answers += String(chunk);
    if (answers.includes("-ERR")) throw new Error(`Cannot publish to "${subject}": ${answers}`);
    if (answers.includes("PONG\r\n")) break;
  }
  socket.destroy();
}

/** Deletes a stream, as an administrator could. */
export async function deleteStream(port: number, stream: string): Promise<void> {
  await rawPublish(port, `$JS.API.STREAM.DELETE.${stream}`, "");
}
