/**
 * The executable: its contents, and that it passes the tests of the program. The second part needs the base binary of
 * `deno compile`, downloaded or named by DENORT_BIN; without it, that part is skipped.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { TemporaryFolder } from "../temporary_folder.ts";

const root = fromFileUrl(new URL("../..", import.meta.url));
const decoder = new TextDecoder();

interface Outcome {
  readonly isMade: boolean;
  readonly told: string;
}

async function deno(args: readonly string[], env: Record<string, string>): Promise<Outcome> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { success, stdout, stderr } = await command.output();
  return { isMade: success, told: decoder.decode(stdout) + decoder.decode(stderr) };
}

function compile(output: string, env: Record<string, string> = {}): Promise<Outcome> {
  return deno(["task", "compile", "--output", output], env);
}

Deno.test("the executable holds the program and all that it loads later, and nothing else", async () => {
  await using folder = await TemporaryFolder.create();
  // The contents are the same with any base binary.
  const output = join(folder.path, "pop3svc");
  const { isMade, told } = await compile(output, { DENORT_BIN: Deno.execPath() });
  assert(isMade, told);
  const names = told.split("\n").map((line) => /([\w@/.+-]+)(\/\*)? \(/.exec(line)?.[1] ?? "");
  const later = [
    "hash-wasm/4.13.0",
    "pg/8.23.1",
    "ipaddr.js/2.5.0",
    "unix-crypt-td-js/1.1.4",
    "unixcrypt/3.0.4",
    "api",
  ];
  for (const name of later) {
    assert(names.some((each) => each.endsWith(name)), `${name} is missing`);
  }
  for (const name of ["tests", "mailbox-sample", "docs", "x509", "fast-check", "node-pop3"]) {
    assert(!names.some((each) => each.includes(name)), `${name} is inside`);
  }
  const executable = decoder.decode(await Deno.readFile(output));
  assert(executable.includes("hash_worker.ts"));
});

Deno.test("the executable passes the tests of the program", async () => {
  await using folder = await TemporaryFolder.create();
  const executable = join(folder.path, "pop3svc");
  const { isMade, told } = await compile(executable);
  const version = isMade
    ? await new Deno.Command(executable, { args: ["--version"], stdin: "null" }).output()
    : null;
  if (version === null || !decoder.decode(version.stdout).startsWith("pop3svc ")) {
    const reason = told.split("\n").find((line) => /error/i.test(line));
    console.warn(
      `SKIPPED: no base binary (DENORT_BIN, or the network) for deno compile: ${reason}`,
    );
    return;
  }
  assertMatch(decoder.decode(version.stdout), /^pop3svc [\d.]+ \(deno [\d.]+, \S+\)\n$/);
  const tests = ["program", "tls_program", "users_program", "status", "secrets"]
    .map((name) => `tests/cli/${name}_test.ts`);
  const { isMade: isGood, told: log } = await deno(["test", "-A", "--no-check", ...tests], {
    EXECUTABLE_UNDER_TEST: executable,
  });
  assertEquals(isGood, true, log);
});
