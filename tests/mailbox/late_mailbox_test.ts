/** A mailbox that is opened when it is first needed: what a session and its neighbours see of that. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { LateMailbox } from "../../lib/mailbox/late_mailbox.ts";
import {
  MemoryMailbox,
  type Pop3ListenerOptions,
  Pop3ResponseError,
  UsersFileProvider,
} from "../../lib/mod.ts";
import type { Mailbox } from "../../lib/provider/mailbox.ts";
import type { MailboxProvider } from "../../lib/provider/mailbox_provider.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ObservedListener } from "../observed_listener.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const info = testConnectionInfo();

Deno.test("it is opened once, for the first question; until then it has the name that is expected", async () => {
  let opened = 0;
  const late = new LateMailbox("expected", async () => {
    opened++;
    return await Promise.resolve(new MemoryMailbox({ a: "Subject: A\r\n\r\n" }, { name: "real" }));
  });
  assertEquals([late.name, opened], ["expected", 0]);
  await late.release(info);
  assertEquals(opened, 0);
  assertEquals(await late.listMessageUniqueIds(info), ["a"]);
  assertEquals(await late.messageExists(info, "a"), true);
  assertEquals(await late.messageSizes(info, ["a"]), [14]);
  await late.messageDelete(info, ["a"]);
  assertEquals(await late.listMessageUniqueIds(info), []);
  assertEquals([late.name, opened], ["real", 1]);
});

Deno.test("it is opened again after that has failed, and not after its list has failed; then it is released", async () => {
  const released: string[] = [];
  const mailbox: Mailbox = Object.assign(new MemoryMailbox(), {
    listMessageUniqueIds: () => Promise.reject(new Error("no list")),
    release: () => void released.push("released"),
  });
  const answers = [() => Promise.reject(new Error("not now")), () => mailbox];
  const late = new LateMailbox("x", () => (answers.shift() ?? (() => new MemoryMailbox()))());
  await assertRejects(async () => await late.listMessageUniqueIds(info), Error, "not now");
  await late.release(info);
  assertEquals(released, []);
  await assertRejects(async () => await late.listMessageUniqueIds(info), Error, "no list");
  await assertRejects(async () => await late.listMessageUniqueIds(info), Error, "no list");
  await late.release(info);
  assertEquals(released, ["released"]);
});

/** A listener whose users `hangs…` have mailboxes that are `found` late or never, and `broken` one that may not be opened. */
async function served(
  found: Promise<Mailbox> = new Promise(() => {}),
  options: Omit<Pop3ListenerOptions, "provider"> = {},
): Promise<{ readonly pop3: ObservedListener; readonly port: number }> {
  const openFor = (username: string) => (): Mailbox | Promise<Mailbox> => {
    if (username.startsWith("hangs")) return found;
    if (username === "fine") return new MemoryMailbox({}, { name: "real" });
    if (username === "in use") {
      return Object.assign(new MemoryMailbox({}, { name: "real" }), {
        listMessageUniqueIds: () => {
          throw new Pop3ResponseError("Somebody else has it.", { code: "IN-USE" });
        },
      });
    }
    throw new Pop3ResponseError("Your mailbox cannot be opened.", { code: "SYS/PERM" });
  };
  const open = (username: string) => new LateMailbox(`expected ${username}`, openFor(username));
  const provider: MailboxProvider = {
    authenticate: (_info, username, password) => password === "passw0rd" ? open(username) : null,
    secrets: {
      offers: "apop-and-scram",
      secretOf: () => ({ type: "plain", password: "passw0rd" }),
      openMailbox: (_info, username) => open(username),
    },
  };
  const pop3 = new ObservedListener({ provider, ...options });
  return { pop3, port: (await pop3.listenOn({ hostname: "127.0.0.1", port: 0 })).port };
}

Deno.test("users whose mailboxes are not found hold up no login of another user from their address", async () => {
  const { promise: found, resolve } = Promise.withResolvers<Mailbox>();
  const { pop3, port } = await served(found);
  await using _pop3 = pop3;
  using waiting = new DisposableStack();
  for (const user of ["hangs1", "hangs2", "hangs3"]) {
    const client = waiting.use(await LoopbackClient.connect(port));
    await client.readLine();
    await client.send(`XLOG ${user} passw0rd\r\n`);
  }
  for (let count = 1; count <= 3; count++) await pop3.until("command", count);
  using client = await LoopbackClient.connect(port);
  assertEquals(await client.logIn("passw0rd", "fine"), "+OK Welcome.");
  assertEquals((await pop3.until("login")).connection.mailboxName, "real");
  resolve(new MemoryMailbox());
  await pop3.until("login", 4);
});

Deno.test("a mailbox that may not be opened is the same error for the client, and in the log with its user and name", async () => {
  const { pop3, port } = await served();
  await using _pop3 = pop3;
  const logged: unknown[] = [];
  const { onEvent } = pop3;
  pop3.onEvent = (event) => {
    if (event.type === "error") {
      const { connection, username, during } = event;
      logged.push([connection?.mailboxName, connection?.username, username, during]);
    }
    onEvent(event);
  };
  using client = await LoopbackClient.connect(port);
  const reply = "-ERR [SYS/PERM] Your mailbox cannot be opened.";
  assertEquals(await client.logIn("passw0rd", "broken"), reply);
  assertEquals(logged.splice(0), [["expected broken", "broken", "broken", "PASS"]]);
  // Of a mailbox that is found, and cannot be listed, the log has the name.
  assertEquals(await client.command("USER in use"), "+OK Thank you. Send password.");
  assertEquals(await client.command("PASS passw0rd"), "-ERR [IN-USE] Somebody else has it.");
  assertEquals(logged, [["real", "in use", "in use", "PASS"]]);
  // It was no wrong password, and the session goes on.
  assertEquals(pop3.all("login-failed"), []);
  assertEquals(await client.command("XLOG fine passw0rd"), "+OK Welcome.");
});

Deno.test("a login whose mailbox could not be opened delays no other login of its user", async () => {
  const { pop3, port } = await served(undefined, { loginDelay: 60 });
  await using _pop3 = pop3;
  using client = await LoopbackClient.connect(port);
  await client.readLine();
  for (let time = 1; time <= 2; time++) {
    const reply = await client.command("XLOG broken passw0rd");
    assertEquals(reply, "-ERR [SYS/PERM] Your mailbox cannot be opened.");
  }
});

Deno.test("a session whose mailbox cannot be found at WAKE stays asleep", async () => {
  let isAway = true;
  const provider: MailboxProvider = {
    authenticate: () => new MemoryMailbox(),
    reopenMailbox: () =>
      new LateMailbox("x", () => {
        if (isAway) throw new Deno.errors.NotFound("the folder of mailboxes is not there");
        return new MemoryMailbox();
      }),
  };
  await using pop3 = new ObservedListener({ provider });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  using client = await LoopbackClient.connect(port);
  await client.logIn("passw0rd", "fine");
  assertMatch(await client.command("SLEE") ?? "", /^\+OK/);
  assertMatch(await client.command("WAKE") ?? "", /^-ERR \[SYS\/TEMP\]/);
  isAway = false;
  assertMatch(await client.command("WAKE") ?? "", /^\+OK \[ACTIVITY\/NONE\]/);
});

Deno.test("a users file says who may log in before anybody looks at the mailbox", async () => {
  await using folder = await TemporaryFolder.create();
  const users = join(folder.path, "users");
  const mailRoot = join(folder.path, "mail");
  const named = `ann:{PLAIN}passw0rd::::::userdb_mail=maildir:${join(mailRoot, "ann")}\n`;
  await Deno.writeTextFile(users, `joe:{PLAIN}passw0rd\n${named}`);
  await using provider = new UsersFileProvider(users, { mailRoot });
  // The folder of mailboxes is not there, which only a look can show.
  const byPassword = await provider.authenticate(info, "joe", "passw0rd");
  const byProof = await provider.secrets?.openMailbox(info, "joe");
  const again = await provider.reopenMailbox(info, "joe");
  for (const mailbox of [byPassword, byProof, again]) {
    assertEquals(mailbox?.name, join(mailRoot, "joe"));
    await assertRejects(
      async () => await mailbox?.listMessageUniqueIds(info),
      Deno.errors.NotFound,
      "the folder of mailboxes is not there",
    );
  }
  const ann = await provider.authenticate(info, "ann", "passw0rd");
  await assertRejects(async () => await ann?.listMessageUniqueIds(info), Deno.errors.NotFound);
  await Deno.mkdir(mailRoot);
  assertEquals(await ann?.listMessageUniqueIds(info), []);
  assertEquals(await byPassword?.listMessageUniqueIds(info), []);
});

Deno.test("a mailbox hears whether it is opened for its list", async () => {
  const asked: boolean[] = [];
  const late = () =>
    new LateMailbox("x", (isForList) => {
      asked.push(isForList);
      return new MemoryMailbox();
    });
  await late().mailboxIsReadOnly(testConnectionInfo());
  await late().listMessageUniqueIds(testConnectionInfo());
  assertEquals(asked, [false, true]);
});
