/** What `--help` and `--version` print. */
import deno from "../../deno.json" with { type: "json" };
import { type Option, serveOptions } from "./options.ts";

/** Version of the program, of Deno, and the target. */
export function versionText(): string {
  return `pop3svc ${deno.version} (deno ${Deno.version.deno}, ${Deno.build.target})`;
}

/** The whole page. */
export function helpText(): string {
  const options = Object.entries<Option<unknown>>(serveOptions).map(([name, option]) => {
    const left = option.placeholder === null ? `--${name}` : `--${name} ${option.placeholder}`;
    return `  ${left.padEnd(28)}${option.help} [${option.shownDefault}]`;
  });
  return `pop3svc serves a folder of mail over POP3.

  pop3svc [serve] [MAILBOX] [options]   serve a mailbox
  pop3svc check [MAILBOX] [options]     say what would be served and what is wrong; serve nothing
  pop3svc --help | --version

MAILBOX is a folder whose files are messages, a Maildir or an mbox [mailbox-sample].

Options:
${options.join("\n")}`;
}
