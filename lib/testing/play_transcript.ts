/** Plays a transcript against a server, and fails at the first line that differs. */
import { assertEquals } from "@std/assert";
import type { BanEngine } from "../guard/ban_engine.ts";
import { StrikeBanEngine } from "../guard/strike_ban_engine.ts";
import type { MailboxProvider } from "../provider/mailbox_provider.ts";
import type { Transcript, TranscriptStep } from "./transcript.ts";
import { TranscriptMaildrop } from "./transcript_maildrop.ts";

/** The client of a transcript. */
export interface TranscriptPeer extends AsyncDisposable {
  /** Sends octets as they are. */
  send(octets: Uint8Array): Promise<void>;
  /** The next line without its CRLF, a character for each octet; null when the server has closed. */
  readLine(): Promise<string | null>;
  /** Goes through a TLS handshake. */
  startTls(): Promise<void>;
  /** Closes the sending side. */
  endSending(): Promise<void>;
}

/** The server that a transcript needs. */
export interface TranscriptScene extends
  Pick<
    Transcript,
    | "isRemote"
    | "hasCertificate"
    | "allowsInsecureLogin"
    | "marksMultiLine"
    | "allowsUnknownIds"
    | "expire"
    | "loginDelay"
  > {
  /** Has the user `me` with the maildrop of the transcript. */
  readonly provider: MailboxProvider;
  /** Is the same for all connections of the transcript. */
  readonly banEngine: BanEngine;
}

/** Opens a connection to a server as the scene describes it. */
export type OpenTranscriptPeer = (scene: TranscriptScene) => Promise<TranscriptPeer>;

/**
 * Plays a transcript.
 *
 * @param open called at each CONNECT and LOGIN. Another server may ignore `scene.provider` and have its own messages
 * @throws {AssertionError} at the first line that is not as the transcript has it
 *
 * @example
 * ```ts
 * import { Pop3Listener } from "@pop3svc/pop3svc";
 * import { parseTranscript, playTranscript, Pop3Client } from "@pop3svc/pop3svc/testing";
 *
 * const transcript = parseTranscript("LOGIN\nC: STAT\nS: +OK 0 0\nC: QUIT\nS: +OK …\nCLOSED\n");
 * await playTranscript(transcript, async ({ provider }) => {
 *   const pop3 = new Pop3Listener({ provider });
 *   const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
 *   const client = await Pop3Client.connectSilently({ port });
 *   return Object.assign(client, {
 *     async [Symbol.asyncDispose]() {
 *       client.close();
 *       await pop3.stop();
 *     },
 *   });
 * });
 * ```
 */
export async function playTranscript(
  transcript: Transcript,
  open: OpenTranscriptPeer,
): Promise<void> {
  const maildrop = new TranscriptMaildrop(transcript);
  const banEngine = new StrikeBanEngine();
  let peer: TranscriptPeer | null = null;
  let conversation = "";
  try {
    for (const step of transcript.steps) {
      if (maildrop.apply(step)) continue;
      if (step.type === "connect") {
        await peer?.[Symbol.asyncDispose]();
        peer = await open({ ...transcript, provider: maildrop.provider, banEngine });
      } else if (peer === null) {
        throw new Error("A transcript begins with CONNECT or LOGIN");
      } else if (step.type === "start-tls") {
        await peer.startTls();
      } else if (step.type === "body") {
        while (await peer.readLine() !== ".");
      } else if (step.type === "send") {
        await peer.send(step.octets);
      } else if (step.type === "expect" || step.type === "closed") {
        conversation += `S: ${await expect(peer, step, conversation)}\n`;
      }
    }
    await peer?.endSending();
    const more = await peer?.readLine() ?? null;
    assertEquals(more, null, "The server said more than the transcript");
  } finally {
    await peer?.[Symbol.asyncDispose]();
  }
}

async function expect(
  peer: TranscriptPeer,
  step: Extract<TranscriptStep, { type: "expect" | "closed" }>,
  before: string,
): Promise<string | null> {
  const line = await peer.readLine();
  if (step.type === "closed") {
    assertEquals(line, null, `Not closed after:\n${before}`);
  } else {
    const compared = step.isPrefix ? line?.slice(0, step.line.length) : line;
    assertEquals(compared, step.line, `Not as expected after:\n${before}`);
  }
  return line;
}
