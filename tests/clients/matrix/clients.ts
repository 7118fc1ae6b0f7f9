/** How each client is run to fetch all mail and delete it. */
import { join } from "@std/path";
import Pop3Command from "node-pop3";
import { latin1 } from "../../../lib/testing/latin1.ts";
import { joined } from "../../protocol/chunks.ts";
import { run } from "../../installed_program.ts";
import type { Security, ServedMail } from "./mailbox.ts";

/** A POP3 client of another project. */
export interface Client {
  readonly name: string;
  /** The command that prints its version, and fails when it is not installed; null for one that comes with the tests. */
  readonly version: readonly [program: string, ...args: string[]] | null;
  readonly securities: readonly Security[];
  /** Fetches and deletes all messages. @returns the messages as the client stored them */
  fetch(mail: ServedMail, security: Security): Promise<Uint8Array[]>;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

async function filesBelow(folder: string): Promise<Uint8Array[]> {
  const files: Uint8Array[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile) files.push(await Deno.readFile(join(folder, name)));
  }
  return files;
}

async function maildir(path: string): Promise<string> {
  for (const name of ["new", "cur", "tmp"]) await Deno.mkdir(join(path, name), { recursive: true });
  return path;
}

const curl: Client = {
  name: "curl",
  version: ["curl", "--version"],
  securities: ["plain", "STLS", "TLS"],
  async fetch(mail, security) {
    const scheme = security === "TLS" ? "pop3s" : "pop3";
    const url = `${scheme}://localhost:${mail.port(security)}/`;
    const args = ["-sS", "-4", "-u", "me:passw0rd", "--cacert", mail.caFile];
    if (security === "STLS") args.push("--ssl-reqd");
    const list = decoder.decode(await run("curl", [...args, url])).trim().split("\n");
    const messages: Uint8Array[] = [];
    for (const line of list) {
      messages.push(await run("curl", [...args, url + line.split(" ")[0]]));
    }
    // Each run is a session of its own: after each deletion the next message has number 1.
    for (const _line of list) await run("curl", [...args, "-I", "-X", "DELE 1", url]);
    return messages;
  },
};

const poplib: Client = {
  name: "Python poplib",
  version: ["python3", "--version"],
  securities: ["plain", "STLS", "TLS"],
  async fetch(mail, security) {
    const script = `
import json, poplib, ssl, sys
context = ssl.create_default_context(cafile=${JSON.stringify(mail.caFile)})
port = ${mail.port(security)}
pop3 = poplib.POP3_SSL("localhost", port, context=context) if ${
      security === "TLS" ? "True" : "False"
    } else poplib.POP3("localhost", port)
if ${security === "STLS" ? "True" : "False"}: pop3.stls(context)
pop3.user("me"); pop3.pass_("passw0rd")
messages = []
for number in range(1, pop3.stat()[0] + 1):
    messages.append(b"".join(line + b"\\r\\n" for line in pop3.retr(number)[1]).hex())
    pop3.dele(number)
pop3.quit()
json.dump(messages, sys.stdout)
`;
    const messages: string[] = JSON.parse(decoder.decode(await run("python3", ["-c", script])));
    return messages.map((message) => Uint8Array.fromHex(message));
  },
};

const fetchmail: Client = {
  name: "fetchmail",
  version: ["fetchmail", "--version"],
  securities: ["plain", "STLS", "TLS"],
  async fetch(mail, security) {
    const inbox = join(mail.home, "inbox");
    await Deno.mkdir(inbox);
    const tls = {
      plain: "sslproto ''",
      STLS: `sslproto 'TLS1.2+' sslcertck sslcertfile '${mail.caFile}'`,
      TLS: `ssl sslcertck sslcertfile '${mail.caFile}'`,
    };
    const rc = join(mail.home, "fetchmailrc");
    await Deno.writeTextFile(
      rc,
      `set invisible
poll localhost protocol POP3 port ${mail.port(security)}
  user "me" password "passw0rd" ${tls[security]} fetchall no keep no rewrite no mimedecode
  mda "sh -c 'cat > $(mktemp ${inbox}/XXXXXX)'"
`,
      { mode: 0o600 },
    );
    await run("fetchmail", ["--nodetach", "--silent", "-f", rc, "-i", join(mail.home, "ids")]);
    return await filesBelow(inbox);
  },
};

const getmail: Client = {
  name: "getmail6",
  version: ["getmail", "--version"],
  securities: ["plain", "TLS"],
  async fetch(mail, security) {
    const inbox = await maildir(join(mail.home, "inbox"));
    // getmail refuses to deliver as root.
    if (Deno.uid() === 0) await run("chown", ["-R", "nobody", inbox]);
    const type = security === "TLS" ? "SimplePOP3SSLRetriever" : "SimplePOP3Retriever";
    await Deno.writeTextFile(
      join(mail.home, "getmailrc"),
      `[retriever]
type = ${type}
server = localhost
port = ${mail.port(security)}
username = me
password = passw0rd
${security === "TLS" ? `ca_certs = ${mail.caFile}` : ""}
[destination]
type = Maildir
path = ${inbox}/
${Deno.uid() === 0 ? "user = nobody" : ""}
[options]
delete = true
read_all = true
delivered_to = false
received = false
verbose = 0
`,
    );
    await run("getmail", ["--getmaildir", mail.home, "--rcfile", "getmailrc"]);
    return await filesBelow(join(inbox, "new"));
  },
};

const mpop: Client = {
  name: "mpop",
  version: ["mpop", "--version"],
  securities: ["plain", "STLS", "TLS"],
  async fetch(mail, security) {
    const inbox = await maildir(join(mail.home, "inbox"));
    await run("mpop", [
      "--host=localhost",
      `--port=${mail.port(security)}`,
      ...["--auth=user", "--user=me", "--passwordeval=echo passw0rd"],
      `--tls=${security === "plain" ? "off" : "on"}`,
      `--tls-starttls=${security === "STLS" ? "on" : "off"}`,
      ...(security === "plain" ? [] : [`--tls-trust-file=${mail.caFile}`]),
      ...["--keep=off", "--received-header=off", "--quiet", `--uidls-file=${mail.home}/uidls`],
      `--delivery=maildir,${inbox}`,
    ]);
    return await filesBelow(join(inbox, "new"));
  },
};

const mutt: Client = {
  name: "mutt",
  version: ["mutt", "-v"],
  securities: ["plain", "STLS", "TLS"],
  async fetch(mail, security) {
    const inbox = await maildir(join(mail.home, "inbox"));
    const scheme = security === "TLS" ? "pops" : "pop";
    const rc = join(mail.home, "muttrc");
    await Deno.writeTextFile(
      rc,
      `set mbox_type = Maildir
set spoolfile = "${inbox}"
set folder = "${mail.home}"
set pop_host = "${scheme}://me@localhost:${mail.port(security)}"
set pop_pass = "passw0rd"
set pop_delete = yes
set pop_authenticators = "user"
set ssl_starttls = ${security === "STLS" ? "yes" : "no"}
set ssl_force_tls = ${security === "STLS" ? "yes" : "no"}
set ssl_ca_certificates_file = "${mail.caFile}"
set certificate_file = "${mail.home}/certificates"
set quit = yes
push "<fetch-mail><exit>"
`,
    );
    // mutt needs a terminal, and must be its foreground process.
    const environment = ["SHELL=/bin/sh", "TERM=xterm", `HOME=${mail.home}`];
    const command = `exec mutt -n -F ${rc} -f ${inbox}`;
    await run("env", [...environment, "script", "-qec", command, "/dev/null"]);
    return [...await filesBelow(join(inbox, "new")), ...await filesBelow(join(inbox, "cur"))];
  },
};

const nodePop3: Client = {
  name: "node-pop3",
  version: null,
  securities: ["plain", "TLS"],
  async fetch(mail, security) {
    const client = new Pop3Command({
      host: "localhost",
      port: mail.port(security),
      user: "me",
      password: "passw0rd",
      tls: security === "TLS",
      servername: "localhost",
      tlsOptions: { ca: await Deno.readTextFile(mail.caFile) },
    });
    const messages: Uint8Array[] = [];
    for (const [number = ""] of await client.LIST()) {
      const [, stream] = await client.command("RETR", number);
      const chunks: Uint8Array[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      // node-pop3 removes the terminator and the line end before it, and leaves byte-stuffing to its caller.
      const text = latin1(joined([...chunks, encoder.encode("\r\n")]));
      const unstuffed = text.replaceAll(/^\.\./gm, ".");
      messages.push(Uint8Array.from(unstuffed, (character) => character.charCodeAt(0)));
      await client.command("DELE", number);
    }
    await client.QUIT();
    return messages;
  },
};

export const clients: readonly Client[] = [
  curl,
  fetchmail,
  getmail,
  mpop,
  mutt,
  poplib,
  nodePop3,
];
