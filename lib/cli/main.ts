/** The way in: says what is wrong in one line, and gives the exit code. */
import { check } from "./check.ts";
import { CliError } from "./cli_error.ts";
import { readCommandLine } from "./command_line.ts";
import { complain } from "./output.ts";
import { helpText, versionText } from "./help.ts";
import { SAMPLE_MAILBOX } from "./provider_of_options.ts";
import { serve } from "./serve.ts";

/** @returns 0; 1 when something outside is not as it must be; 2 for a wrong option or value */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const wish = await readCommandLine(args);
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
        await status(wish.options);
        return 0;
      }
      case "check":
        await check(wish.mailbox ?? SAMPLE_MAILBOX, wish.options);
        return 0;
    }
  } catch (error) {
    if (error instanceof CliError) {
      await complain(`pop3svc: ${error.message}`);
      return error.exitCode;
    }
    await complain(error instanceof Error && error.stack !== undefined ? error.stack : `${error}`);
    return 1;
  }
}
