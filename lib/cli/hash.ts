/** `pop3svc hash`: reads a password and prints its hash for a users file. */
import { decodeText, hashPassword, linesOf, prepared, reasonOf } from "../program.ts";
import { CliError } from "./cli_error.ts";
import type { HashOptions } from "./command_options.ts";
import { promptPassword } from "./prompt_password.ts";

/** @throws {CliError} when there is no password */
export async function hash(options: HashOptions): Promise<void> {
  console.log(await askedHash(options));
}

/**
 * The hash of a password that somebody types, or that is the first line of standard input.
 *
 * @throws {CliError} when there is no password
 */
export async function askedHash({ scheme }: HashOptions): Promise<string> {
  const password = Deno.stdin.isTerminal() ? askTwice() : await firstLineOfInput();
  if (password === "") {
    throw CliError.environment("an empty password is never accepted: give another");
  }
  return await hashPassword(await prepared(password), scheme);
}

function askTwice(): string {
  const password = promptPassword("Password: ");
  if (promptPassword("Again: ") === password) return password;
  throw CliError.environment("the two passwords differ: try again");
}

async function firstLineOfInput(): Promise<string> {
  const octets = await new Response(Deno.stdin.readable).bytes();
  try {
    return linesOf(decodeText(octets)).at(0) ?? "";
  } catch (error) {
    throw CliError.environment(`the password: ${reasonOf(error)}`, error);
  }
}
