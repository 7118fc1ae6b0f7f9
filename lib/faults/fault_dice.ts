/** Decides by chance, from a seed, which rules of a fault plan apply. */
import type { FaultName, FaultPlan, FaultRule } from "./fault_rules.ts";

/** Decides which rules strike. The same plan with the same calls gives the same answers. */
export class FaultDice {
  readonly #rules: readonly FaultRule[];
  readonly #struck = new Map<FaultRule, number>();
  #state: number;

  constructor({ seed, rules }: FaultPlan) {
    this.#rules = rules;
    this.#state = seed >>> 0;
  }

  /** The rules of this fault that strike now. */
  strikes(fault: FaultName, applies: (rule: FaultRule) => boolean = () => true): FaultRule[] {
    return this.#rules.filter((rule) => {
      if (rule.fault !== fault || !applies(rule)) return false;
      const before = this.#struck.get(rule) ?? 0;
      if (before >= (rule.times ?? Infinity) || this.#draw() >= (rule.chance ?? 1)) return false;
      this.#struck.set(rule, before + 1);
      return true;
    });
  }

  /** The next number from 0 to 1, without 1 (mulberry32). */
  #draw(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
