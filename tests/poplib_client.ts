/** Python's poplib as a client: a mail client that somebody else wrote. */
import { run } from "./installed_program.ts";

const SCRIPT = `
import json, poplib, ssl, sys
given = json.load(sys.stdin)
context = ssl.create_default_context(cadata=given["ca"] or None)
if given["tls"] == "implicit":
    client = poplib.POP3_SSL("localhost", given["port"], context=context, timeout=30)
else:
    client = poplib.POP3("127.0.0.1" if given["tls"] == "none" else "localhost", given["port"], timeout=30)
if given["tls"] == "stls":
    client.stls(context)
try:
    client.user(given["username"])
    client.pass_(given["password"])
except poplib.error_proto as error:
    print(json.dumps({"refused": error.args[0].decode("latin1")}))
    sys.exit()
text = lambda lines: [line.decode("latin1") for line in lines]
uids = text(client.uidl()[1])
taken = {
    "refused": None,
    "uniqueIds": [line.split(" ")[1] for line in uids],
    "sizes": [int(line.split(" ")[1]) for line in text(client.list()[1])],
    "messages": ["".join(line + "\\r\\n" for line in text(client.retr(1 + n)[1])) for n in range(len(uids))],
}
for number in given["remove"]:
    client.dele(number)
try:
    taken["quit"] = client.quit().decode("latin1")
except poplib.error_proto as error:
    taken["quit"] = error.args[0].decode("latin1")
print(json.dumps(taken))
`;

/** How poplib logs in, and what it deletes. */
export interface PoplibOptions {
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  /** By default without TLS. The server must then be `localhost` by a certificate of the authority `ca`. */
  readonly tls?: "none" | "stls" | "implicit";
  readonly ca?: string;
  /** The numbers of the messages that it deletes at the end. */
  readonly remove?: readonly number[];
}

/** All that poplib reads in a session; or the refusal of its login. */
export type PoplibMail = { readonly refused: string } | {
  readonly refused: null;
  readonly uniqueIds: readonly string[];
  readonly sizes: readonly number[];
  /** With CRLF line ends, a character for each octet. */
  readonly messages: readonly string[];
  /** The reply to QUIT. */
  readonly quit: string;
};

/** Takes all mail. */
export async function readWithPoplib(options: PoplibOptions): Promise<PoplibMail> {
  const given = {
    username: "ann",
    password: "secret",
    tls: "none",
    ca: "",
    remove: [],
    ...options,
  };
  const stdout = await run(
    "python3",
    ["-c", SCRIPT],
    new TextEncoder().encode(JSON.stringify(given)),
  );
  return JSON.parse(new TextDecoder().decode(stdout));
}
