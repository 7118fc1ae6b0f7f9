/** The log of a library user: `logEvents()`, and what is written where nobody gave an `onEvent`. */
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { logEvents, type LogOptions, MemoryMailbox, Pop3Listener } from "../../lib/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { authority } from "../test_authority.ts";
import { providerOf } from "../transcript_peers.ts";

const loopback = { hostname: "127.0.0.1", port: 0 };
const library = new URL("../../lib/mod.ts", import.meta.url).href;

/** The lines of a session with a wrong login, a right one and a message. */
async function linesOf(options: LogOptions): Promise<string[]> {
  const lines: string[] = [];
  const mailbox = new MemoryMailbox({ a: "Subject: 1\r\n\r\n" });
  await using onEvent = logEvents({ write: (line) => lines.push(line), ...options });
  await using pop3 = new Pop3Listener({ provider: providerOf(mailbox), onEvent });
  const { port } = await pop3.listenOn(loopback);
  {
    using client = await LoopbackClient.connect(port);
    await client.logIn("wrong");
    await client.command("QUIT");
  }
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  await client.send("RETR 1\r\n");
  await client.readLines();
  await client.command("QUIT");
  return lines;
}

/** What a program that uses the library writes to standard error. */
async function errorsOf(program: string): Promise<string> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--quiet",
      `import { logEvents, MemoryMailbox, Pop3Listener } from "${library}";\n${program}`,
    ],
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).output();
  assertEquals(code, 0);
  return new TextDecoder().decode(stderr);
}

/** A listener and a client that logs in. */
const session = (options: string, authenticate: string) => `
  const pop3 = new Pop3Listener({ ${options} provider: { authenticate() { ${authenticate} } } });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  const client = await Deno.connect({ hostname: "127.0.0.1", port });
  await client.write(new TextEncoder().encode("USER me\\r\\nPASS x\\r\\nQUIT\\r\\n"));
  for await (const _ of client.readable);
  await pop3.stop();`;

Deno.test("the program's own lines, by level", async () => {
  const names = (lines: string[]) => lines.map((line) => line.split(" ").slice(1, 3).join(" "));
  const info = await linesOf({});
  assertEquals(names(info), ["warn login-failed", "info close", "info login", "info close"]);
  assertMatch(info[0] ?? "", /^\d{4}-.*Z warn login-failed connection=1 .* reason=wrong$/);
  assertEquals(names(await linesOf({ level: "warn" })), ["warn login-failed"]);
  const sent = (await linesOf({ level: "debug" })).find((line) => line.includes(" message-sent "));
  assertMatch(sent ?? "", /verb=RETR number=1 uniqueId=a octets=14 milliseconds=\d+ complete=yes$/);
});

Deno.test("lines as JSON", async () => {
  const [first = ""] = await linesOf({ format: "json" });
  const { event, level, user, time } = JSON.parse(first);
  assertEquals([event, level, user], ["login-failed", "warn", "me"]);
  assertEquals(new Date(time).toISOString(), time);
});

Deno.test("an option that is not allowed is refused at once", () => {
  const wrong = (options: object) => () => logEvents(options);
  assertThrows(wrong({ level: "loud" }), RangeError, 'level: "loud": give error or warn');
  assertThrows(wrong({ format: 1 }), TypeError, "format: 1: give text or json");
  assertThrows(wrong({ write: "x" }), TypeError, 'write: "x": give a function');
});

Deno.test("a write that throws disturbs no session, and is written to standard error", async () => {
  const broken = `onEvent: logEvents({ write() { throw new Error("no room"); } }),`;
  const text = await errorsOf(session(broken, "return null;"));
  assertMatch(text, /^writing a log line failed: no room\n$/);
});

Deno.test("without onEvent, a provider that throws is on standard error", async () => {
  const text = await errorsOf(session("", `throw new Error("the store\\nis down");`));
  assertMatch(
    text,
    /^\S+Z error failed connection=1 .* during=PASS reason="the store\\nis down"\n$/,
  );
});

Deno.test("without onEvent, a certificate that has expired is on standard error", async () => {
  const validity = { notBefore: new Date("2020-01-01"), notAfter: new Date("2020-02-01") };
  const { cert, key } = await authority.issue("localhost", validity);
  const options = `certificate: ${JSON.stringify({ cert, key })},`;
  assertMatch(
    await errorsOf(session(options, `return new MemoryMailbox();`)),
    /^\S+Z error certificate-expiry subject="CN=localhost" expires=2020-02-01T\S+ expired=yes\n$/,
  );
});

Deno.test("without onEvent, nothing is written while all is well", async () => {
  assertEquals(await errorsOf(session("", `return new MemoryMailbox();`)), "");
});
