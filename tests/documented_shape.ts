/** Compares JSON with a table of a page, whose columns begin with the path of a field and its types. */
import { assert } from "@std/assert";

/** A row of a table: its cells, without the marks of code. */
type Row = readonly string[];

/** The rows of the table that is headed by these columns. */
export async function tableOf(
  page: string,
  ...columns: readonly string[]
): Promise<readonly Row[]> {
  const text = await Deno.readTextFile(new URL(`../${page}`, import.meta.url));
  const rows = text.split("\n").map((line) =>
    line.startsWith("|") ? line.split("|").slice(1, -1).map((cell) => cell.trim()) : []
  );
  const head = rows.findIndex((row) => columns.every((column, at) => row[at] === column));
  assert(head >= 0, `${page} has no table of ${columns.join(", ")}`);
  const end = rows.findIndex((row, at) => at > head && row.length === 0);
  return rows.slice(head + 2, end).map((row) => row.map((cell) => cell.replaceAll("`", "")));
}

/** The fields that a page describes. */
export class DocumentedShape {
  readonly #types: ReadonlyMap<string, readonly string[]>;
  readonly #unseen: Set<string>;

  private constructor(rows: readonly Row[]) {
    this.#types = new Map(rows.map(([path = "", types = ""]) => [path, types.split(", ")]));
    this.#unseen = new Set(this.#types.keys());
  }

  static async of(page: string): Promise<DocumentedShape> {
    return new DocumentedShape(await tableOf(page, "field", "type", "meaning"));
  }

  /** Described fields that no value had, with a value of some type. */
  get unseen(): readonly string[] {
    return [...this.#unseen];
  }

  /** Fails for a field that is not described, or has another type. */
  check(value: unknown, path = ""): void {
    const row = this.#types.has(path) ? path : path.replace(/[^.]+$/, "*");
    const types = this.#types.get(row);
    if (Array.isArray(value)) {
      if (value.length > 0) this.#unseen.delete(row);
      for (const each of value) this.check(each, `${path}[]`);
    } else if (typeof value === "object" && value !== null) {
      this.#unseen.delete(row);
      for (const [key, each] of Object.entries(value)) {
        this.check(each, path === "" ? key : `${path}.${key}`);
      }
    } else {
      const isDate = typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value);
      const type = value === null ? "null" : isDate ? "date" : typeof value;
      assert(types?.includes(type) === true, `${path} is ${type}; described: ${types}`);
      this.#unseen.delete(row);
    }
  }
}
