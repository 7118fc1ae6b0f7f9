/**
 * A soak: `deno task soak [SECONDS] [--only PART,PART]`, 60 seconds by default.
 *
 * One server, as a child with the permissions of the executable, gets all troubles at the same time: resets, half-open
 * connections, password guessers, a full disk, a log that nobody reads, a user who swaps files for links and FIFOs, and
 * new mail. At the end all mail must be right, octet for octet, and the process must not have more descriptors than
 * before. It uses loopback only, ends by itself, and exits with 1 when something was wrong.
 */
import { parseArgs } from "@std/cli";
import { TemporaryFolder } from "../temporary_folder.ts";
import { LOGIN_SECONDS } from "./limits.ts";
import { compare, deliverer } from "./parts/deliverer.ts";
import { fullDisk } from "./parts/full_disk.ts";
import { guessers } from "./parts/guessers.ts";
import { halfOpen } from "./parts/half_open.ts";
import { links } from "./parts/links.ts";
import { logReader } from "./parts/log_reader.ts";
import { resets } from "./parts/resets.ts";
import { messageOf, Soak, type SoakPart } from "./soak.ts";
import { SoakClient } from "./soak_client.ts";
import { PASSWORD, SoakMail } from "./soak_mail.ts";
import { type Descriptors, SoakServer } from "./soak_server.ts";

const parts: readonly SoakPart[] = [
  deliverer,
  resets,
  halfOpen,
  guessers,
  logReader,
  fullDisk,
  links,
];

/** How long the server may take to close the connections of peers that are gone. */
const CLOSING_MS = 20_000;

function chosenParts(names: string | undefined): SoakPart[] {
  if (names === undefined) return [...parts];
  return names.split(",").map((name) => {
    const part = parts.find((each) => each.name === name);
    if (part !== undefined) return part;
    throw new RangeError(`no part ${name}; there are ${parts.map((each) => each.name).join(", ")}`);
  });
}

function possibleParts(chosen: readonly SoakPart[]): SoakPart[] {
  return chosen.filter(({ name, whyNot }) => {
    const reason = whyNot?.() ?? null;
    if (reason !== null) console.error(`SKIPPED: ${name}: ${reason}`);
    return reason === null;
  });
}

async function runPart(soak: Soak, part: SoakPart): Promise<void> {
  try {
    await part.run(soak);
  } catch (error) {
    soak.fail(part.name, messageOf(error));
  }
}

/** Makes the server load and open everything that it loads only once, before descriptors are counted. */
async function warmUp(soak: Soak): Promise<void> {
  for (const tls of [false, true]) {
    for (const user of ["joe", "ann"] as const) {
      using client = await SoakClient.connect(soak, "198.51.100.8", tls);
      await client.mustSay(`XLOG ${user} ${PASSWORD}`);
      if ((await client.uniqueIds()).length > 0) await client.listing("RETR 1");
      await client.mustSay("QUIT");
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 1_000));
}

/** Checks the mail of joe and ann, who have caused no trouble. */
async function checkMail(soak: Soak): Promise<void> {
  for (const user of ["joe", "ann"] as const) {
    using client = await SoakClient.connect(soak, "198.51.100.9");
    await client.mustSay(`XLOG ${user} ${PASSWORD}`);
    const shown = await client.uniqueIds();
    const missing = new Set(soak.mail.expected(user).keys()).difference(new Set(shown));
    if (missing.size > 0) soak.fail("mail", `${missing.size} messages of ${user} are not there`);
    for (const [at, uniqueId] of shown.entries()) {
      await compare(soak, client, user, at + 1, uniqueId);
    }
    await client.mustSay("QUIT");
  }
}

async function checkDescriptors(soak: Soak, before: Descriptors): Promise<void> {
  const deadline = performance.now() + CLOSING_MS;
  for (;;) {
    const now = soak.server.descriptors();
    const lost = ["sockets", "files"].map((kind) => {
      return [kind, (now.get(kind) ?? 0) - (before.get(kind) ?? 0)] as const;
    }).filter(([, count]) => count > 0);
    if (lost.length === 0) return;
    if (performance.now() >= deadline) {
      for (const [kind, count] of lost) soak.fail("descriptors", `${count} ${kind} are still open`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function main(args: readonly string[]): Promise<number> {
  const { only, _: [seconds = 60] } = parseArgs([...args], { string: ["only"] });
  if (typeof seconds !== "number" || seconds < 1) throw new RangeError("SECONDS is a number");
  const chosen = possibleParts(chosenParts(typeof only === "string" ? only : undefined));
  await using folder = await TemporaryFolder.create();
  const mail = await SoakMail.create(folder.path);
  for (let count = 0; count < 5; count++) mail.deliver("ann");
  mail.deliver("joe");
  await using server = await SoakServer.start([
    ...["--port", "0", "--tls-port", "0", "--proxy-protocol", "127.0.0.1/32"],
    ...["--users", mail.path("users"), "--mail-root", mail.path("mail")],
    ...["--cert", mail.path("cert.pem"), "--key", mail.path("key.pem")],
    ...["--allow-insecure-login", "--login-timeout", `${LOGIN_SECONDS}`, "--log-level", "debug"],
  ], mail.path("state"));
  await warmUp(new Soak(server, mail, 10));
  const before = server.descriptors();
  const soak = new Soak(server, mail, seconds);
  await Promise.all(chosen.map((part) => runPart(soak, part)));
  server.goOnReading();
  if (server.hasEnded) {
    soak.fail("server", `it has ended; its last lines: ${server.lastLines.slice(-3).join(" / ")}`);
  } else {
    await checkMail(soak).catch((error: unknown) => soak.fail("mail", messageOf(error)));
    await checkDescriptors(soak, before);
  }
  return report(soak, chosen, seconds);
}

function report(soak: Soak, chosen: readonly SoakPart[], seconds: number): number {
  for (const [what, count] of soak.done) console.log(`${what}: ${count}`);
  const names = [...chosen.map(({ name }) => name), "mail", "descriptors"];
  const failed = names.filter((name) => soak.failuresOf(name) > 0);
  const verdicts = names.map((name) => `${name} ${failed.includes(name) ? "FAILED" : "ok"}`);
  const ended = soak.server.hasEnded ? "the server ENDED; " : "";
  console.log(`soak of ${seconds} s: ${ended}${verdicts.join(", ")}`);
  return soak.failures > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
