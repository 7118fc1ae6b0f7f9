/** What a client hears: a reply taken apart, one that is a refusal, and none. */

/** The first line of a reply, taken apart (RFC 1939 section 3, RFC 2449 section 8). */
export interface ClientReply {
  /** Whether it begins with `+OK`. */
  readonly isOk: boolean;
  /** The response code without its brackets: `IN-USE`, `ACTIVITY/NEW`; null for none. */
  readonly code: string | null;
  /** The rest, for people. */
  readonly text: string;
  /** The line as it came, without its CRLF, a character for each octet. */
  readonly line: string;
}

/**
 * The server has closed the connection where a reply was due.
 *
 * @example
 * ```ts
 * import { Pop3Client, ServerClosedError, startTestServer } from "@pop3svc/pop3svc/testing";
 * import { assertRejects } from "@std/assert";
 *
 * await using server = await startTestServer();
 * using client = await Pop3Client.connect(server);
 * await client.say("QUIT");
 * await assertRejects(() => client.say("NOOP"), ServerClosedError);
 * ```
 */
export class ServerClosedError extends Error {
  /** Always `ServerClosedError`. */
  override readonly name: string = "ServerClosedError";
}

/**
 * The server has refused, with `-ERR`, what a method needs.
 *
 * @example
 * ```ts
 * import { Pop3Client, ReplyError, startTestServer } from "@pop3svc/pop3svc/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * await using server = await startTestServer();
 * using client = await Pop3Client.connect(server);
 * const { reply } = await assertRejects(() => client.logIn("eve", "guess"), ReplyError);
 * assertEquals(reply.code, "AUTH");
 * ```
 */
export class ReplyError extends Error {
  /** Always `ReplyError`. */
  override readonly name: string = "ReplyError";
  /** The refusal. */
  readonly reply: ClientReply;

  /**
   * Makes an error of a reply.
   *
   * @param verb what the client asked for, for the text of the error
   */
  constructor(verb: string, reply: ClientReply) {
    super(`${verb}: ${reply.line}`);
    this.reply = reply;
  }
}

/** Takes a line of the server apart. */
export function parseReply(line: string): ClientReply {
  const [, status = "", code, text = ""] = /^(\+OK|-ERR)?(?: \[([^\]]*)\])? ?(.*)$/s.exec(line) ??
    [];
  return { isOk: status === "+OK", code: code ?? null, text, line };
}
