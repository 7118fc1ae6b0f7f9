import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { LoginFailedEvent } from "../../lib/mod.ts";
import { logLine } from "../../lib/telemetry/log_lines.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";

/** Any text, and often a control character. */
const hostileNames = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      "\0",
      "\n",
      "\r",
      '"',
      "=",
      " ",
      "\x1b",
      "\x7f",
      "\x85",
      "\x9b",
      "\u2028",
      "\u202e",
    ),
    fc.string({ unit: "binary", maxLength: 1 }),
  ),
});

const time = new Date("2026-11-23T09:00:00Z");
const connection = { ...testConnectionInfo(), connectionId: "7", username: null };

function failedLogin(username: string): LoginFailedEvent {
  return { type: "login-failed", time, connection, username, mechanism: "PASS", reason: "wrong" };
}

Deno.test("a failed login as text and as JSON", () => {
  const event = failedLogin("me too");
  assertEquals(
    logLine(event, "text", "info"),
    '2026-11-23T09:00:00.000Z warn login-failed connection=7 address=127.0.0.1 user="me too" mechanism=PASS reason=wrong',
  );
  assertEquals(JSON.parse(logLine(event, "json", "info") ?? ""), {
    time: "2026-11-23T09:00:00.000Z",
    level: "warn",
    event: "login-failed",
    connection: "7",
    address: "127.0.0.1",
    user: "me too",
    mechanism: "PASS",
    reason: "wrong",
    mailbox: null,
  });
});

Deno.test("for the journal, a line begins with its priority and has no time", () => {
  const event = failedLogin("me\n<0>too");
  assertEquals(
    logLine(event, "text", "info", "priority"),
    '<4>warn login-failed connection=7 address=127.0.0.1 user="me\\n<0>too" mechanism=PASS reason=wrong',
  );
  const json = logLine(event, "json", "info", "priority") ?? "";
  assertEquals(json.slice(0, 44), '<4>{"level":"warn","event":"login-failed","c');
  const error = new Error("it is broken");
  const failed = { type: "error", time, connection: null, during: "accept", error } as const;
  assertEquals(
    logLine(failed, "text", "info", "priority"),
    '<3>error failed during=accept reason="it is broken"',
  );
  assertEquals(
    logLine({ type: "start", time, version: "pop3svc" }, "text", "info", "priority"),
    "<6>info start version=pop3svc",
  );
  assertEquals(
    logLine({ type: "connect", time, connection }, "text", "debug", "priority")?.[1],
    "7",
  );
});

Deno.test("a reload names what was read, what has changed, and what cannot be used", () => {
  const files = [
    { name: "certificate", isChanged: false, failure: "key.pem: permission denied" },
    { name: "users file", isChanged: true, failure: null },
  ];
  assertEquals(
    logLine({ type: "reload", time, files }, "text", "warn"),
    '2026-11-23T09:00:00.000Z warn reload read="certificate, users file" changed="users file" failed="certificate: key.pem: permission denied"',
  );
  assertEquals(
    logLine({ type: "reload", time, files: [] }, "text", "info")?.slice(25),
    "info reload",
  );
});

Deno.test("a line below the level is left out", () => {
  assertEquals(logLine({ type: "connect", time, connection }, "text", "info"), null);
});

Deno.test("no name can forge a line or a field", () => {
  fc.assert(fc.property(hostileNames, (username) => {
    for (const format of ["text", "json"] as const) {
      const line = logLine(failedLogin(username), format, "info") ??
        "";
      // deno-lint-ignore no-control-regex -- control characters are what must not be there
      assertEquals(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(line), false, JSON.stringify(line));
    }
    const text = logLine(failedLogin(username), "text", "info") ??
      "";
    const [, shown = ""] = / user=(.*) mechanism=PASS reason=wrong$/.exec(text) ?? [];
    assertEquals(shown.startsWith('"') ? JSON.parse(shown) : shown, username);
  }));
});

Deno.test("an error names its cause", () => {
  const error = new Error("cannot read", { cause: new Error("EIO: /mail/a") });
  assertEquals(
    logLine({ type: "error", time, connection: null, during: "accept", error }, "text", "error"),
    '2026-11-23T09:00:00.000Z error failed during=accept reason="cannot read; cause: EIO: /mail/a"',
  );
});

Deno.test("a long name is cut, and the line says so", () => {
  const line = logLine(failedLogin("x".repeat(14_000)), "text", "info") ?? "";
  assertEquals(/ user="(x*)… \(cut, 14000 characters\)" /.exec(line)?.[1]?.length, 256);
  // It is not cut between the halves of a character.
  const half = logLine(failedLogin("x".repeat(255) + "😀😀"), "json", "info") ?? "";
  assertEquals(JSON.parse(half).user, `${"x".repeat(255)}\ufffd… (cut, 259 characters)`);
});

const own = new Error("it goes round");
own.cause = own;
class Nasty extends Error {
  override get message(): string {
    throw this;
  }
}
const thrown: readonly (readonly [string, unknown, string])[] = [
  ["an error that is its own cause", own, '"it goes round; cause: it goes round'],
  ["an error whose message throws", new Nasty(), '"an error that cannot be shown"'],
  ["an object without a prototype", Object.create(null), '"an error that cannot be shown"'],
  ["nothing", undefined, "undefined"],
  ["a symbol", Symbol("x"), '"Symbol(x)"'],
];
for (const [name, error, shown] of thrown) {
  Deno.test(`what was thrown is ${name}`, () => {
    const event = { type: "error", time, connection: null, during: "accept", error } as const;
    const line = logLine(event, "text", "info") ?? "";
    assertEquals(line.includes(` reason=${shown}`), true, line);
  });
}

Deno.test("no character that changes the direction of text, and no invisible one", () => {
  // Marks, embeddings, isolates; a zero-width space, a byte order mark, a tag of plane 14.
  const unseen = [0x200f, 0x061c, 0x202e, 0x2067, 0x200b, 0xfeff, 0xe0041, 0x85, 0x2028];
  for (const code of unseen) {
    const username = `a${String.fromCodePoint(code)}b`;
    for (const format of ["text", "json"] as const) {
      const line = logLine(failedLogin(username), format, "info") ?? "";
      assertEquals(/[^\x20-\x7e]/.test(line), false, line);
      const [, escaped = ""] = /user"?[=:]("[^"]*")/.exec(line) ?? [];
      assertEquals(JSON.parse(escaped), username);
    }
  }
  assertEquals(
    logLine(failedLogin("jürgen 李"), "text", "info")?.includes("jürgen 李"),
    true,
  );
});
