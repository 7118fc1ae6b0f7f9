/** What the log and the status say of refused logins and of a users file that cannot be used. Clients learn nothing. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { ObservedListener } from "../observed_listener.ts";
import { MemoryProvider, UsersFileProvider } from "../../lib/mod.ts";
import { levelOf } from "../../lib/events/event_level.ts";
import { logLine } from "../../lib/telemetry/log_lines.ts";
import { certificate } from "../test_authority.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { UsersServed, WRONG } from "./users_served.ts";

Deno.test("the log has the cause of a refused login, and each client gets the same reply", async () => {
  await using served = await UsersServed.start([
    "me:{PLAIN}m",
    "gone:!",
    "far:{PLAIN}f::::::allow_nets=192.0.2.0/24",
    "bad:{NOPE}x",
  ]);
  const logins = [["me", "x"], ["gone", "x"], ["far", "f"], ["BAD", "x"], ["nobody", "x"]] as const;
  for (const [user, password] of logins) {
    assertEquals(await served.logIn(user, password), WRONG);
  }
  assertEquals(
    served.pop3.all("login-failed").map(({ username, cause }) => [username, cause]),
    [
      ["me", "password"],
      ["gone", "locked"],
      ["far", "network"],
      ["BAD", "bad-line"],
      ["nobody", "no-such-user"],
    ],
  );
});

Deno.test("APOP has the same causes", async () => {
  await using served = await UsersServed.start(["me:{PLAIN}m"]);
  // APOP is offered once the file has been read.
  assertEquals(await served.logIn("me", "m"), "+OK Welcome.");
  for (const user of ["me", "nobody"]) {
    using client = await served.connect();
    await client.command(`APOP ${user} 00000000000000000000000000000000`);
  }
  assertEquals(served.pop3.all("login-failed").map(({ cause }) => cause), [
    "password",
    "no-such-user",
  ]);
});

Deno.test("a provider that names a cause which is none, or throws, changes nothing", async () => {
  const answers = ["x\n", null, { length: 8 }, () => "password"];
  for (const answer of answers) {
    await using pop3 = new ObservedListener({});
    pop3.provider = new MemoryProvider({ me: { password: "m" } });
    Object.assign(pop3.provider, {
      refusalCause() {
        if (answer === null) throw new Error("no cause");
        return answer;
      },
    });
    const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
    using client = await LoopbackClient.connect(port);
    await client.readLine();
    assertEquals(await client.command("XLOG me x"), WRONG);
    assertEquals(pop3.all("login-failed").map((event) => "cause" in event), [false]);
  }
});

Deno.test("a login that needs TLS first leaves a line at info, and counts as no guess", async () => {
  await using pop3 = new ObservedListener({ certificate });
  const { port } = await pop3.listenOn({
    hostname: "127.0.0.1",
    port: 0,
    trustedProxies: ["127.0.0.1"],
  });
  using client = await LoopbackClient.connect(port);
  await client.send("PROXY TCP4 192.0.2.7 192.0.2.1 40000 110\r\n");
  await client.readLine();
  assertStringIncludes(await client.command("USER me") ?? "", "STLS");
  assertStringIncludes(await client.command("AUTH PLAIN AGEAYg==") ?? "", "STLS");
  const failed = pop3.all("login-failed");
  assertEquals(failed.map(({ username, mechanism, reason }) => [username, mechanism, reason]), [
    ["me", "USER", "needs-tls"],
    ["", "AUTH", "needs-tls"],
  ]);
  assertEquals(failed.map(levelOf), ["info", "info"]);
});

Deno.test("the counts say that the users file cannot be used, why, and since when; the log names the file", async () => {
  await using served = await UsersServed.start(["me:{PLAIN}m", "you:{PLAIN}y"]);
  const { provider } = served.pop3;
  if (!(provider instanceof UsersFileProvider)) throw new Error("another provider");
  assertEquals(await served.logIn("me", "m"), "+OK Welcome.");
  assertEquals(provider.counts().rejected, null);
  await Deno.writeTextFile(served.file, "");
  assertEquals(await served.logIn("me", "m"), "+OK Welcome.");
  const empty = provider.counts().rejected;
  assertStringIncludes(empty?.reason ?? "", "it names nobody who can log in");
  await Deno.remove(served.file);
  assertEquals(await served.logIn("me", "m"), "+OK Welcome.");
  const { rejected, users } = provider.counts();
  assertEquals([rejected, users], [{ reason: "it is not there", since: empty?.since }, 2]);
  assertEquals(
    served.complaints().at(-1),
    `Error: ${served.file}: it is not there: the previous users stay`,
  );
  await served.write(["me:{PLAIN}m"]);
  assertEquals(await served.logIn("me", "m"), "+OK Welcome.");
  assertEquals(provider.counts().rejected, null);
});

Deno.test("a file that stays cut within a line says how many users are left", async () => {
  await using served = await UsersServed.start(["me:{PLAIN}m", "you:{PLAIN}y", "she:{PLAIN}s"]);
  assertEquals(await served.logIn("me", "m"), "+OK Welcome.");
  await Deno.writeTextFile(served.file, "me:{PLAIN}m\nyou");
  await Deno.utime(served.file, 1_000, 1_000);
  assertEquals(await served.logIn("me", "m"), "+OK Welcome.");
  assertEquals(
    served.complaints().at(-1),
    `Error: ${served.file}: it ends within a line; there were 3 users, now 1`,
  );
});

Deno.test("a login that fails for another reason names the user in the log", async () => {
  await using served = await UsersServed.start(["me:{PLAIN}m"]);
  await Deno.remove(served.mail, { recursive: true });
  assertStringIncludes(await served.logIn("me", "m") ?? "", "-ERR [SYS/TEMP]");
  const [failed] = served.pop3.all("error").filter(({ during }) => during === "XLOG");
  assertEquals([failed?.username, failed?.connection?.username], ["me", null]);
  const line = failed === undefined ? null : logLine(failed, "text", "info");
  assertStringIncludes(line ?? "", " user=me ");
});
