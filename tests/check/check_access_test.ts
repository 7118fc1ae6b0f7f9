/** The start and `check` say who else can get at what is the server's alone, and what to type against it. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { checkAccess, type SecretFiles } from "../../lib/check/check_access.ts";
import { RunningProgram, runProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { certificate } from "../test_authority.ts";

const isWindows = Deno.build.os === "windows";
const isRoot = !isWindows && Deno.uid() === 0;

function filesOf(given: Partial<SecretFiles>): SecretFiles {
  return { users: null, passwordFile: null, key: null, cert: null, ...given };
}

/** The findings on a file of secrets. */
async function saidOf(
  kind: keyof SecretFiles,
  content: string,
  mode: number,
  owner?: readonly [uid: number, gid: number],
): Promise<string[]> {
  await using folder = await TemporaryFolder.create();
  const path = join(folder.path, "secret");
  await Deno.writeTextFile(path, content);
  await Deno.chmod(path, mode);
  if (owner !== undefined) await Deno.chown(path, ...owner);
  // 65534 stands for a server that is not root.
  return checkAccess(filesOf({ [kind]: path }), owner === undefined ? Deno.uid() : 65_534)
    .filter(({ concerns }) => concerns.type === "file" && concerns.path === path)
    .map(({ text, remedy }) => `${text}: ${remedy}`.replaceAll(path, "FILE"));
}

Deno.test({
  name:
    "a file of secrets that others can read or change is found; one that is the server's alone is not",
  ignore: isWindows,
  fn: async () => {
    for (const option of ["users", "passwordFile", "key"] as const) {
      assertEquals(await saidOf(option, "x", 0o600), []);
      assertEquals(await saidOf(option, "x", 0o400), []);
      assertEquals(await saidOf(option, "x", 0o644), [
        "every user of this machine can read it: chmod 600 FILE",
      ]);
      assertEquals(await saidOf(option, "x", 0o602), [
        "every user of this machine can change it: chmod 600 FILE",
      ]);
      assertEquals(await saidOf(option, "x", 0o620), ["its group can change it: chmod 600 FILE"]);
    }
    assertEquals(await saidOf("cert", certificate.cert, 0o644), []);
    assertEquals((await saidOf("cert", certificate.cert + certificate.key, 0o644)).length, 1);
  },
});

Deno.test({
  name:
    "a server that reads a file as a member of its group gets a remedy by which it owns it; root's group is root",
  ignore: !isRoot,
  fn: async () => {
    assertEquals(await saidOf("key", "x", 0o640, [0, 65_534]), [
      "its group can read it: chown 65534 FILE && chmod 600 FILE",
    ]);
    assertEquals(await saidOf("key", "x", 0o640, [65_534, 65_534]), [
      "its group can read it: chmod 600 FILE",
    ]);
    // On Debian, the user games has a group of its own; mail belongs to the programs of mail.
    const idOf = (name: string, database: "passwd" | "group") =>
      Number(
        new RegExp(`^${name}:[^:]*:(\\d+):`, "m").exec(Deno.readTextFileSync(`/etc/${database}`))
          ?.[1],
      );
    const user = idOf("games", "passwd");
    await using folder = await TemporaryFolder.create();
    const path = join(folder.path, "key");
    await Deno.writeTextFile(path, "x");
    const foundFor = (name: string) => {
      Deno.chownSync(path, 0, idOf(name, "group"));
      return checkAccess(filesOf({ key: path }), user).length;
    };
    for (const [mode, own, others] of [[0o640, 0, 1], [0o660, 1, 1], [0o644, 1, 1]] as const) {
      await Deno.chmod(path, mode);
      assertEquals([foundFor("games"), foundFor("mail")], [own, others], mode.toString(8));
    }
    // The mode of credentials of systemd.
    assertEquals(await saidOf("key", "x", 0o440, [0, 0]), []);
  },
});

Deno.test({
  name: "the remedy for a path with spaces and quotes can be typed",
  ignore: isWindows,
  fn: async () => {
    await using folder = await TemporaryFolder.create();
    const path = join(folder.path, "it's a key");
    await Deno.writeTextFile(path, "x", { mode: 0o644 });
    const [found] = checkAccess(filesOf({ key: path }), Deno.uid()).slice(isRoot ? 1 : 0);
    await new Deno.Command("sh", { args: ["-c", found?.remedy ?? "false"] }).output();
    assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  },
});

Deno.test("running as root is found; another user is not, and Windows has no root", () => {
  const [found] = checkAccess(filesOf({}), 0);
  assertMatch(`${found?.text}; ${found?.remedy}`, /^the server runs as root.*User=/);
  assertEquals(checkAccess(filesOf({}), 1_000), []);
  assertEquals(checkAccess(filesOf({ key: "/etc/passwd" }), null), []);
});

Deno.test({
  name: "the start logs it before it is ready, and check prints it",
  ignore: isWindows,
  fn: async () => {
    await using folder = await TemporaryFolder.create();
    const [users, mail] = [join(folder.path, "users"), join(folder.path, "mail")];
    await Deno.writeTextFile(users, "joe:{PLAIN}j\n", { mode: 0o644 });
    await Deno.mkdir(join(mail, "joe"), { recursive: true });
    const options = ["--users", users, "--mail-root", mail];
    const told =
      `finding="${users}: every user of this machine can read it" remedy="chmod 600 ${users}"`;
    await using exposed = await RunningProgram.start(options);
    const { stderr } = await exposed.end("SIGTERM");
    assertStringIncludes(stderr, ` warn exposed ${told}\n`);
    assertEquals(stderr.includes("the server runs as root"), isRoot);
    const { stdout, code } = await runProgram(["check", ...options, "--port", "0"]);
    assertEquals(code, 0);
    // Root does not know who the server is: a mode alone could keep it from the file.
    const remedy = isRoot
      ? `with the group of the server's user as GROUP: chown root:GROUP ${users} && chmod 640 ${users}`
      : `chmod 600 ${users}`;
    assertStringIncludes(
      stdout,
      `warning: ${users}: every user of this machine can read it\n  to do: ${remedy}\n`,
    );
    assertEquals(stdout.includes("root runs this check"), isRoot);
    await Deno.chmod(users, 0o600);
    await using program = await RunningProgram.start(options);
    assertEquals((await program.end("SIGTERM")).stderr.includes(`${users}: every`), false);
  },
});
