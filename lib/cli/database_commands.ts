/** The commands that change a database: `pop3svc postgres migrate`, `add-user` and `import`, and `pop3svc deliver`. */
import type { PostgresDatabase } from "../postgres/mod.ts";
import { counted, printable, reasonOf } from "../program.ts";
import { CliError } from "./cli_error.ts";
import type { DatabaseWish } from "./command_line.ts";
import type {
  AddUserOptions,
  DeliverOptions,
  ImportOptions,
  MigrateOptions,
} from "./command_options.ts";
import { openDatabase, placeText } from "./database_of_options.ts";

/** @throws {CliError} that says what could not be done */
export async function runDatabaseCommand(wish: DatabaseWish): Promise<0> {
  const url = wish.options.postgres;
  await using database = await openDatabase(url, { connections: 1 });
  const place = placeText(url ?? "");
  switch (wish.type) {
    case "migrate":
      await answered(place, () => migrateTables(database, wish.options));
      return 0;
    case "add-user":
      await addUser(database, place, wish.user, wish.options);
      return 0;
    case "import":
      await answered(place, () => importMail(database, wish.user, wish.mailbox, wish.options));
      return 0;
    case "deliver":
      await deliverMessage(database, wish.user, wish.options);
      return 0;
  }
}

async function migrateTables(
  database: PostgresDatabase,
  { "server-role": serverRole, "delivery-role": deliveryRole }: MigrateOptions,
): Promise<void> {
  const { migrate } = await import("../postgres/mod.ts");
  const { from, to } = await migrate(database, {
    ...(serverRole === null ? {} : { serverRole }),
    ...(deliveryRole === null ? {} : { deliveryRole }),
  });
  const before = from === 0 ? "there were none" : `they had ${from}`;
  say(from === to ? `the tables have version ${to} already` : `version ${to}; ${before}`);
  for (const role of [serverRole, deliveryRole]) {
    if (role !== null) say(`${role} has its rights`);
  }
}

async function addUser(
  database: PostgresDatabase,
  place: string,
  user: string,
  options: AddUserOptions,
): Promise<void> {
  const { addAccount, AccountExistsError } = await import("../postgres/mod.ts");
  const hash = options.hash ?? await (await import("./hash.ts")).askedHash(options);
  const usernameCase = options["username-case"];
  try {
    await answered(
      place,
      () => addAccount(database, fullName(user, options), hash, { usernameCase }),
    );
  } catch (error) {
    const cause = error instanceof CliError ? error.cause : error;
    // What is wrong with a hash repeats nothing of it but its scheme.
    if (cause instanceof SyntaxError) throw CliError.usage(`--hash: ${cause.message}`);
    if (!(cause instanceof AccountExistsError)) throw error;
    throw CliError.environment(`${user}: ${cause.message} already`, cause);
  }
  say(`${user} may log in`);
}

async function importMail(
  database: PostgresDatabase,
  user: string,
  path: string,
  options: ImportOptions,
): Promise<void> {
  const { importMailbox, NoSuchUserError } = await import("../postgres/mod.ts");
  const { mailboxToImport } = await import("./mailbox_to_import.ts");
  const { mailbox, leftOut } = await mailboxToImport(path, options.format);
  try {
    const { added, known } = await importMailbox(database, fullName(user, options), mailbox, {
      usernameCase: options["username-case"],
    });
    say(`${counted(added, "message")} added, ${known} were there already`);
  } catch (error) {
    if (!(error instanceof NoSuchUserError)) throw error;
    throw CliError.environment(`${user}: ${error.message}; add it first`, error);
  }
  if (leftOut.length > 0) throw CliError.environment(`NOT IMPORTED: ${leftOut.join("; ")}`);
}

/** Its errors are for the sender of the message, too: they name no machine and no file. */
async function deliverMessage(
  database: PostgresDatabase,
  user: string,
  options: DeliverOptions,
): Promise<void> {
  const { deliver, NoSuchUserError, SchemaVersionError } = await import("../postgres/mod.ts");
  const usernameCase = options["username-case"];
  try {
    await deliver(database, fullName(user, options), given(Deno.stdin.readable), { usernameCase });
  } catch (error) {
    if (error instanceof CliError) throw error;
    if (error instanceof SchemaVersionError) {
      throw CliError.tryLater(`the message cannot be stored now: ${error.message}`, error);
    }
    if (error instanceof NoSuchUserError) throw CliError.noUser(`${user}: ${error.message}`, error);
    const code = codeOf(error);
    throw CliError.tryLater(
      `the message cannot be stored now${code === null ? "" : ` (${code})`}`,
      error,
    );
  }
}

/** A message has a header at least: an empty one comes from a mistake in what runs the command. */
async function* given(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isEmpty = true;
  for await (const chunk of input) {
    isEmpty &&= chunk.length === 0;
    yield chunk;
  }
  if (isEmpty) throw CliError.noMessage("there is no message: standard input is empty");
}

/** Runs a command, and says in one line why the database does not do it. */
async function answered(place: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw CliError.environment(`${place}: ${reasonOf(error)}`, error);
  }
}

function fullName(
  name: string,
  { "default-domain": domain }: Pick<DeliverOptions, "default-domain">,
): string {
  return domain === null || name.includes("@") ? name : `${name}@${domain}`;
}

/** The SQLSTATE, or the name that the system has for the error; it is in the cause of what a client would hear. */
function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if ("code" in error && typeof error.code === "string" && /^[A-Z0-9]+$/.test(error.code)) {
    return error.code;
  }
  return codeOf(error.cause);
}

function say(line: string): void {
  console.log(printable(line));
}
