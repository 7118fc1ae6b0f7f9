/**
 * `deno task prove FOLDER`: proves every octet, size, TOP, unique-id and deletion of a folder of messages or a Maildir,
 * over real sessions with a server of its own. It works on a copy. The exit code is 1 when something is wrong.
 */
import { folderMailbox, maildirMailbox, Pop3Listener, SingleUserProvider } from "../../lib/mod.ts";
import { seenFormat } from "../../lib/mailbox/open_mailbox.ts";
import { prove, ProveError } from "./prove.ts";

/** Serves a folder in this process. */
export async function serveHere(folder: string) {
  const options = { settleTime: 0 };
  const mailbox = await seenFormat(folder) === "maildir"
    ? maildirMailbox(folder, options)
    : folderMailbox(folder, options);
  const pop3 = new Pop3Listener({
    provider: new SingleUserProvider({
      username: "me",
      password: "passw0rd",
      openMailbox: () => mailbox,
    }),
    maxConnectionRatePerIp: 1_000,
  });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  return { port, [Symbol.asyncDispose]: () => pop3.stop() };
}

if (import.meta.main) {
  const [folder] = Deno.args;
  if (folder === undefined) {
    console.error("give the folder of messages, or the Maildir, that shall be proved");
    Deno.exit(2);
  }
  const { messages, octets, faults, leftOut } = await prove(folder, serveHere).catch((error) => {
    if (!(error instanceof ProveError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  });
  console.log(`${messages} messages, ${octets} octets: ${faults.length} faults`);
  for (const each of leftOut) console.log(`  left out: ${each}`);
  for (const fault of faults) console.log(`  ${fault}`);
  if (faults.length > 0) Deno.exit(1);
}
