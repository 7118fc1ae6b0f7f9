/** The mail that each client fetches, the server that serves it, and the comparison. */
import { join } from "@std/path";
import type { TlsEngine } from "../../../lib/mod.ts";
import { latin1 } from "../../../lib/testing/latin1.ts";
import { wellFormed } from "../../protocol/chunks.ts";
import { RunningProgram } from "../../running_program.ts";
import { authority, certificate } from "../../test_authority.ts";
import { TemporaryFolder } from "../../temporary_folder.ts";

export type Security = "plain" | "STLS" | "TLS";

/** One column of the table: how the client connects, and which engine does the TLS of the port for implicit TLS. */
export interface Way {
  readonly heading: string;
  readonly security: Security;
  readonly engine: TlsEngine;
}

export const WAYS: readonly Way[] = [
  { heading: "plain", security: "plain", engine: "node" },
  { heading: "STLS", security: "STLS", engine: "node" },
  { heading: "implicit TLS", security: "TLS", engine: "node" },
  { heading: "implicit TLS, engine deno", security: "TLS", engine: "deno" },
];

const head = (subject: string) => `From: a@example.org\nTo: me@example.org\nSubject: ${subject}\n`;

/** Messages that clients and servers often damage: dots, `From ` at the start, octets beyond ASCII, a very long line. */
const MESSAGES: readonly string[] = [
  `${head("CRLF")}\nOne\nTwo\n`.replaceAll("\n", "\r\n"),
  `${head("dots")}\n.\n..\n.leading\n...\n`,
  `${head("From")}\nFrom here on, it is quoted by some.\n>From there, too.\n`,
  `${head("octets")}Content-Transfer-Encoding: 8bit\n\nGr\xfc\xdfe \xe2\x82\xac\n`,
  `${head("long")}\n${"0123456789".repeat(90)}\n`,
];

/** A server with that mail, for one client. */
export class ServedMail implements AsyncDisposable {
  readonly #program: RunningProgram;
  readonly #folder: TemporaryFolder;

  private constructor(program: RunningProgram, folder: TemporaryFolder) {
    this.#program = program;
    this.#folder = folder;
  }

  static async start(engine: TlsEngine): Promise<ServedMail> {
    const folder = await TemporaryFolder.create();
    const path = (name: string) => join(folder.path, name);
    await Deno.writeTextFile(path("cert.pem"), certificate.cert);
    await Deno.writeTextFile(path("key.pem"), certificate.key);
    await Deno.writeTextFile(path("ca.pem"), authority.pem);
    await Deno.mkdir(path("mail"));
    await Deno.mkdir(path("home"));
    await Deno.chmod(folder.path, 0o755);
    for (const [index, message] of MESSAGES.entries()) {
      const octets = Uint8Array.from(message, (character) => character.charCodeAt(0));
      await Deno.writeFile(path(`mail/${index}.eml`), octets);
    }
    const program = await RunningProgram.start([
      ...[path("mail"), "--host", "127.0.0.1", "--tls-port", "0", "--tls-engine", engine],
      ...["--cert", path("cert.pem"), "--key", path("key.pem")],
    ]);
    return new ServedMail(program, folder);
  }

  get caFile(): string {
    return join(this.#folder.path, "ca.pem");
  }

  /** An empty folder for the client's own files. */
  get home(): string {
    return join(this.#folder.path, "home");
  }

  port(security: Security): number {
    return security === "TLS" ? this.#program.tlsPort : this.#program.port;
  }

  /** Whether all messages are deleted. */
  get isEmpty(): boolean {
    return this.#folder.names("mail").length === 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** Whether a client has stored the messages unchanged. */
export type Verdict = "identical" | "identical after added headers" | string;

/** Compares what a client has stored with the messages; its line ends may differ. */
export function compare(stored: readonly Uint8Array[]): Verdict {
  const texts = stored.map((octets) => latin1(octets).replaceAll("\r\n", "\n"));
  const expected = MESSAGES.map((message) =>
    wellFormed(Uint8Array.from(message, (character) => character.charCodeAt(0)))
      .replaceAll("\r\n", "\n")
  );
  if (texts.length !== expected.length) return `${texts.length} of ${expected.length} messages`;
  const missing = expected.filter((message) => !texts.includes(message));
  if (missing.length === 0) return "identical";
  const changed = missing.filter((message) => !texts.some((text) => text.endsWith(message)));
  if (changed.length === 0) return "identical after added headers";
  const subjects = changed.map((message) => /^Subject: (.*)$/m.exec(message)?.[1]);
  return `changed: ${subjects.join(", ")}`;
}
