import { join } from "@std/path";
import { FolderMailbox } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { MemoryMailbox } from "../../lib/mailbox/memory_mailbox.ts";
import { testMailbox } from "../../lib/testing/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

testMailbox({
  name: "memory",
  fill: (messages) => {
    const entries = messages.map((message, index) => [`message-${index}`, message] as const);
    const mailbox = new MemoryMailbox(Object.fromEntries(entries));
    return {
      open: () => mailbox,
      openReadOnly: () => new MemoryMailbox({}, { isReadOnly: true }),
      removeBehindItsBack: (uniqueId) => void mailbox.messages.delete(uniqueId),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  },
});

testMailbox({
  name: "folder",
  fill: async (messages) => {
    const folder = await TemporaryFolder.create();
    for (const [index, message] of messages.entries()) {
      await Deno.writeFile(join(folder.path, `${index}.eml`), message);
    }
    return {
      open: () => new FolderMailbox(folder.path),
      openReadOnly: () => new FolderMailbox(folder.path, { isReadOnly: true }),
      removeBehindItsBack: (uniqueId) => Deno.remove(join(folder.path, uniqueId)),
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  },
});
