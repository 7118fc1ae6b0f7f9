/**
 * Expands `%u`, `%n`, `%d`, `%h` and a leading `~` in a path, as Dovecot does: the user's name, what is before its first
 * `@` and after it, and the home.
 *
 * The parts of a name become names of folders, so none of them may lead out of its folder: `joe@..` cannot be used with
 * `%d`.
 */
import { isAbsolute, join } from "@std/path";

/** What the variables of a path stand for. */
export interface PathValues {
  readonly name: string;
  readonly home: string | null;
}

const VARIABLE = /%(?:\{[^}]{0,40}\}?|[-.0-9]{0,8}[A-Z]{0,8}[a-z%]?)/g;

/**
 * @param what names the path in errors: `its userdb_mail`
 * @throws {SyntaxError} that names what is not understood
 */
export function expandedPath(template: string, what: string, { name, home }: PathValues): string {
  const at = name.indexOf("@");
  const values: Readonly<Record<string, () => string>> = {
    "%u": () => name,
    "%n": () => asFolder(at < 0 ? name : name.slice(0, at), "the part of its name before the @"),
    "%d": () => {
      if (at < 0) {
        throw new SyntaxError(`its name has no @, and so no domain for the %d of ${what}`);
      }
      return asFolder(name.slice(at + 1), "the domain of its name");
    },
    "%h": () => homeOr(`the %h of ${what}`),
    "%%": () => "%",
  };
  function homeOr(needed: string): string {
    if (home !== null) return home;
    throw new SyntaxError(`it has no home for ${needed}`);
  }
  return template
    .replace(/^~(?=\/|$)/, "%h")
    .replace(VARIABLE, (variable) => {
      const value = Object.hasOwn(values, variable) ? values[variable] : undefined;
      if (value !== undefined) return value();
      throw new SyntaxError(`${variable} in ${what} is not known; known are %u, %n, %d, %h and ~`);
    });
}

/** Whether it can be the path of mailboxes below a folder. A home itself is none: it is not served. */
export function isMailPath(template: string): boolean {
  if (isAbsolute(template) || /^(?:~|%h)?\/*$/.test(template) || template.includes("\0")) {
    return false;
  }
  if (template.split("/").some((part) => /^\.{0,2}$/.test(part))) return false;
  try {
    expandedPath(template, "the path", { name: "a@b", home: "/home" });
    return true;
  } catch {
    return false;
  }
}

/** The path of a user's mailbox below the folder of mailboxes. One that begins with the home is below the home. */
export function mailPathOf(mailRoot: string, mailPath: string, values: PathValues): string {
  const path = expandedPath(mailPath, "--mail-path", values);
  return isAbsolute(path) ? path : join(mailRoot, path);
}

/** Whether the name can be joined to the path of a folder without leading out of it. */
export function canNameFolder(name: string): boolean {
  // deno-lint-ignore no-control-regex -- the name must not hold NUL or another control character
  return !/^\.{0,2}$|[/\\\x00-\x1f\x7f]/.test(name) && name.length <= 255;
}

function asFolder(name: string, what: string): string {
  if (canNameFolder(name)) return name;
  throw new SyntaxError(`${what} cannot be the name of a folder`);
}
