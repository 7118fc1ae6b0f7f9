/**
 * Takes one `>` away from each line that begins with one or more of them and `From `, across chunk borders. Mbox
 * writers add it, so that a line `From ` of a message does not look like the beginning of the next one.
 */
import { LF } from "../../protocol/ascii.ts";

const QUOTE = 0x3e;
const FROM = new TextEncoder().encode("From ");

export class FromUnquoter {
  /** The quotes and the part of `From ` seen at the start of a line that may be quoted; null elsewhere. */
  #undecided: { quotes: number; matched: number } | null = { quotes: 0, matched: 0 };

  /** The chunk without its quotes; what is undecided at its end comes with a later chunk. */
  unquote(chunk: Uint8Array): Uint8Array {
    const parts: Uint8Array[] = [];
    let copied = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#undecided === null) {
        const lineFeed = chunk.indexOf(LF, at);
        at = lineFeed === -1 ? chunk.length : lineFeed + 1;
        if (lineFeed === -1) break;
        this.#undecided = { quotes: 0, matched: 0 };
        if (chunk[at] !== QUOTE && at < chunk.length) this.#undecided = null;
        continue;
      }
      // From here on, the undecided octets are copied one by one.
      parts.push(chunk.subarray(copied, at));
      const rest = this.#decide(chunk, at, parts);
      copied = at = rest;
    }
    parts.push(chunk.subarray(copied));
    return joined(parts);
  }

  /** What was still undecided when the message ended. */
  end(): Uint8Array {
    const undecided = this.#undecided;
    this.#undecided = { quotes: 0, matched: 0 };
    return undecided === null ? new Uint8Array() : held(undecided);
  }

  /** Continues with the start of a line; returns the offset up to which it used the chunk. */
  #decide(chunk: Uint8Array, from: number, parts: Uint8Array[]): number {
    const state = this.#undecided ?? { quotes: 0, matched: 0 };
    for (let at = from; at < chunk.length; at++) {
      const octet = chunk[at];
      if (state.matched === 0 && octet === QUOTE) state.quotes++;
      else if (state.quotes > 0 && octet === FROM[state.matched]) state.matched++;
      else {
        parts.push(held(state));
        this.#undecided = null;
        return at;
      }
      if (state.matched === FROM.length) {
        parts.push(held({ ...state, quotes: state.quotes - 1 }));
        this.#undecided = null;
        return at + 1;
      }
    }
    this.#undecided = state;
    return chunk.length;
  }
}

function held({ quotes, matched }: { quotes: number; matched: number }): Uint8Array {
  const octets = new Uint8Array(quotes + matched).fill(QUOTE, 0, quotes);
  octets.set(FROM.subarray(0, matched), quotes);
  return octets;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const filled = parts.filter((part) => part.length > 0);
  const [only] = filled;
  if (filled.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(filled.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of filled) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
