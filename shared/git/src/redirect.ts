import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { GitError } from "./errors.ts";
import { authorization, certificateBundle, type CheckedRemote, redactUrl } from "./remote.ts";

const SERVICE = "/info/refs";

/**
 * Where the remote's server redirects its repository to, if that is the same scheme, host and port.
 * git itself would go on sending the credentials to whatever host it is redirected to, so it is told not to follow at all.
 * @returns undefined if there is no redirect to a repository.
 * @throws {GitError} REDIRECT_REFUSED for another host; UNREACHABLE.
 */
export async function sameHostRedirect(remote: CheckedRemote, signal: AbortSignal): Promise<string | undefined> {
  const asked = `${remote.url.replace(/\/$/, "")}${SERVICE}?service=git-upload-pack`;
  const location = await locationOf(asked, remote, signal);
  if (location === undefined || !URL.canParse(location, asked)) return undefined;
  const target = new URL(location, asked);
  if (target.origin !== new URL(remote.url).origin) {
    const to = redactUrl(target.toString());
    const message = `Cannot read repository "${remote.url}": it redirects to "${to}", which must not get the credentials`;
    throw new GitError("REDIRECT_REFUSED", message, { url: remote.url, to });
  }
  if (!target.pathname.endsWith(SERVICE)) return undefined;
  return `${target.origin}${target.pathname.slice(0, -SERVICE.length)}`;
}

function locationOf(url: string, remote: CheckedRemote, signal: AbortSignal): Promise<string | undefined> {
  const headers = remote.auth === undefined ? {} : { Authorization: authorization(remote.auth) };
  const ca = remote.caPem === undefined ? {} : { ca: certificateBundle(remote.caPem) };
  const options = { signal, headers, agent: false, ...ca };
  return new Promise((resolve, reject) => {
    const done = (response: IncomingMessage) => {
      response.destroy();
      resolve(response.headers.location);
    };
    const request = url.startsWith("https:") ? httpsRequest(url, options, done) : httpRequest(url, options, done);
    request.on("error", (cause: Error) => {
      if (signal.aborted) return reject(signal.reason);
      const message = `Cannot read repository "${remote.url}": ${cause.message}`;
      reject(new GitError("UNREACHABLE", message, { url: remote.url, detail: cause.message }, { cause }));
    });
    request.end();
  });
}
