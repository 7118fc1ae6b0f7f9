/** Reads the file of `--config`: JSON with comments and trailing commas. */
import { readGivenText, reasonOf } from "../program.ts";
import {
  getLocation,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { CliError } from "./cli_error.ts";
import { type GivenOption, type GivenOptions, type Option, serveOptions } from "./options.ts";

/** What the errors of the parser mean. Others cannot be mended better than with their place. */
const meanings: Readonly<Record<string, string>> = {
  InvalidSymbol: "write texts in double quotes",
  PropertyNameExpected: "write the name of an option in double quotes",
  ValueExpected: "a value is missing",
  ColonExpected: "a colon is missing",
  CommaExpected: "a comma is missing before this",
  CloseBraceExpected: "a } is missing",
  CloseBracketExpected: "a ] is missing",
  EndOfFileExpected: "nothing may follow the last }",
  UnexpectedEndOfComment: "the comment does not end",
  UnexpectedEndOfString: "the text does not end: a double quote is missing",
  InvalidEscapeCharacter: "write a backslash as two",
};

/** @throws {CliError} naming line, column and option of the first mistake */
export function readConfigFile(file: string): GivenOptions {
  let text: string;
  try {
    text = readGivenText(file);
  } catch (error) {
    throw CliError.environment(`--config ${file}: ${reasonOf(error)}`, error);
  }
  const place = (offset: number) => `--config ${file}, ${placeOf(text, offset)}`;
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined && (root !== undefined || text.trim() !== "")) {
    const [near] = getLocation(text, first.offset).path;
    const code = printParseErrorCode(first.error);
    throw CliError.usage(
      `${place(first.offset)}: not JSON: ${near === undefined ? "" : `"${near}": `}${
        meanings[code] ?? code
      }`,
    );
  }
  if (root?.type !== "object") {
    throw CliError.usage(`--config ${file}: give a JSON object, such as { "port": 1100 }`);
  }
  const given: Record<string, GivenOption> = {};
  for (const { children: [key, setting] = [] } of root.children ?? []) {
    if (key === undefined || setting === undefined) continue;
    const name = String(key.value);
    const wrong = (node: Node, what: string) => CliError.usage(`${place(node.offset)}: ${what}`);
    if (!isKey(name)) {
      throw wrong(
        key,
        `unknown key "${name}"; keys are the names of options, without leading dashes`,
      );
    }
    if (Object.hasOwn(given, name)) throw wrong(key, `"${name}" is given twice`);
    const texts = textsOf(name, setting, wrong);
    given[name] = { texts, shown: `${place(setting.offset)}: "${name}": ${texts.join(" ")}` };
  }
  return given;
}

function isKey(name: string): boolean {
  return name === "mailbox" || (Object.hasOwn(serveOptions, name) && name !== "config");
}

function textsOf(
  name: string,
  setting: Node,
  wrong: (node: Node, what: string) => CliError,
): readonly string[] {
  const options: Readonly<Record<string, Option<unknown>>> = serveOptions;
  const isFlag = options[name]?.placeholder === null;
  if (isFlag && setting.type !== "boolean") throw wrong(setting, `"${name}": give true or false`);
  const nodes = setting.type === "array" ? setting.children ?? [] : [setting];
  return nodes.map((node) => {
    if (node.type === "string" || node.type === "number" || isFlag) return String(node.value);
    throw wrong(node, `"${name}": give a text or a number`);
  });
}

/** The place of a character in a text, counted from 1. Lines may end with CRLF, LF or CR. */
function placeOf(text: string, offset: number): string {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/);
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
}
