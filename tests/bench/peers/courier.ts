/**
 * Courier, which cannot be installed beside Dovecot: it runs from a folder with its unpacked packages, in namespaces of
 * its own. Its mail must have lines that end in LF, as its own delivery stores them: for a line that ends in CRLF on
 * the disk it sends CR CR LF.
 */
import { fromFileUrl, join, resolve } from "@std/path";
import { PASSWORD, writeWithLf } from "./corpus.ts";
import { type Bench, freePort, type Peer, untilAccepting } from "./peers.ts";

/** Courier with a copy of the mail and its defaults except limits; null, and a line that says why, if it cannot be had. */
export async function courier({ folder, corpus }: Bench, packages: string): Promise<Peer | null> {
  const version = await versionIn(packages);
  if (version === null || Deno.uid() !== 0) {
    console.error(
      "SKIPPED: Courier needs root and its packages " +
        "(sh tests/bench/peers/unpack_courier.sh FOLDER, then --courier=FOLDER)",
    );
    return null;
  }
  console.error("Courier serves a copy of the mail whose lines end in LF…");
  const root = join(folder, "mail-lf");
  await writeWithLf(corpus, root);
  return {
    name: `Courier ${version}`,
    root,
    async start() {
      const log = await Deno.makeTempFile({ dir: folder, prefix: "courier-", suffix: ".log" });
      const [port, tlsPort] = [freePort(), freePort()];
      const script = fromFileUrl(new URL("start_courier.sh", import.meta.url));
      const places = [resolve(packages), folder, root, log];
      const process = new Deno.Command("unshare", {
        args: [
          ...["--mount", "--pid", "--fork", "sh", script],
          ...[...places, await hashed(PASSWORD), `${port}`, `${tlsPort}`],
        ],
        clearEnv: true,
        env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
        stdin: "piped",
        stdout: "null",
        stderr: "null",
      }).spawn();
      for (const each of [port, tlsPort]) {
        await untilAccepting(each, () => Deno.readTextFileSync(log));
      }
      return {
        pid: process.pid,
        port,
        tlsPort,
        async [Symbol.asyncDispose]() {
          await process.stdin.close();
          await process.status;
        },
      };
    },
  };
}

async function versionIn(packages: string): Promise<string | null> {
  try {
    return (await Deno.readTextFile(join(packages, "version"))).split("-")[0] ?? null;
  } catch {
    return null;
  }
}

/** A hash that costs next to nothing; the other servers have the password in plain text, which Courier cannot. */
async function hashed(password: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(password));
  return `{SHA}${new Uint8Array(digest).toBase64()}`;
}
