/** A datagram socket stands for systemd: what the program tells it, with the permissions of the executable. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { EXECUTABLE_PERMISSIONS } from "../../lib/cli/permissions.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const isLinux = Deno.build.os === "linux";
if (!isLinux) console.warn("SKIPPED: only Linux has a service manager with NOTIFY_SOCKET");
const ignore = !isLinux;

/** The socket of a service manager. */
class Manager implements Disposable {
  readonly #socket: Deno.DatagramConn;

  constructor(path: string) {
    this.#socket = Deno.listenDatagram({ transport: "unixpacket", path });
  }

  /** The next datagram. */
  async next(): Promise<string> {
    const [octets] = await this.#socket.receive();
    return new TextDecoder().decode(octets);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

for (const kind of ["a path", "an abstract name"]) {
  Deno.test({
    name: `systemd hears of the start, a reload and the stop: NOTIFY_SOCKET is ${kind}`,
    ignore,
    async fn() {
      await using folder = await TemporaryFolder.create();
      const path = kind === "a path" ? join(folder.path, "notify") : `@${crypto.randomUUID()}`;
      using manager = new Manager(path.replace(/^@/, "\0"));
      const mail = join(folder.path, "mail");
      await Deno.mkdir(mail);
      const env = { NOTIFY_SOCKET: path, WATCHDOG_USEC: "1" };
      await using program = await RunningProgram.start([mail], env, EXECUTABLE_PERMISSIONS);
      assertEquals(await manager.next(), `READY=1\nSTATUS=${serving(program)}\n`);
      program.signal("SIGHUP");
      assertEquals(await manager.next(), "RELOADING=1\nSTATUS=reading files again\n");
      assertEquals(await manager.next(), `READY=1\nSTATUS=${serving(program)}\n`);
      using client = await LoopbackClient.connect(program.port);
      await client.readLine();
      const { code, stderr } = await program.end("SIGTERM");
      assertEquals(await manager.next(), "STOPPING=1\nSTATUS=stopping, with 1 session\n");
      assertEquals([code, stderr.includes("during=notify")], [0, false], stderr);
      assertEquals(folder.names(), kind === "a path" ? ["mail", "notify"] : ["mail"]);
    },
  });
}

/** What its ready line says that it serves. */
function serving(program: RunningProgram): string {
  return /^ready: (serving .*);/.exec(program.readyLines.at(-1) ?? "")?.[1] ?? "";
}

for (
  const [what, socket, permissions, reason] of [
    ["does not exist", "/nowhere/notify", EXECUTABLE_PERMISSIONS, /No such file/],
    ["is none of this machine", "vsock:2:1", EXECUTABLE_PERMISSIONS, /NOTIFY_SOCKET=vsock:2:1 is/],
    [
      "is not permitted",
      "@x",
      EXECUTABLE_PERMISSIONS.map((flag) => flag === "--allow-net" ? `${flag}=127.0.0.1` : flag),
      /--allow-net/,
    ],
  ] as const
) {
  Deno.test({
    name: `a NOTIFY_SOCKET that ${what} is a line in the log, and no more`,
    ignore,
    async fn() {
      await using folder = await TemporaryFolder.create();
      const env = { NOTIFY_SOCKET: socket };
      await using program = await RunningProgram.start([folder.path], env, permissions);
      using client = await LoopbackClient.connect(program.port);
      assertStringIncludes(await client.readLine() ?? "", "+OK");
      await client.command("QUIT");
      const { code, stderr } = await program.end("SIGTERM");
      assertEquals(code, 0);
      const line = stderr.split("\n").find((line) => line.includes("during=notify")) ?? "";
      assertMatch(line, reason);
    },
  });
}

Deno.test("without NOTIFY_SOCKET, its code is not loaded", async () => {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "main.ts"],
    cwd: new URL("../..", import.meta.url),
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(code, 0);
  const { modules }: {
    modules: { specifier: string; dependencies?: { specifier: string; isDynamic?: boolean }[] }[];
  } = JSON.parse(new TextDecoder().decode(stdout));
  const imports = modules.flatMap(({ dependencies = [] }) => dependencies)
    .filter(({ specifier }) => specifier === "./notify.ts");
  assert(imports.length > 0 && imports.some(({ isDynamic }) => isDynamic === true));
});
