/**
 * `deno task clients`: runs real clients, each of which fetches and deletes the same mail without TLS, with STLS and with
 * implicit TLS; compares what they have stored; and writes the table of docs/clients.md. A client that is not installed
 * is skipped with a warning. With --check nothing is written; the exit code is 1 when a client differs.
 */
import deno from "../../deno.json" with { type: "json" };
import { type Client, clients } from "./clients.ts";
import { compare, ServedMail, type Way, WAYS } from "./mailbox.ts";

const page = new URL("../../../docs/clients.md", import.meta.url);
const BEGIN = "<!-- run: deno task clients writes from here -->";
const END = "<!-- to here -->";

const rows: string[] = [];
let isGood = true;
for (const client of clients) {
  const version = await versionOf(client);
  if (version === null) {
    console.warn(`SKIPPED: ${client.name} is not installed`);
    continue;
  }
  const cells: string[] = [];
  for (const way of WAYS) {
    const cell = client.securities.includes(way.security)
      ? await verdictOf(client, way)
      : "cannot do it";
    console.log(`${client.name} ${version}, ${way.heading}: ${cell}`);
    cells.push(cell);
  }
  rows.push(`| ${[client.name, version, ...cells].join(" | ")} |`);
}
const table = [
  `| client | version | ${WAYS.map(({ heading }) => heading).join(" | ")} |`,
  `| --- | --- |${" --- |".repeat(WAYS.length)}`,
  ...rows,
].join("\n");
if (!Deno.args.includes("--check")) {
  const text = await Deno.readTextFile(page);
  const [before = "", rest = ""] = text.split(BEGIN);
  const after = rest.split(END)[1] ?? "";
  const made = `${BEGIN}\n\n${table}\n\n${END}`;
  await Deno.writeTextFile(page, `${before}${made}${after}`);
}
Deno.exit(isGood ? 0 : 1);

async function verdictOf(client: Client, { security, engine }: Way): Promise<string> {
  await using mail = await ServedMail.start(engine);
  try {
    const verdict = compare(await client.fetch(mail, security));
    const isDeleted = mail.isEmpty;
    isGood &&= isDeleted && verdict.startsWith("identical");
    return `${verdict}${isDeleted ? ", deleted" : ", NOT deleted"}`;
  } catch (error) {
    isGood = false;
    const reason = error instanceof Error ? error.message : String(error);
    return `FAILED: ${reason.replaceAll(/\s+/g, " ").slice(0, 200)}`;
  }
}

async function versionOf({ version }: Client): Promise<string | null> {
  if (version === null) return /[\d.]+$/.exec(deno.imports["node-pop3"])?.[0] ?? "unknown";
  const [program, ...args] = version;
  try {
    const { stdout, stderr } = await new Deno.Command(program, { args }).output();
    const decoder = new TextDecoder();
    return /\d+\.\d[\w.]*/.exec(decoder.decode(stdout) + decoder.decode(stderr))?.[0] ?? "unknown";
  } catch {
    return null;
  }
}
