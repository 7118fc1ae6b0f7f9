/** Changes that other programs make to an mbox during a session, and the session's replies. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import type { Mailbox } from "../../lib/provider/mailbox.ts";
import { mboxMailbox } from "../../lib/mailbox/mbox/mbox_mailbox.ts";
import { openBody } from "../../lib/provider/message_content.ts";
import { Pop3ResponseError } from "../../lib/provider/response_error.ts";
import { Pop3Listener } from "../../lib/mod.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { providerOf } from "../transcript_peers.ts";
import { appendNow, DATE, mboxWith, octetsOf } from "./mbox_with.ts";

const message = (name: string, body = name) =>
  `From ${name}@x ${DATE}\nSubject: ${name}\n\n${body}\n\n`;
const TEXT = ["a", "b", "c"].map((name) => message(name)).join("");

const changed = (work: () => unknown) =>
  assertRejects(
    async () => await work(),
    Pop3ResponseError,
    "That message has changed since you logged in.",
  );

async function loggedIn(mailbox: Mailbox) {
  const info = testConnectionInfo();
  return { info, uniqueIds: await mailbox.listMessageUniqueIds(info) };
}

Deno.test("when the contents of a message have changed, DELE and QUIT say so, and nothing is deleted", async () => {
  await using mbox = await mboxWith(TEXT);
  const mailbox = mboxMailbox(mbox.file);
  const { info, uniqueIds } = await loggedIn(mailbox);
  const text = message("a") + message("b", "without its attachment") + message("c");
  await Deno.writeTextFile(mbox.file, text);
  const [a = "", b = ""] = uniqueIds;
  assertEquals(await mailbox.messageExists(info, a), true);
  await changed(() => mailbox.messageExists(info, b));
  await changed(() => mailbox.messageDelete(info, [a, b]));
  assertEquals(mbox.text(), text);
  const later = await mailbox.listMessageUniqueIds(testConnectionInfo());
  assertEquals([later[0], later[2]], [uniqueIds[0], uniqueIds[2]]);
  assert(later[1] !== b);
});

Deno.test("a message that another program removed counts as deleted; one that has moved is deleted at its new place", async () => {
  await using mbox = await mboxWith(TEXT);
  const mailbox = mboxMailbox(mbox.file);
  const { info, uniqueIds } = await loggedIn(mailbox);
  await Deno.writeTextFile(mbox.file, message("new") + message("c") + message("b"));
  const [a = "", b = "", c = ""] = uniqueIds;
  assertEquals(await mailbox.messageExists(info, a), false);
  assertEquals(await mailbox.messageExists(info, c), true);
  await mailbox.messageDelete(info, [a, c]);
  assertEquals(mbox.text(), message("new") + message("b"));
  assertEquals(await mailbox.messageExists(info, b), true);
});

Deno.test("fields such as Status that programs add are no change: the message is read and deleted", async () => {
  await using mbox = await mboxWith(TEXT);
  const mailbox = mboxMailbox(mbox.file);
  const { info, uniqueIds: [a = "", b = ""] } = await loggedIn(mailbox);
  const marked = TEXT.replaceAll("\n\n", "\nStatus: RO\n\n").replaceAll(
    /^(.)\nStatus: RO$/gm,
    "$1",
  );
  await Deno.writeTextFile(mbox.file, marked);
  const body = openBody(await mailbox.messageContents(info, b));
  assertEquals(
    new TextDecoder().decode(await body.nextChunk() ?? octetsOf("")),
    "Subject: b\nStatus: RO\n\nb\n",
  );
  await body.close();
  await mailbox.messageDelete(info, [a]);
  assertEquals(mbox.text(), marked.slice(marked.indexOf("From b")));
});

Deno.test("new mail does not break a message that is being read; a rewrite does, and nothing wrong is sent", async () => {
  const long = "x".repeat(79).concat("\n").repeat(3_000);
  for (const rewrites of [false, true]) {
    await using mbox = await mboxWith(message("a") + message("b", long) + message("c"));
    const mailbox = mboxMailbox(mbox.file);
    const { info, uniqueIds: [, b = ""] } = await loggedIn(mailbox);
    const body = openBody(await mailbox.messageContents(info, b));
    const parts: string[] = [];
    const read = async () => {
      for (let chunk = await body.nextChunk(); chunk !== null; chunk = await body.nextChunk()) {
        parts.push(new TextDecoder().decode(chunk));
        if (parts.length > 1) continue;
        if (rewrites) await Deno.writeTextFile(mbox.file, message("b", long) + message("c"));
        else appendNow(mbox.file, message("d"));
      }
    };
    if (rewrites) {
      let failure = "";
      await read().catch((error) => failure = String(error));
      assert(failure.includes("rewritten the mbox"));
    } else {
      await read();
      assertEquals(parts.join(""), `Subject: b\n\n${long}\n`);
    }
    await body.close();
  }
});

Deno.test("over a connection: QUIT after the QUIT of another session", async () => {
  await using mbox = await mboxWith(TEXT + message("a"));
  await using pop3 = new Pop3Listener({ provider: providerOf(mboxMailbox(mbox.file)) });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  using one = await LoopbackClient.connect(port);
  using two = await LoopbackClient.connect(port);
  await one.logIn();
  await two.logIn();
  assertEquals(String(await one.command("DELE 1")).slice(0, 3), "+OK");
  assertEquals(String(await two.command("DELE 1")).slice(0, 3), "+OK");
  assertEquals(String(await two.command("DELE 2")).slice(0, 3), "+OK");
  assertEquals(String(await one.command("QUIT")).slice(0, 3), "+OK");
  // The twin of the deleted message is not deleted in its place.
  assertEquals(String(await two.command("QUIT")).slice(0, 3), "+OK");
  assertEquals(mbox.text(), message("c") + message("a"));
});

Deno.test("over a connection: an mbox that cannot be written refuses DELE at once", async () => {
  await using mbox = await mboxWith(TEXT);
  const mailbox = mboxMailbox(mbox.file);
  // Other files have both names of the server's own folder.
  await Deno.writeTextFile(join(mbox.path, ".pop3svc"), "");
  await Deno.writeTextFile(join(mbox.path, `.pop3svc-${Deno.uid() ?? "own"}`), "");
  await using pop3 = new Pop3Listener({ provider: providerOf(mailbox) });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  assertEquals(String(await client.command("DELE 1")).slice(0, 16), "-ERR [READ-ONLY]");
  assertEquals(String(await client.command("QUIT")).slice(0, 3), "+OK");
  assertEquals(mbox.text(), TEXT);
});
