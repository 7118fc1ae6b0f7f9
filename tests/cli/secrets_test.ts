/**
 * Searches everything that the program writes in hostile sessions, at the highest log level, for the secrets that the
 * client sent, in clear and as base64.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { createHash } from "node:crypto";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

/** Base64 of the secret, at each of the three possible offsets. */
const MARK = "S3CRETS3CRETS3CRET";
const base64 = (text: string) => btoa(text);
const traces = [
  MARK,
  MARK.toLowerCase(),
  ...["", "x", "xx"].map((before) => base64(before + MARK).slice(4, -4)),
];

const lines = (timestamp: string): readonly string[] => [
  "USER joe",
  `PASS ${MARK}`,
  `PASS ${MARK}`,
  `pass ${MARK}`,
  `PAS ${MARK}`,
  `${MARK}`,
  `${MARK} ${MARK}`,
  `NOOP ${MARK}`,
  `QUIT ${MARK}`,
  `XLOG joe ${MARK}`,
  `XLOG ${MARK}`,
  `APOP joe ${createHash("md5").update(timestamp + MARK).digest("hex")}`,
  `APOP ${MARK}`,
  `AUTH PLAIN ${base64(`\0joe\0${MARK}`)}`,
  `AUTH PLAIN ${MARK}!`,
  `AUTH ${MARK}`,
  "AUTH PLAIN",
  base64(`\0joe\0${MARK}`),
  "AUTH PLAIN",
  MARK,
  "AUTH LOGIN",
  base64("joe"),
  base64(MARK),
  "AUTH LOGIN",
  base64("joe"),
  "*",
  `AUTH LOGIN ${base64("joe")}`,
  `${MARK}!`,
  `AUTH OAUTHBEARER ${base64(`n,a=joe,\x01auth=Bearer ${MARK}\x01\x01`)}`,
  `AUTH SCRAM-SHA-256 ${base64(`n,,n=joe,r=${MARK}`)}`,
  `STLS ${MARK}`,
  `AUTH PLAIN ${MARK.repeat(2_000)}`,
];

Deno.test("no secret of a hostile session is in the log, at any level, in either format", async () => {
  await using folder = await TemporaryFolder.create();
  const users = join(folder.path, "users");
  const mail = join(folder.path, "mail");
  await Deno.mkdir(mail);
  const hash = `$6$abcdefgh$${MARK}`;
  await Deno.writeTextFile(
    users,
    `ann:{PLAIN}${MARK}\njoe:{PLAIN}other\nbad:${hash}\n${MARK}\nx:{MD5}${MARK}\n`,
  );
  for (const format of ["text", "json"]) {
    await using program = await RunningProgram.start([
      ...["--users", users, "--mail-root", mail, "--log-level", "debug", "--log-format", format],
      ...["--wire-log", join(folder.path, "wire")],
    ]);
    for (const line of lines("")) {
      using client = await LoopbackClient.connect(program.port);
      await client.readLine();
      // Once with a login in the middle, once with a last line that never ends.
      await client.command(line);
      await client.send(`XLOG ann ${MARK}\r\nSTAT\r\n${line}`);
      await client.endSending();
      while (await client.readLine() !== null);
    }
    using client = await LoopbackClient.connect(program.port);
    const timestamp = /<.*>/.exec(await client.readLine() ?? "")?.[0] ?? "";
    for (const line of lines(timestamp)) await client.send(`${line}\r\n`);
    await client.endSending();
    while (await client.readLine() !== null);
    const { stderr, stdout } = await program.end("SIGTERM");
    const wire = await Deno.readTextFile(join(folder.path, "wire"));
    const said = program.readyLines.join("\n") + stdout + stderr + wire;
    const leaked = said.split("\n").filter((line) => traces.some((trace) => line.includes(trace)));
    assertEquals(leaked, []);
    const events = ["connect", "command", "login", "login-failed", "error", "close"];
    for (const event of events) assertStringIncludes(said, event);
  }
});
