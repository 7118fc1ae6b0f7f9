/**
 * Compiles the WebAssembly loops of `LineMender` when they are first needed. All messages can share one instance,
 * because no `await` comes between an input and its output.
 */
import { wasm } from "./line_mender_wasm.ts";

/** The most octets of one input. */
export const INPUT_OCTETS = 65_536;

/** A number that TypeScript and WebAssembly share. */
interface Shared {
  value: number;
}

/** The inputs and outputs of the loops; see line_mender.as.ts. */
export interface Loops {
  readonly input: Uint8Array;
  readonly output: Uint8Array;
  readonly atLineStart: Shared;
  readonly afterCr: Shared;
  readonly insertedForLineEnds: Shared;
  readonly insertedDots: Shared;
  skipClean(length: number): number;
  mend(length: number): number;
}

let made: Loops | null = null;

export function loops(): Loops {
  return made ??= make();
}

function make(): Loops {
  const module = new WebAssembly.Module(Uint8Array.fromBase64(wasm));
  const { exports } = new WebAssembly.Instance(module);
  const memory = exported(exports["memory"], WebAssembly.Memory).buffer;
  const shared = (name: string): Shared => exported(exports[name], WebAssembly.Global);
  const loop = (name: string) => exported(exports[name], Function);
  const [skipClean, mend] = [loop("skipClean"), loop("mend")];
  return {
    input: new Uint8Array(memory, shared("INPUT").value, INPUT_OCTETS),
    output: new Uint8Array(memory, shared("OUTPUT").value, 2 * INPUT_OCTETS + 1),
    atLineStart: shared("atLineStart"),
    afterCr: shared("afterCr"),
    insertedForLineEnds: shared("insertedForLineEnds"),
    insertedDots: shared("insertedDots"),
    skipClean: (length) => skipClean(length),
    mend: (length) => mend(length),
  };
}

function exported<T>(value: unknown, kind: new (...args: never[]) => T): T {
  if (value instanceof kind) return value;
  throw new TypeError("line_mender_wasm.ts is not what this file was written for");
}
