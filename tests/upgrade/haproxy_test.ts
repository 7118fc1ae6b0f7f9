/** HAProxy with deploy/haproxy/haproxy.cfg before two instances: an upgrade under load, its checks, its timeouts. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { run, testWith } from "../installed_program.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { unusedPort } from "../unused_port.ts";
import { manyUsers, UPGRADES, upgradeUnderLoad } from "./upgrade.ts";

const shipped = fromFileUrl(new URL("../../deploy/haproxy/haproxy.cfg", import.meta.url));
const PORTS = ["110", "995", "10110", "10995", "20110", "20995"] as const;
type Ports = Readonly<Record<(typeof PORTS)[number], number>>;

/** HAProxy with the shipped configuration, on other ports and with another socket; disposing of it kills it. */
class HaProxy implements AsyncDisposable {
  readonly ports: Ports;
  readonly #socket: string;
  readonly #process: Deno.ChildProcess;

  private constructor(ports: Ports, socket: string, process: Deno.ChildProcess) {
    this.ports = ports;
    this.#socket = socket;
    this.#process = process;
  }

  static async start(folder: TemporaryFolder): Promise<HaProxy> {
    const ports: Ports = {
      ...{ 110: unusedPort(), 995: unusedPort(), 10110: unusedPort(), 10995: unusedPort() },
      ...{ 20110: unusedPort(), 20995: unusedPort() },
    };
    const socket = join(folder.path, "haproxy.sock");
    const text = (await Deno.readTextFile(shipped))
      .replace("/run/haproxy/admin.sock", socket)
      .replaceAll(/^ *(user|group|log \/dev).*\n/gm, "")
      .replaceAll(/:(\d+)\b/g, (all, port: string) => {
        const known = PORTS.find((each) => each === port);
        return known === undefined ? all : `:${ports[known]}`;
      });
    const config = join(folder.path, "haproxy.cfg");
    await Deno.writeTextFile(config, text);
    await run("haproxy", ["-c", "-f", config]);
    const process = new Deno.Command("haproxy", {
      args: ["-db", "-f", config],
      stdout: "null",
      stderr: "null",
    }).spawn();
    const proxy = new HaProxy(ports, socket, process);
    while (!(await proxy.ask("show stat").catch(() => "")).includes("pop3,blue")) await turn();
    return proxy;
  }

  /** Sends a command to its socket. */
  async ask(command: string): Promise<string> {
    using connection = await Deno.connect({ transport: "unix", path: this.#socket });
    await connection.write(new TextEncoder().encode(`${command}\n`));
    return await new Response(connection.readable).text();
  }

  /** Waits until its check of a server has succeeded. */
  async untilUp(server: string): Promise<void> {
    while (!/^UP/.test(await this.#statusOf(server))) await turn();
  }

  async #statusOf(server: string): Promise<string> {
    const [head = "", ...rows] = (await this.ask("show stat")).split("\n");
    const column = head.split(",").indexOf("status");
    return rows.map((row) => row.split(",")).find((row) => row[1] === server)?.[column] ?? "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

await testWith(
  "haproxy",
  "the shipped configuration of HAProxy is valid",
  async () => {
    const text = (await Deno.readTextFile(shipped)).replaceAll(/^ *(user|group) .*\n/gm, "");
    await using folder = await TemporaryFolder.create();
    const config = join(folder.path, "haproxy.cfg");
    await Deno.writeTextFile(config, text);
    await run("haproxy", ["-c", "-f", config]);
  },
  ["-v"],
);

await testWith(
  "haproxy",
  "behind HAProxy, an upgrade under load loses no connection, and checks are not in the log",
  async () => {
    await using folder = await TemporaryFolder.create();
    await using proxy = await HaProxy.start(folder);
    const [options, usernames] = await manyUsers(folder);
    const names = ["blue", "green"] as const;
    let starts = 0;
    const outcome = await upgradeUnderLoad(folder, usernames, proxy.ports[110], async () => {
      const [server, port] = starts++ % 2 === 0
        ? [names[0], "10110"] as const
        : [names[1], "20110"] as const;
      const proxied = ["--proxy-protocol", "127.0.0.1", "--port", `${proxy.ports[port]}`];
      const program = await RunningProgram.start([...options, ...proxied]);
      await proxy.ask(`set server pop3/${server} state ready`);
      await proxy.untilUp(server);
      return program;
    }, async () => {
      // The one before the last is not asked any more. Its port accepts in order: with our greeting, it has accepted all.
      const isGreen = starts % 2 === 1;
      await proxy.ask(`set server pop3/${names[isGreen ? 1 : 0]} state drain`);
      using client = await LoopbackClient.connect(proxy.ports[isGreen ? "20110" : "10110"]);
      await client.send("PROXY UNKNOWN\r\n");
      assertMatch(await client.readLine() ?? "", /^\+OK/);
      await client.command("QUIT");
    });
    const { cut, lost, refused, reset, finished, log } = outcome;
    assertEquals({ cut, lost, refused, reset }, { cut: 0, lost: 0, refused: 0, reset: 0 }, log);
    assert(finished >= 100 * UPGRADES, `${finished}`);
  },
  ["-v"],
);

await testWith(
  "haproxy",
  "a check writes no line to the log, and a server that refuses is replaced by the other at once",
  async () => {
    await using folder = await TemporaryFolder.create();
    await using proxy = await HaProxy.start(folder);
    const start = (port: "10110" | "20110") => {
      const proxied = ["--proxy-protocol", "127.0.0.1", "--port", `${proxy.ports[port]}`];
      return RunningProgram.start([...proxied], { POP3SVC_PASSWORD: "x" });
    };
    await using blue = await start("10110");
    await using green = await start("20110");
    for (const server of ["blue", "green"]) await proxy.untilUp(server);
    const { stderr } = await blue.end("SIGTERM");
    assertEquals(stderr.split("\n").filter((line) => !/ (exposed|start|ready|stop) /.test(line)), [
      "",
    ]);
    // Before a check has noticed it, every connection finds the other one.
    for (let count = 0; count < 6; count++) {
      using client = await LoopbackClient.connect(proxy.ports[110]);
      assertMatch(await client.readLine() ?? "", /^\+OK/);
      await client.command("QUIT");
    }
    assertMatch((await green.end("SIGTERM")).stderr, /info close .*address=127\.0\.0\.1 /);
  },
  ["-v"],
);
