/** One login attempt: it asks a LoginAdmission before the provider, and reports the outcome to it. */
import type { Awaitable } from "../protocol/reply.ts";
import type { Credential, LoginAttempt, Refusal } from "../session/login_guard.ts";
import type { Clock } from "../time/clock.ts";
import { isLoopback } from "../transport/address.ts";
import type { LoginAdmission, TriedSecret, Verdict } from "./login_admission.ts";

/** The least time from an attempt to its refusal. */
export const REFUSAL_MS = 1_000;

export class GuardedAttempt implements LoginAttempt {
  readonly #admission: LoginAdmission;
  readonly #clock: Clock;
  readonly #address: string;
  #startedAt: number;
  #proof: Credential | null = null;
  #secret: TriedSecret | null = null;
  #turn: Disposable | null = null;
  #isExempted = false;
  #verdict: Verdict | null = null;
  /** Null while the attempt goes on. The refusal is null for a success. */
  #outcome: { readonly refusal: Refusal | null } | null = null;
  readonly #abandoned = { ...Promise.withResolvers<void>(), isDone: false };

  constructor(admission: LoginAdmission, clock: Clock, address: string) {
    this.#admission = admission;
    this.#clock = clock;
    this.#address = address;
    this.#startedAt = clock.now();
  }

  get isRefused(): boolean {
    return (this.#outcome?.refusal ?? null) !== null;
  }

  get provedUsername(): string | null {
    return this.#outcome === null ? this.#proof?.username ?? null : null;
  }

  async ask<T>(credential: Credential, question: () => Awaitable<T | null>): Promise<T | null> {
    const isProof = credential.type === "proof";
    if (isProof) this.#proof = credential;
    try {
      const answer = await this.#admit(credential) ? await question() : null;
      if (!isProof) await this.end(credential.username, answer !== null);
      return answer;
    } catch (error) {
      this.releaseTurn();
      throw error;
    }
  }

  async resume(): Promise<boolean> {
    // The client may have paused before its last response: a refusal must not come sooner than one second after that.
    this.#startedAt = this.#clock.now();
    if (this.#proof === null || this.#verdict !== "ask") return true;
    return await this.#admit(this.#proof);
  }

  releaseTurn(): void {
    this.#turn?.[Symbol.dispose]();
    this.#turn = null;
  }

  async end(username: string, isRight: boolean): Promise<Refusal | null> {
    if (this.#outcome === null) {
      try {
        this.#outcome = { refusal: await this.#settle(username, isRight) };
      } finally {
        this.releaseTurn();
      }
    }
    return this.#outcome.refusal;
  }

  abandon(): void {
    this.#abandoned.isDone = true;
    this.#abandoned.resolve();
  }

  async refusalDue(): Promise<void> {
    if (isLoopback(this.#address) || this.#abandoned.isDone) return;
    const left = this.#startedAt + REFUSAL_MS - this.#clock.now();
    if (left > 0) await new Promise<void>((resolve) => this.#clock.after(left, resolve));
  }

  async #admit(credential: Credential): Promise<boolean> {
    this.releaseTurn();
    this.#secret = credential.type === "proof"
      ? null
      : this.#admission.secretOf([credential.type, credential.username, credential.secret]);
    const decision = await this.#admission.decide({
      address: this.#address,
      username: credential.username,
      secret: this.#secret,
      isExempted: this.#isExempted,
      abandoned: this.#abandoned,
    });
    // The second begins with the decision, so that waiting for it does not reveal whether the provider is asked.
    this.#startedAt = this.#clock.now();
    this.#verdict = decision.verdict;
    if (decision.verdict !== "ask") return false;
    this.#turn = decision.turn;
    this.#isExempted = decision.isExempted;
    return true;
  }

  async #settle(username: string, isRight: boolean): Promise<Refusal | null> {
    if (this.#verdict === "abandoned") return null;
    if (isRight) {
      this.#admission.noteLogin(this.#address, username);
      return null;
    }
    if (this.#verdict !== "banned") {
      await this.#admission.noteWrong(this.#address, this.#secret, this.#verdict === "ask");
    }
    const bannedSeconds = await this.#admission.bannedSeconds(this.#address);
    const reason = this.#verdict === "banned" ? "banned" : "wrong";
    return bannedSeconds === null ? { reason } : { reason, bannedSeconds };
  }
}
