/** The mailboxes of a soak: who has which messages, octet for octet. */
import { lchownSync } from "node:fs";
import { join } from "@std/path";
import { hashPassword } from "../../lib/auth/passwords/slow_hashes.ts";
import { certificate } from "../test_authority.ts";

/** Everybody's password. */
export const PASSWORD = "soak";

/** Users with a uid of their own, where the soak may give mail away. */
const USERS = { joe: 20_001, ann: 20_002, eve: 20_003, full: 20_004 } as const;
export type SoakUser = keyof typeof USERS;

export class SoakMail {
  readonly folder: string;
  /** What was delivered and not deleted, by user and unique id: the lines that a client must get. */
  readonly #expected = new Map<SoakUser, Map<string, readonly string[]>>();
  #delivered = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(folder: string): Promise<SoakMail> {
    await Deno.chmod(folder, 0o755);
    const mail = new SoakMail(folder);
    const hash = await hashPassword(PASSWORD, "argon2id");
    const lines = Object.keys(USERS).map((user) => `${user}:${hash}\n`);
    await Deno.writeTextFile(mail.path("users"), lines.join(""), { mode: 0o600 });
    await Deno.writeTextFile(mail.path("cert.pem"), certificate.cert);
    await Deno.writeTextFile(mail.path("key.pem"), certificate.key, { mode: 0o600 });
    await Deno.mkdir(mail.path("state"), { mode: 0o700 });
    await Deno.mkdir(mail.path("mail"));
    for (const user of ["joe", "ann", "eve", "full"] as const) mail.makeMaildir(user);
    return mail;
  }

  path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  maildir(user: SoakUser, ...names: readonly string[]): string {
    return this.path("mail", user, ...names);
  }

  makeMaildir(user: SoakUser): void {
    this.#expected.set(user, new Map());
    for (const name of [".", "new", "cur", "tmp"]) {
      Deno.mkdirSync(this.maildir(user, name), { recursive: true, mode: 0o700 });
      this.giveTo(user, this.maildir(user, name));
    }
  }

  /** As it would be if the user had made it; a link itself, and not what it leads to. */
  giveTo(user: SoakUser, path: string): void {
    if (Deno.uid() === 0) lchownSync(path, USERS[user], USERS[user]);
  }

  /** As a deliverer does: written in `tmp`, renamed into `new`. */
  deliver(user: SoakUser, octets?: number): string {
    const name = `${1_700_000_000 + this.#delivered}.M${this.#delivered}P1.soak`;
    const lines = linesOf(user, this.#delivered++, octets);
    // Files have LF, as deliverers write them; every other one has CRLF.
    const text = lines.map((line) => line + (this.#delivered % 2 === 0 ? "\n" : "\r\n")).join("");
    const temporary = this.maildir(user, "tmp", name);
    Deno.writeFileSync(temporary, latin1(text), { mode: 0o600, createNew: true });
    this.giveTo(user, temporary);
    Deno.renameSync(temporary, this.maildir(user, "new", name));
    this.#expected.get(user)?.set(name, lines);
    return name;
  }

  expected(user: SoakUser): ReadonlyMap<string, readonly string[]> {
    return this.#expected.get(user) ?? new Map();
  }

  /** The user has deleted it: it must not be seen again. */
  forget(user: SoakUser, uniqueId: string): void {
    this.#expected.get(user)?.delete(uniqueId);
  }

  get delivered(): number {
    return this.#delivered;
  }

  /** Names and contents of what lies in a user's Maildir, to see whether it is still the same. */
  contents(user: SoakUser): string {
    return ["new", "cur", "tmp"].flatMap((folder) =>
      [...Deno.readDirSync(this.maildir(user, folder))].map(({ name }) => {
        const octets = Deno.readFileSync(this.maildir(user, folder, name));
        return `${name.replace(/:2,.*/, "")} ${octets.toBase64()}`;
      })
    ).sort().join("\n");
  }
}

/** Lines as a client gets them, a character for each octet: dots at the start, 8 bits, nothing at all. */
function linesOf(user: SoakUser, number: number, octets = 200 + (number * 7919) % 9_000): string[] {
  const lines = [`Subject: ${number}`, `To: ${user}`, "", `only for ${user}`];
  let length = 40;
  for (let at = number; length < octets; at++) {
    const line = ["", ".", "..", ". dot", "x".repeat(70), "caf\xe9 \xff", `line ${at}`][at % 7] ??
      "";
    lines.push(line);
    length += line.length + 1;
  }
  return lines;
}

function latin1(text: string): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) octets[at] = text.charCodeAt(at);
  return octets;
}
