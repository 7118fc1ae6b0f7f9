/** Mailboxes that other programs have filled are served byte for byte. */
import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { maildirMailbox } from "../../lib/mailbox/maildir/maildir_mailbox.ts";
import { Pop3Listener } from "../../lib/mod.ts";
import { run, testWith } from "../installed_program.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { wellFormed } from "../protocol/chunks.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { providerOf } from "../transcript_peers.ts";

const sample = fromFileUrl(new URL("../../mailbox-sample", import.meta.url));

await testWith("procmail", "a Maildir that procmail filled while a session was open", async () => {
  await using folder = await TemporaryFolder.create();
  const maildir = join(folder.path, "Maildir");
  const rules = join(folder.path, "procmailrc");
  await Deno.writeTextFile(rules, `DEFAULT=${maildir}/\nLOGFILE=/dev/null\n`);
  const deliver = async (name: string) => {
    const message = await Deno.readFile(join(sample, name));
    // -f- keeps the program from adding a "From " line.
    await run("procmail", ["-f-", "-m", rules], message);
    return message;
  };
  const names = ["01-welcome.eml", "03-leading-dots.eml", "05-eight-bit.eml", "08-attachment.eml"];
  const expected: string[] = [];
  for (const name of names) expected.push(wellFormed(await deliver(name)));

  await using pop3 = new Pop3Listener({ provider: providerOf(maildirMailbox(maildir)) });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  using client = await LoopbackClient.connect(port);
  assertEquals(await client.logIn(), "+OK Welcome.");
  await deliver("09-utf-8-header.eml");
  assertEquals(await client.command("STAT"), `+OK 4 ${expected.join("").length}`);
  const fetched: string[] = [];
  for (const [index] of names.entries()) {
    await client.command(`RETR ${index + 1}`);
    fetched.push((await client.readLines()).map((line) => `${line}\r\n`).join(""));
    await client.command(`DELE ${index + 1}`);
  }
  assertEquals(fetched.toSorted(), expected.toSorted());
  assertEquals(await client.command("QUIT"), "+OK 4 messages deleted. Closing connection.");
  using later = await LoopbackClient.connect(port);
  await later.logIn();
  assertEquals((await later.command("STAT"))?.split(" ")[1], "1");
});
