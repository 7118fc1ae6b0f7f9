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
const connection = { ...testConnectionInfo(), connectionId: "7", userNameAtLogin: null };

function failedLogin(userName: string): LoginFailedEvent {
  return { type: "login-failed", connection, userName, mechanism: "PASS", reason: "wrong" };
}

Deno.test("a failed login as text and as JSON", () => {
  const event = failedLogin("me too");
  assertEquals(
    logLine(event, time, "text", "info"),
    '2026-11-23T09:00:00.000Z warn login-failed connection=7 address=127.0.0.1 user="me too" mechanism=PASS reason=wrong',
  );
  assertEquals(JSON.parse(logLine(event, time, "json", "info") ?? ""), {
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

Deno.test("a line that matters less than asked for is left out", () => {
  assertEquals(logLine({ type: "connect", connection }, time, "text", "info"), null);
});

Deno.test("no name can forge a line or a field", () => {
  fc.assert(fc.property(hostileNames, (userName) => {
    for (const format of ["text", "json"] as const) {
      const line = logLine(failedLogin(userName), time, format, "info") ??
        "";
      // deno-lint-ignore no-control-regex -- control characters are what must not be there
      assertEquals(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(line), false, JSON.stringify(line));
    }
    const text = logLine(failedLogin(userName), time, "text", "info") ??
      "";
    const [, shown = ""] = / user=(.*) mechanism=PASS reason=wrong$/.exec(text) ?? [];
    assertEquals(shown.startsWith('"') ? JSON.parse(shown) : shown, userName);
  }));
});

Deno.test("an error names its cause", () => {
  const error = new Error("cannot read", { cause: new Error("EIO: /mail/a") });
  assertEquals(
    logLine({ type: "error", connection: null, during: "accept", error }, time, "text", "error"),
    '2026-11-23T09:00:00.000Z error error during=accept error="Error: cannot read; cause: Error: EIO: /mail/a"',
  );
});
