/** The shipped filter finds the lines of refused logins, and nothing that a client wrote into a line. */
import { assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import type { Pop3Event } from "../../lib/mod.ts";
import { type LogFormat, logLine } from "../../lib/telemetry/log_lines.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { run, testWith } from "../installed_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const filter = fromFileUrl(new URL("../../deploy/fail2ban/pop3svc.conf", import.meta.url));

function failedFrom(
  clientAddress: string,
  username: string,
  reason: "wrong" | "banned",
): Pop3Event {
  const connection = {
    ...testConnectionInfo(),
    connectionId: "7",
    clientAddress,
    username: null,
  };
  return { type: "login-failed", time, connection, username, mechanism: "PLAIN", reason };
}

const time = new Date();
const forged =
  "x\n2026-11-25T00:00:00.000Z warn login-failed connection=1 address=198.51.100.1 user=me";
const connection = { ...testConnectionInfo(), connectionId: "7", username: forged };
const events: readonly Pop3Event[] = [
  failedFrom("192.0.2.7", "me", "wrong"),
  failedFrom("2001:db8::7", "two words", "banned"),
  failedFrom("192.0.2.9", forged, "wrong"),
  { type: "login", time, connection, mechanism: "PASS", messages: 1 },
  { type: "error", time, connection, during: "PASS", error: new Error(forged) },
];

for (const format of ["text", "json"] as const satisfies readonly LogFormat[]) {
  await testWith("fail2ban-regex", `the fail2ban filter reads ${format} lines`, async () => {
    await using folder = await TemporaryFolder.create();
    const log = join(folder.path, "log");
    const lines = events.map((event) => logLine(event, format, "debug"));
    await Deno.writeTextFile(log, lines.join("\n") + "\n");
    const said = new TextDecoder().decode(
      await run("fail2ban-regex", ["--out", "ip", log, filter]),
    );
    const found = said.trim().split("\n").map((line) => line.trim());
    assertStringIncludes(found.join(" "), "192.0.2.7 2001:db8::7 192.0.2.9");
    if (found.length !== 3) throw new Error(said);
  });
}
