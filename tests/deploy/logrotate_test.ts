/** The shipped rotation, by the real logrotate, while a real server writes its logs. */
import { assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { run, testWith } from "../installed_program.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { untilText } from "../until_text.ts";

const shipped = fromFileUrl(new URL("../../deploy/logrotate/pop3svc", import.meta.url));

async function logIn(port: number): Promise<void> {
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  await client.command("QUIT");
}

/** Runs a program with a `systemctl` that sends the signal to our process, since no systemd runs here. */
async function withSystemctl(folder: string, pid: number, command: readonly string[]) {
  const bin = join(folder, "bin");
  await Deno.mkdir(bin, { recursive: true });
  const stub = `#!/bin/sh
echo "$@" >>"${folder}/systemctl"
case "$*" in *--signal=HUP\\ pop3svc.service) kill -HUP ${pid} ;; *) exit 1 ;; esac
`;
  await Deno.writeTextFile(join(bin, "systemctl"), stub, { mode: 0o755 });
  await run("env", [`PATH=${bin}:${Deno.env.get("PATH")}`, ...command]);
}

await testWith(
  "logrotate",
  "logrotate rotates both logs; the server goes on in the new files, and no line is lost",
  async () => {
    await using folder = await TemporaryFolder.create();
    const at = (name: string) => join(folder.path, name);
    await Deno.mkdir(at("logs"), { mode: 0o750 });
    const decoder = new TextDecoder();
    const own = async (flag: string) => decoder.decode(await run("id", [flag])).trim();
    const config = (await Deno.readTextFile(shipped))
      .replace("/var/log/pop3svc/", `${at("logs")}/`)
      .replace("su vmail vmail", `su ${await own("-un")} ${await own("-gn")}`);
    await Deno.writeTextFile(at("config"), config, { mode: 0o644 });

    const log = at("logs/pop3svc.log");
    const wire = at("logs/wire.log");
    await using program = await RunningProgram.start(["--log-file", log, "--wire-log", wire]);
    await logIn(program.port);
    await untilText(log, / close .*\n$/);
    await untilText(wire, /# closed: quit\n/);
    const logrotate = ["logrotate", "--state", at("state"), at("config")];
    await run("logrotate", [...logrotate.slice(1), "--debug"]);
    assertEquals(folder.names("logs"), ["pop3svc.log", "wire.log"]);
    await withSystemctl(folder.path, program.pid, [...logrotate, "--force"]);
    await untilText(log, / reload\n$/);
    assertEquals(folder.names("logs"), ["pop3svc.log", "pop3svc.log.1", "wire.log", "wire.log.1"]);
    assertEquals(((await Deno.stat(log)).mode ?? 0) & 0o777, 0o640);

    await logIn(program.port);
    await program.end("SIGTERM");
    const logs = await Promise.all([`${log}.1`, log].map((name) => Deno.readTextFile(name)));
    assertEquals(logs.map((text) => text.match(/ login /g)?.length), [1, 1]);
    const wires = await Promise.all([`${wire}.1`, wire].map((name) => Deno.readTextFile(name)));
    assertEquals(wires.map((text) => text.match(/^CONNECT$/gm)?.length), [1, 1]);
    assertMatch(
      await Deno.readTextFile(at("systemctl")),
      /^kill --kill-who=main --signal=HUP pop3svc\.service\nkill .* pop3svc@\*\.service\n$/,
    );
  },
);
