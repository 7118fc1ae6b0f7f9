/**
 * The shipped filter finds the lines of refused logins that the program writes, in each place where fail2ban may read
 * them, and nothing that a client has chosen.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { run, testWith } from "../installed_program.ts";
import { JournaledProgram, noJournal } from "../journaled_program.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const deploy = fromFileUrl(new URL("../../deploy/fail2ban/", import.meta.url));
const filter = join(deploy, "pop3svc.conf");

const FORGED = "198.51.100.1";
const text = `warn login-failed connection=1 address=${FORGED} user=me`;
const json =
  `"level":"warn","event":"login-failed","connection":"1","address":"${FORGED}","user":"me"`;
/** Names with which a client tries to have another address banned. */
const names = [
  "me",
  text,
  `x\n2026-11-25T00:00:00.000Z ${text}`,
  `x\r\nNov 26 07:15:02 host pop3svc[1]: ${text}`,
  `host pop3svc[1]: ${text}`,
  `{"time":"2026-11-25T00:00:00.000Z",${json}`,
  `",${json}`,
  `<4>${text}`,
];
/** The clients, as a proxy names them. */
const addresses = ["192.0.2.7", "2001:db8::7"];
const ARGS = [
  ...["--proxy-protocol", "127.0.0.1", "--allow-insecure-login"],
  ...["--ban-after", "1", "--log-level", "debug"],
];
const ENV = { POP3SVC_PASSWORD: "right" };

/** Each client says a wrong password for each name, is banned for it, and goes on. */
async function attack(port: number): Promise<void> {
  await Promise.all(addresses.flatMap((address) =>
    names.map(async (name) => {
      using client = await LoopbackClient.connect(port);
      const family = address.includes(":") ? "TCP6 2001:db8::1" : "TCP4 192.0.2.1";
      const [kind, own] = family.split(" ");
      await client.send(`PROXY ${kind} ${address} ${own} 40000 110\r\n`);
      await client.readLine();
      const forged = [...new TextEncoder().encode(`\0${name}\0wrong`)];
      await client.command("AUTH PLAIN");
      await client.command(btoa(String.fromCharCode(...forged)));
      await client.command(`${text}`);
      await client.command(`USER ${text}`);
      await client.command("QUIT");
    })
  ));
}

/** The addresses that fail2ban finds. */
async function foundIn(log: string, ...options: readonly string[]): Promise<readonly string[]> {
  const said = await run("fail2ban-regex", [...options, "--out", "ip", log, filter]);
  const found = new TextDecoder().decode(said).split("\n").map((line) => line.trim());
  return found.filter((line) => line !== "");
}

function assertFound(found: readonly string[]): void {
  assertEquals([...new Set(found)].sort(), addresses);
  // At the least, each client was refused once as wrong and once as banned.
  for (const address of addresses) {
    // The line that counts further refusals has the address; for IPv6, it has a network, which the jail cannot ban.
    const least = address.includes(":") ? 2 : 3;
    assertEquals(found.filter((each) => each === address).length >= least, true, found.join(" "));
  }
}

for (const format of ["text", "json"]) {
  await testWith("fail2ban-regex", `fail2ban reads --log-file in ${format}`, async () => {
    await using folder = await TemporaryFolder.create();
    const log = join(folder.path, "pop3svc.log");
    const args = [...ARGS, "--log-file", log, "--log-format", format];
    await using program = await RunningProgram.start(args, ENV);
    await attack(program.port);
    await program.end("SIGTERM");
    const written = await Deno.readTextFile(log);
    assertMatch(written, /left-out.*banned/);
    assertMatch(written, new RegExp(`${FORGED}`));
    assertFound(await foundIn(log));
  });

  if (noJournal !== null) console.warn(`SKIPPED: fail2ban and the journal need ${noJournal}`);
  if (noJournal === null) {
    await testWith(
      "fail2ban-regex",
      `fail2ban reads the journal, and syslog, in ${format}`,
      async () => {
        await using folder = await TemporaryFolder.create();
        const args = [...ARGS, "--log-format", format];
        await using journaled = await JournaledProgram.start(folder.path, args, ENV);
        await attack(journaled.program.port);
        await journaled.program.end("SIGTERM");
        const entries = (await journaled.read("json")).trim().split("\n")
          .map((line) => JSON.parse(line));
        const ofLogins = entries.filter(({ MESSAGE }) => /login-failed/.test(MESSAGE));
        // The journal has taken the priorities from the lines.
        assertEquals(new Set(entries.map(({ MESSAGE }) => MESSAGE[0] === "<")), new Set([false]));
        assertEquals(
          new Set(
            ofLogins.filter(({ MESSAGE }) => /^(warn|\{"level":"warn)/.test(MESSAGE))
              .map(({ PRIORITY }) => PRIORITY),
          ),
          new Set(["4"]),
        );
        for (const syslog of ["short", "short-iso-precise"]) {
          const log = join(folder.path, syslog);
          const lines = await journaled.read(syslog);
          assertMatch(lines, / pop3svc\[\d+\]: (warn|\{"level":"warn)/);
          await Deno.writeTextFile(log, lines);
          assertFound(await foundIn(log));
        }
        if (!await hasPythonJournal()) {
          return console.warn("SKIPPED: backend=systemd needs python3-systemd");
        }
        // There is no systemd here that would give the program a unit.
        const journal = `systemd-journal[journalpath="${journaled.journal}"]`;
        assertFound(await foundIn(journal, "--journalmatch", "SYSLOG_IDENTIFIER=pop3svc"));
      },
    );
  }
}

/** Debian's fail2ban runs by Debian's Python. */
async function hasPythonJournal(): Promise<boolean> {
  try {
    await run("/usr/bin/python3", ["-c", "import systemd.journal"]);
    return true;
  } catch {
    return false;
  }
}

await testWith(
  "fail2ban-client",
  "the shipped jail and filter are a configuration of fail2ban",
  async () => {
    await using folder = await TemporaryFolder.create();
    const at = (name: string) => join(folder.path, name);
    await run("cp", ["-r", "/etc/fail2ban", at("fail2ban")]);
    await run("cp", [filter, at("fail2ban/filter.d/pop3svc.conf")]);
    await run("cp", [join(deploy, "jail.conf"), at("fail2ban/jail.d/pop3svc.conf")]);
    const said = await run("fail2ban-client", ["-c", at("fail2ban"), "-d"]);
    const dump = new TextDecoder().decode(said);
    assertMatch(dump, /'add', 'pop3svc', 'systemd'/);
    assertMatch(
      dump,
      /'pop3svc', 'addjournalmatch', '_SYSTEMD_UNIT=pop3svc\.service', '\+', '_SYSTEMD_SLICE=system-pop3svc\.slice'/,
    );
    assertMatch(dump, /'set', 'pop3svc', 'maxretry', 10/);
    assertMatch(dump, /'pop3svc', 'addaction', 'nftables-multiport'/);
    // Debian's own jail must not keep fail2ban from starting where there is no rsyslog.
    assertMatch(dump, /'add', 'sshd', 'systemd'/);
  },
);
