/** Which known files a login looks at. */
import { assertEquals } from "@std/assert";
import { denoFileSystem } from "../../lib/files/file_system.ts";
import { KnownNames } from "../../lib/mailbox/files/known_names.ts";
import { MailboxFolder } from "../../lib/mailbox/files/mailbox_folder.ts";
import { MessageTable } from "../../lib/mailbox/files/message_table.ts";
import { MessageTableBuilder } from "../../lib/mailbox/files/message_table_builder.ts";

function tableOf(count: number): MessageTable {
  const builder = new MessageTableBuilder(count, Date.now());
  for (let row = 0; row < count; row++) {
    const identity = { size: 1, modified: 1_000, inode: row };
    builder.add({ uniqueId: `${1e6 + row}`, path: `${row}`, identity, otherPaths: [] });
  }
  return builder.table();
}

/** The names as they are after a first login, which has looked at all files. */
function namesOf(messages: MessageTable): KnownNames {
  const names = new KnownNames();
  const first = names.begin(messages, messages.size);
  for (let row = 0; row < messages.size; row++) first.isTrusted(row);
  names.haveListed(0);
  return names;
}

for (
  const [count, part] of [[1_000, 1_000], [1_001, 51], [20_000, 1_000], [50_000, 1_000]] as const
) {
  Deno.test(`of ${count} known files, a login looks at ${part}, and at each once in a round`, () => {
    const messages = tableOf(count);
    const names = namesOf(messages);
    const looked = new Uint8Array(count);
    for (let logins = 1;; logins++) {
      const { isTrusted } = names.begin(messages, messages.size);
      let looks = 0;
      for (let row = 0; row < count; row++) {
        if (isTrusted(row)) continue;
        looks++;
        looked[row] = 1;
      }
      names.haveListed(0);
      assertEquals(looks, Math.min(part, count - (logins - 1) * part));
      if (logins * part >= count) break;
    }
    assertEquals(looked.includes(0), false);
  });
}

Deno.test("a listing of one large folder takes no part from the others: it is looked at afterwards", async () => {
  const messages = tableOf(2_000);
  const names = namesOf(messages);
  const looked: string[] = [];
  const files = {
    ...denoFileSystem,
    look: (path: string) => {
      looked.push(path);
      return denoFileSystem.look(path);
    },
  };
  const folder = new MailboxFolder("/nonexistent", files, {
    ownFolderName: ".pop3svc",
    messageFolders: ["new", "cur"],
    ownersOnly: false,
    stateDirectory: null,
    report() {},
  });
  const { isTrusted } = names.begin(messages, 1_500);
  assertEquals(isTrusted(7), true);
  names.haveListed(0);
  assertEquals([names.isPartDue, names.haveLookedAtAll], [true, false]);
  assertEquals(await names.look(folder, messages), false);
  assertEquals(looked.map((path) => path.split("/").at(-1)), ["0"]);
});

Deno.test("all files of a small folder that has changed are looked at, and no others", () => {
  const messages = tableOf(2_000);
  const names = namesOf(messages);
  const { isTrusted } = names.begin(messages, 1_000);
  assertEquals([0, 700, 1_999].map((row) => isTrusted(row)), [false, false, false]);
  names.haveListed(0);
  assertEquals([names.isPartDue, names.haveLookedAtAll], [false, true]);
});
