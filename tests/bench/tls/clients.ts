/** How long real clients take for a session over implicit TLS, from their start to their end. */
import { join } from "@std/path";
import { run } from "../../installed_program.ts";
import { PASSWORD } from "../peers/corpus.ts";
import { isInstalled } from "../peers/peers.ts";

/** A client, and what it does in one session at a port. */
export interface RealClient {
  readonly name: string;
  readonly visit: (port: number) => Promise<unknown>;
}

const VISIT_BY_POPLIB = `
import poplib, ssl, sys
pop3 = poplib.POP3_SSL("localhost", int(sys.argv[1]), context=ssl.create_default_context(cafile=sys.argv[2]))
pop3.user("few"); pop3.pass_(sys.argv[3]); pop3.stat(); pop3.quit()
`;

/** Those that are installed. `ca` is the certificate of the authority, `folder` a place for what they write. */
export async function realClients(ca: string, folder: string): Promise<readonly RealClient[]> {
  const mpoprc = (port: number) =>
    [
      ...["account default", "host localhost", `port ${port}`, "user few", "auth user"],
      ...["tls on", "tls_starttls off", `tls_trust_file ${ca}`, `password ${PASSWORD}`],
      ...[`delivery mbox ${join(folder, "mbox")}`, "keep on", ""],
    ].join("\n");
  const fetchmailrc = (port: number) =>
    `poll localhost protocol pop3 port ${port} user few password ${PASSWORD} ssl ` +
    `sslcertck sslcertfile "${ca}" keep fetchall mda "cat >/dev/null"\n`;
  const withFile = async (name: string, text: string, work: (path: string) => Promise<unknown>) => {
    const path = join(folder, name);
    await Deno.writeTextFile(path, text, { mode: 0o600 });
    await work(path);
  };
  const known: readonly (RealClient & { readonly probe: readonly [string, string] })[] = [
    {
      name: "openssl s_client",
      probe: ["openssl", "version"],
      visit: (port) =>
        run(
          "openssl",
          ["s_client", "-connect", `localhost:${port}`, "-CAfile", ca, "-quiet"],
          new TextEncoder().encode(`XLOG few ${PASSWORD}\r\nSTAT\r\nQUIT\r\n`),
        ),
    },
    {
      name: "curl",
      probe: ["curl", "--version"],
      visit: (port) =>
        run("curl", ["-sS", "--cacert", ca, "-u", `few:${PASSWORD}`, `pop3s://localhost:${port}`]),
    },
    {
      name: "poplib (Python)",
      probe: ["python3", "--version"],
      visit: (port) => run("python3", ["-c", VISIT_BY_POPLIB, `${port}`, ca, PASSWORD]),
    },
    {
      name: "mpop",
      probe: ["mpop", "--version"],
      visit: (port) =>
        withFile(
          "mpoprc",
          mpoprc(port),
          (path) =>
            run("mpop", [`--file=${path}`, "--quiet", `--uidls-file=${join(folder, "uids")}`]),
        ),
    },
    {
      name: "fetchmail",
      probe: ["fetchmail", "--version"],
      visit: (port) =>
        withFile(
          "fetchmailrc",
          fetchmailrc(port),
          (path) =>
            run("fetchmail", ["--nodetach", "--silent", "-f", path, "-i", join(folder, "ids")]),
        ),
    },
  ];
  const there = await Promise.all(
    known.map(({ probe: [program, argument] }) => isInstalled(program, argument)),
  );
  return known.filter((_client, index) => there[index]);
}
