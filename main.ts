import { join } from "@std/path";
import { parseArgs } from "@std/cli";
import { assert } from "@std/assert";
import { ensureDir } from "@std/fs";
assert(ensureDir);
console.log(join("a", "b"), parseArgs(["--a=1", "12"], { string: ["_", "a"] }));
