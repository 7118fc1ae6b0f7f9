/** `pop3svc hash`: reads a password, prints its hash for a users file. */
import { hashPassword } from "../auth/passwords/slow_hashes.ts";
import { CliError } from "./cli_error.ts";
import type { HashOptions } from "./options.ts";
import { promptPassword } from "./prompt_password.ts";

/** @throws {CliError} when there is no password */
export async function hash({ scheme }: HashOptions): Promise<void> {
  const password = Deno.stdin.isTerminal() ? askTwice() : await firstLineOfInput();
  if (password === "") throw CliError.environment("an empty password lets nobody in: give another");
  console.log(await hashPassword(password, scheme));
}

function askTwice(): string {
  const password = promptPassword("Password: ");
  if (promptPassword("Again: ") === password) return password;
  throw CliError.environment("the two passwords differ: try again");
}

async function firstLineOfInput(): Promise<string> {
  return (await new Response(Deno.stdin.readable).text()).split(/\r?\n/, 1).join("");
}
