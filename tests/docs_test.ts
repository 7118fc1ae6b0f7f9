/**
 * The pages: their links lead somewhere, their commands run, and they name every option, event and metric.
 *
 * The `sh` blocks of a page are one script. It runs in a copy of the project with some mail, users and a certificate.
 * A server that a block starts runs until the next one starts. What would change the machine is a `console` block, which
 * is not run; but the commands of the README's must print what the README shows.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { copy } from "@std/fs";
import { serveOptions } from "../lib/cli/options.ts";
import { TemporaryFolder } from "./temporary_folder.ts";
import { authority, certificate } from "./test_authority.ts";

const root = fromFileUrl(new URL("..", import.meta.url));

async function pages(): Promise<string[]> {
  const found = ["deploy/windows/README.md"];
  for await (const { name } of Deno.readDir(root)) {
    if (name.endsWith(".md")) found.push(name);
  }
  for (const folder of ["docs", "docs/operations"]) {
    for await (const { name } of Deno.readDir(join(root, folder))) {
      if (name.endsWith(".md")) found.push(`${folder}/${name}`);
    }
  }
  return found.sort();
}

async function read(page: string): Promise<string> {
  return await Deno.readTextFile(join(root, page));
}

/** As GitHub names a heading. */
function anchorsOf(text: string): string[] {
  const headings = text.replaceAll(/^```[\s\S]*?^```/gm, "").match(/^#+ .*$/gm) ?? [];
  return headings.map((heading) =>
    heading.replace(/^#+ /, "").toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(
      " ",
      "-",
    )
  );
}

Deno.test("every link of the pages leads somewhere", async () => {
  const dead: string[] = [];
  for (const page of await pages()) {
    const text = await read(page);
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : join(dirname(page), path);
      const info = await Deno.stat(join(root, file)).catch(() => null);
      const isThere = info !== null &&
        (anchor === undefined || anchorsOf(await read(file)).includes(anchor));
      if (!isThere) dead.push(`${page}: ${target}`);
    }
  }
  assertEquals(dead, []);
});

Deno.test("the README is one page", async () => {
  const lines = (await read("README.md")).trimEnd().split("\n");
  assert(lines.length < 90, `${lines.length} lines`);
});

Deno.test("every option, event and metric is explained", async () => {
  const options = await read("docs/options.md");
  for (const name of Object.keys(serveOptions)) {
    assert(options.includes(`\`--${name}`), `docs/options.md: --${name}`);
  }
  const messages = await read("docs/messages.md");
  const files = await Array.fromAsync(Deno.readDir(join(root, "lib/events")));
  const events = (await Promise.all(files.map(({ name }) => read(`lib/events/${name}`)))).join(
    "\n",
  );
  const types = [...events.matchAll(/^ {2}readonly type: "([a-z-]+)";/gm)];
  assert(types.length > 15, `${types.length} events`);
  for (const [, type = ""] of types) {
    assert(messages.includes(`\`${type}\``), `docs/messages.md: ${type}`);
  }
  const closeReasons = /export type CloseReason =([^;]*);/.exec(events)?.[1] ?? "";
  const refuseReasons = /readonly reason: (LimitReached \|[^;]*);/.exec(events)?.[1] ?? "";
  const limitReached = /export type LimitReached =([^;]*);/.exec(events)?.[1] ?? "";
  const reasons = `${closeReasons}${refuseReasons}${limitReached}`.match(/(?<=")[a-z-]+(?=")/g) ??
    [];
  assert(reasons.length > 15, `${reasons.length} reasons`);
  for (const reason of reasons) {
    assert(messages.includes(`\`${reason}\``), `docs/messages.md: ${reason}`);
  }
  const monitoring = await read("docs/operations/monitoring.md");
  const telemetry = await read("lib/telemetry/open_telemetry.ts");
  const metrics = telemetry.match(/(?<=")pop3\.server\.[a-z_.]+(?=")/g) ?? [];
  assertEquals(metrics.length, 15);
  for (const metric of metrics) {
    assert(monitoring.includes(`\`${metric}\``), `docs/operations/monitoring.md: ${metric}`);
  }
});

/** Servers run in the background. A command that needs a base binary, or would run this test, does nothing. */
const PRELUDE = `
set -eu
SERVERS=""
SHARED=no
stop() { for each in $SERVERS; do kill $each 2>/dev/null || true; wait $each 2>/dev/null || true; done; SERVERS=""; }
trap stop EXIT
serve() {
  case "$*" in
    *--reuse-port*) [ "$SHARED" = yes ] || stop; SHARED=yes ;;
    *) stop; SHARED=no ;;
  esac
  log=server.$(date +%s%N)
  "$@" > $log 2>&1 &
  each=$!
  SERVERS="$SERVERS $each"
  for _ in $(seq 200); do
    grep -qE '^(ready|listening on port)|"ready"' $log && return 0
    kill -0 $each 2>/dev/null || { cat $log >&2; return 1; }
    sleep 0.05
  done
  cat $log >&2
  return 1
}
deno() {
  case "$*" in
    "task serve"|*walk-through/*|*examples/*) serve command $DENO "$@" ;;
    "task compile"|"task test"|add*) ;;
    *"main.ts hash"*|*"main.ts check"*|*"main.ts status"*|*" -e "*) command $DENO "$@" ;;
    run*main.ts*) serve command $DENO "$@" ;;
    *) command $DENO "$@" ;;
  esac
}
npx() { [ "$1" = -y ] && shift; shift; deno "$@"; }
`;

/** Programs that the commands need and this machine lacks. */
const missing = ["bash", "curl", "openssl", "fetchmail", "mpop"].filter((program) => {
  try {
    return !new Deno.Command(program, { args: ["--version"] }).outputSync().success &&
      program !== "openssl";
  } catch {
    return true;
  }
});
if (missing.length > 0) {
  console.warn(`SKIPPED: the commands of the pages need ${missing.join(", ")}`);
}

for (const page of await pages()) {
  const blocks = blocksOf(await read(page), "sh");
  if (blocks.length === 0) continue;
  Deno.test({
    name: `the commands of ${page} run`,
    ignore: missing.length > 0,
    fn: async () => {
      // The executable cannot be made everywhere; main.ts is the same program.
      await runInCopy(
        blocks.join("\n")
          .replaceAll("dist/pop3svc ", "deno run -A main.ts ")
          .replaceAll("0.0.0.0", "127.0.0.1"),
      );
    },
  });
}

Deno.test({
  name: "the terminals of the README show what happens",
  ignore: missing.length > 0,
  fn: async () => {
    const session = blocksOf(await read("README.md"), "console").join("")
      .split(/^\$ /m).slice(1)
      .map((text) => text.trimEnd().split("\n"));
    assert(session.length >= 3, `${session.length} commands`);
    const end = "-- the next command --";
    const script = session.map(([command = ""]) =>
      `log=; ${command}; cat $log </dev/null; echo "${end}"`
    );
    const printed = (await runInCopy(script.join("\n"))).replaceAll("\r", "").split(`${end}\n`);
    for (const [index, [command = "", ...shown]] of session.entries()) {
      // The log, and what Deno says of the task, depend on the machine.
      const lines = printed[index]?.split("\n").filter((line) =>
        !/^(Task |Download |\d{4}-\d\d-)/.test(line)
      );
      assertMatch(lines?.join("\n").trimEnd() ?? "", patternOf(shown), command);
    }
  },
});

/** What must be printed; a line `…` stands for any lines. */
function patternOf(shown: readonly string[]): RegExp {
  return new RegExp(
    `^${shown.map((line) => line === "…" ? "(.*\n)*.*" : RegExp.escape(line)).join("\n")}$`,
  );
}

Deno.test("the library's example in the README passes the type check", async () => {
  assertEquals(blocksOf(await read("README.md"), "ts").length, 1);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--doc-only", "README.md"],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  assert(success, new TextDecoder().decode(stderr));
});

function blocksOf(text: string, language: string): string[] {
  const blocks = text.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, "gm"));
  return [...blocks].map(([, block = ""]) => block);
}

/** Runs commands of a page in a copy of the project, and gives what they print. */
async function runInCopy(script: string): Promise<string> {
  await using folder = await TemporaryFolder.create();
  const copies = [
    "lib",
    "links",
    "mailbox-sample",
    "examples",
    "docs",
    "deploy",
    "tests/bench",
    "tests/deno.json",
  ];
  for (const name of [...copies, "main.ts", "deno.json", "deno.lock"]) {
    await Deno.mkdir(dirname(join(folder.path, name)), { recursive: true });
    await copy(join(root, name), join(folder.path, name));
  }
  await furnish(folder.path);
  const process = new Deno.Command("bash", {
    args: ["-c", PRELUDE + script],
    cwd: folder.path,
    env: { DENO: Deno.execPath(), NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { success, stdout, stderr } = await process.output();
  const decoder = new TextDecoder();
  const printed = decoder.decode(stdout);
  assert(success, `${printed}\n${decoder.decode(stderr)}`);
  return printed;
}

/** What the pages take as given. */
async function furnish(folder: string): Promise<void> {
  // A file that was written a moment ago is not served yet.
  for await (const { name } of Deno.readDir(join(folder, "mailbox-sample"))) {
    await Deno.utime(join(folder, "mailbox-sample", name), 1_000, 1_000);
  }
  await Deno.writeTextFile(join(folder, "fullchain.pem"), certificate.cert + authority.pem);
  await Deno.writeTextFile(join(folder, "privkey.pem"), certificate.key);
  for (const name of ["new", "cur", "tmp"]) {
    await Deno.mkdir(join(folder, "mail/joe", name), { recursive: true });
  }
  await Deno.writeTextFile(join(folder, "mail/joe/cur/1.x:2,S"), "Subject: x\n\nHello\n");
  await Deno.mkdir(join(folder, "mail/carol"));
  await Deno.writeTextFile(join(folder, "users"), "carol:{PLAIN}s3cret\n");
  const mbox = "From a@example.org Thu Jan  1 00:00:00 2026\nSubject: a\n\nHello\n";
  await Deno.writeTextFile(join(folder, "archive.mbox"), mbox);
  await Deno.writeTextFile(
    join(folder, "faults.json"),
    '{ "seed": 1, "rules": [{ "fault": "drop", "message": 2 }] }',
  );
}
