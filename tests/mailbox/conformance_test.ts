/** Runs the conformance suite of lib/testing on each kind of mailbox. */
import { join } from "@std/path";
import { folderMailbox } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { maildirMailbox } from "../../lib/mailbox/maildir/maildir_mailbox.ts";
import { MemoryMailbox } from "../../lib/mailbox/memory_mailbox.ts";
import { simpleMailbox } from "../../lib/mailbox/simple_mailbox.ts";
import type { SimpleMailboxOptions } from "../../lib/mailbox/simple_mailbox_options.ts";
import { messageOctets } from "../../lib/provider/message_octets.ts";
import { MemoryProvider } from "../../lib/providers/memory_provider.ts";
import { mboxMailbox } from "../../lib/mailbox/mbox/mbox_mailbox.ts";
import { joined } from "../protocol/chunks.ts";
import { testMailbox } from "../../lib/testing/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

type Entries = readonly (readonly [string, Uint8Array<ArrayBuffer>])[];

/** The ways to make a mailbox in memory. */
const inMemory: Readonly<Record<string, (entries: Entries) => MemoryMailbox>> = {
  "an object": (entries) => new MemoryMailbox(Object.fromEntries(entries)),
  "a Map": (entries) => new MemoryMailbox(new Map(entries)),
  "an array of pairs": (entries) => new MemoryMailbox(entries),
  "an array of octets": (entries) => new MemoryMailbox(entries.map(([, message]) => message)),
  "an array of blobs": (entries) =>
    new MemoryMailbox(entries.map(([, message]) => new Blob([message]))),
  "messages added one by one": (entries) => {
    const mailbox = new MemoryMailbox();
    for (const [uniqueId, message] of entries) mailbox.add(uniqueId, message);
    return mailbox;
  },
  "a user of MemoryProvider": (entries) =>
    new MemoryProvider().addUser("me", { password: "x", messages: entries }),
};

for (const [way, make] of Object.entries(inMemory)) {
  testMailbox({
    name: `memory, made of ${way}`,
    fill: (messages) => {
      const mailbox = make(
        messages.map((message, index) => [`message-${index}`, new Uint8Array(message)]),
      );
      return {
        open: () => mailbox,
        openReadOnly: () => new MemoryMailbox({}, { readOnly: true }),
        removeBehindItsBack: (uniqueId) => void mailbox.messages.delete(uniqueId),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
  });
}

/** The ways to make a mailbox of functions. */
const simple: Readonly<Record<string, Omit<SimpleMailboxOptions, "read" | "list">>> = {
  "sizes counted": {},
  "a cache": { cache: new Map() },
};

for (const [way, options] of Object.entries(simple)) {
  for (const tellsOctets of [false, true]) {
    testMailbox({
      name: `simpleMailbox, ${way}, ${tellsOctets ? "octets in the list" : "unique ids alone"}`,
      fill: async (messages) => {
        const prefix = crypto.randomUUID();
        const mail = new Map(
          messages.map((message, index) => [`${prefix}-${index}`, new Uint8Array(message)]),
        );
        const sizes = new Map<string, number>();
        for (const [id, message] of mail) sizes.set(id, await messageOctets(message));
        const made = {
          list: () =>
            tellsOctets
              ? [...mail.keys()].map((uniqueId) => ({ uniqueId, octets: sizes.get(uniqueId) }))
              : mail.keys(),
          read: (uniqueId: string) => {
            const message = mail.get(uniqueId);
            return message === undefined ? null : new Response(message);
          },
          ...options,
        };
        const remove = (ids: readonly string[]) => ids.forEach((id) => mail.delete(id));
        return {
          open: () => simpleMailbox({ ...made, remove }),
          openReadOnly: () => simpleMailbox(made),
          removeBehindItsBack: (uniqueId) => void mail.delete(uniqueId),
          [Symbol.asyncDispose]: () => Promise.resolve(),
        };
      },
    });
  }
}

testMailbox({
  name: "folder",
  fill: async (messages) => {
    const folder = await TemporaryFolder.create();
    for (const [index, message] of messages.entries()) {
      await Deno.writeFile(join(folder.path, `${index}.eml`), message);
    }
    return {
      open: () => folderMailbox(folder.path, { settleTime: 0 }),
      openReadOnly: () => folderMailbox(folder.path, { settleTime: 0, readOnly: true }),
      removeBehindItsBack: (uniqueId) => Deno.remove(join(folder.path, uniqueId)),
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  },
});

testMailbox({
  name: "Maildir",
  fill: async (messages) => {
    const folder = await TemporaryFolder.create();
    for (const name of ["cur", "new", "tmp"]) await Deno.mkdir(join(folder.path, name));
    for (const [index, message] of messages.entries()) {
      const path = index % 2 === 0 ? `new/${index}.M1.host` : `cur/${index}.M1.host:2,S`;
      await Deno.writeFile(join(folder.path, path), message);
    }
    return {
      open: () => maildirMailbox(folder.path),
      openReadOnly: () => maildirMailbox(folder.path, { readOnly: true }),
      removeBehindItsBack: async (uniqueId) => {
        for (const name of [`new/${uniqueId}`, `cur/${uniqueId}:2,S`]) {
          await Deno.remove(join(folder.path, name)).catch(() => {});
        }
      },
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  },
});

testMailbox({
  name: "mbox",
  fill: async (messages) => {
    const folder = await TemporaryFolder.create();
    const path = join(folder.path, "mail.mbox");
    const parts: Uint8Array[] = [];
    for (const message of messages) {
      parts.push(new TextEncoder().encode("From sender Mon Nov 23 09:00:00 2026\n"), message);
      // In this form of mbox, a message without a final line end looks like one that has it.
      parts.push(new TextEncoder().encode(message.at(-1) === 0x0a ? "\n" : "\n\n"));
    }
    await Deno.writeFile(path, joined(parts));
    return {
      open: () => mboxMailbox(path),
      openReadOnly: () => mboxMailbox(path, { readOnly: true }),
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  },
});
