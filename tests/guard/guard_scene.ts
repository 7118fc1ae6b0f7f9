/** A guard, its ban engine, a clock, and a provider that the test answers for. */
import { assertEquals } from "@std/assert";
import type { BanEngine } from "../../lib/guard/ban_engine.ts";
import { BanningGuard } from "../../lib/guard/banning_guard.ts";
import { StrikeBanEngine } from "../../lib/guard/strike_ban_engine.ts";
import type { Credential, Refusal } from "../../lib/session/login_guard.ts";
import { ManualClock } from "../manual_clock.ts";

export const CLIENT = "192.0.2.7";

/** Runs everything that waits for promises only. */
export async function settle(): Promise<void> {
  for (let n = 0; n < 4; n++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** A provider that a test answers for; it remembers the questions in order. */
export class Questions {
  readonly #open: { readonly what: string; readonly answer: (isRight: boolean | Error) => void }[] =
    [];
  /** All questions. */
  readonly asked: string[] = [];

  ask(what: string): Promise<true | null> {
    this.asked.push(what);
    return new Promise((resolve, reject) => {
      this.#open.push({
        what,
        answer: (isRight) =>
          isRight instanceof Error ? reject(isRight) : resolve(isRight ? true : null),
      });
    });
  }

  /** The questions without an answer. */
  get open(): readonly string[] {
    return this.#open.map(({ what }) => what);
  }

  /** Answers the oldest open question. */
  async answer(isRight: boolean | Error): Promise<void> {
    this.#open.shift()?.answer(isRight);
    await settle();
  }
}

export interface Tried {
  /** `in`, the reason of the refusal, or that the provider failed; null before there is an outcome. */
  outcome: string | null;
  readonly refusal: Promise<Refusal | null>;
  readonly abandon: () => void;
}

export class Scene {
  readonly clock = new ManualClock();
  readonly engine: StrikeBanEngine;
  readonly guard: BanningGuard;
  readonly questions = new Questions();

  constructor(strikes?: number, engine?: BanEngine) {
    this.engine = new StrikeBanEngine({
      strikes: strikes ?? 3,
      seconds: 10_000,
      clock: this.clock,
    });
    const used = engine ?? this.engine;
    this.guard = new BanningGuard(() => used, this.clock);
  }

  /** Tries a password as PASS does, or a proof as APOP does where it is null; does not wait. */
  try(secret: string | null, { address = CLIENT, username = "me" } = {}): Tried {
    const attempt = this.guard.begin(address);
    const credential: Credential = secret === null
      ? { type: "proof", username }
      : { type: "password", username, secret };
    const run = async () => {
      const isRight = await attempt.ask(credential, () => this.questions.ask(secret ?? "proof"));
      return await attempt.end(username, isRight !== null);
    };
    const refusal = run();
    const tried: Tried = { outcome: null, refusal, abandon: () => attempt.abandon() };
    refusal.then(
      (refused) => tried.outcome = refused?.reason ?? "in",
      () => {
        attempt.releaseTurn();
        tried.outcome = "failed";
      },
    );
    return tried;
  }

  /** Tries, and answers for the provider if it is asked. */
  async tryOnce(
    secret: string | null,
    isRight: boolean,
    from: { readonly address?: string; readonly username?: string } = {},
  ): Promise<string | null> {
    const tried = this.try(secret, from);
    await settle();
    await this.questions.answer(isRight);
    return tried.outcome;
  }

  async ban(address = CLIENT): Promise<void> {
    for (const secret of ["ban1", "ban2", "ban3"]) {
      await this.tryOnce(secret, false, { address, username: "nobody" });
    }
    assertEquals(this.engine.isBanned(address), true);
    this.questions.asked.length = 0;
  }
}

export function outcomes(tries: readonly Tried[]): (string | null)[] {
  return tries.map(({ outcome }) => outcome);
}
