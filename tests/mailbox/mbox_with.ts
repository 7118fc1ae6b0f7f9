/** A folder with one mbox, and helpers that read the mbox as latin1: one character for each octet. */
import { join } from "@std/path";
import type { Mailbox } from "../../lib/provider/mailbox.ts";
import { openBody } from "../../lib/provider/message_content.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { latin1 } from "../../lib/testing/latin1.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

export const DATE = "Thu Jan  1 00:00:00 2026";

export type MboxFolder = TemporaryFolder & {
  readonly file: string;
  /** The text of the mbox. */
  text(): string;
};

/** Makes a folder with an mbox of this text. */
export async function mboxWith(text: string): Promise<MboxFolder> {
  const folder = await TemporaryFolder.create();
  const file = join(folder.path, "mail.mbox");
  await Deno.writeFile(file, octetsOf(text));
  return Object.assign(folder, {
    file,
    text: () => latin1(Deno.readFileSync(file)),
  });
}

export function octetsOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The sorted names of the entries of a folder. */
export function namesIn(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}

/** Appends to a file synchronously, before anything else can happen. */
export function appendNow(path: string, text: string): void {
  Deno.writeTextFileSync(path, text, { append: true });
}

/** The messages as a mailbox gives them. */
export async function messagesOf(mailbox: Mailbox): Promise<string[]> {
  return [...(await messagesById(mailbox)).values()];
}

/** The messages by their unique-ids. */
export async function messagesById(mailbox: Mailbox): Promise<Map<string, string>> {
  const info = testConnectionInfo();
  const texts = new Map<string, string>();
  for (const uniqueId of await mailbox.listMessageUniqueIds(info)) {
    const body = openBody(await mailbox.messageContents(info, uniqueId));
    let text = "";
    for (let chunk = await body.nextChunk(); chunk !== null; chunk = await body.nextChunk()) {
      text += latin1(chunk);
    }
    await body.close();
    texts.set(uniqueId, text);
  }
  await mailbox.release?.(info);
  return texts;
}
