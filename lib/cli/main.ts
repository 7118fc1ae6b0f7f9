/** Runs the command that the arguments name, prints errors in one line, and gives the exit code. */
import { CliError } from "./cli_error.ts";
import { readCommandLine, type Wish } from "./command_line.ts";
import { complain } from "./output.ts";
import { helpText, versionText } from "./help.ts";
import { flagsOf, missingPermissions, permissionsFor } from "./permissions.ts";
import { serve } from "./serve.ts";

/**
 * @returns 0; 1 for a problem of the machine, such as a port in use; 2 for a wrong option or value. `deliver` has the codes
 * of sysexits(3).
 */
export async function main(args: readonly string[]): Promise<number> {
  let wish: Wish | null = null;
  try {
    wish = await readCommandLine(args);
    ensurePermitted(wish);
    switch (wish.type) {
      case "help":
        console.log(helpText());
        return 0;
      case "version":
        console.log(versionText());
        return 0;
      case "serve":
        await serve(wish.mailbox, wish.options);
        return 0;
      case "hash": {
        const { hash } = await import("./hash.ts");
        await hash(wish.options);
        return 0;
      }
      case "status": {
        const { status } = await import("./status.ts");
        return await status(wish.options);
      }
      case "check": {
        const { check } = await import("./check.ts");
        return await check(wish.mailbox, wish.options);
      }
      default: {
        const { runDatabaseCommand } = await import("./database_commands.ts");
        return await runDatabaseCommand(wish);
      }
    }
  } catch (error) {
    const told = error instanceof Deno.errors.NotCapable
      ? CliError.environment(error.message, error)
      : error;
    if (told instanceof CliError) {
      await complain(`pop3svc: ${told.message}`);
      return exitCodeOf(told, wish);
    }
    await complain(told instanceof Error && told.stack !== undefined ? told.stack : `${told}`);
    return wish?.type === "deliver" ? TRY_LATER : 1;
  }
}

const TRY_LATER = 75;

/** With a right command line, all that a delivery needs can be repaired, so that the mail server keeps the message. */
function exitCodeOf({ exitCode }: CliError, wish: Wish | null): number {
  return wish?.type === "deliver" && exitCode <= 2 ? TRY_LATER : exitCode;
}

/** Checks all permissions before anything is opened, so that one message names all that are missing. */
function ensurePermitted(wish: Wish): void {
  const missing = flagsOf(missingPermissions(permissionsFor(wish)));
  if (missing.length === 0) return;
  throw CliError.environment(
    `this command needs more permissions of Deno: add ${missing.join(" ")}; or -A for all`,
  );
}
