/** One attempt to log in, from the client's line to the refusal or the mailbox. */
import type { Clock } from "../connection/clock.ts";
import type { Awaitable } from "../protocol/reply.ts";
import { isLoopback } from "./address.ts";
import type { LoginAdmission, Verdict } from "./login_admission.ts";

/** What a client shows to log in. */
export type Credential =
  | { readonly type: "password" | "token"; readonly username: string; readonly secret: string }
  /** The client proves that it knows a secret, in other words each time. */
  | { readonly type: "proof"; readonly username: string };

/** Why a login was refused, for the log. */
export interface Refusal {
  /** Whether the provider said no, to this attempt or to the same beside it, or the address is banned. */
  readonly reason: "wrong" | "banned";
  /** How long the address is banned, unless that is prolonged; left out where it is not. */
  readonly bannedSeconds?: number;
}

/** One attempt to log in. */
export interface LoginAttempt {
  /** Asks the provider when it is the turn of this attempt; null where the provider or the guard refuses. */
  ask<T>(credential: Credential, question: () => Awaitable<T | null>): Promise<T | null>;
  /** Whether a proof, which the client has sent by now, may be looked at. Waits for its turn again. */
  resume(): Promise<boolean>;
  /** Others may have the turn: the client's next line is awaited, or the attempt has ended without an outcome. */
  releaseTurn(): void;
  /** It has ended; null where that is a success, or nobody waits for the session any more. */
  end(username: string, isRight: boolean): Promise<Refusal | null>;
  /** Whether it has been refused already. */
  readonly isRefused: boolean;
  /** Who has been asked for a proof, while nothing is decided of it; else null. */
  readonly provedUsername: string | null;
  /** Nobody waits for the session any more. */
  abandon(): void;
  /** Done when the client may hear of a refusal. */
  refusalDue(): Promise<void>;
}

/** No refusal is sent sooner than so long after the attempt. */
export const REFUSAL_MS = 1_000;

/** An attempt that a LoginAdmission decides about. */
export class GuardedAttempt implements LoginAttempt {
  readonly #admission: LoginAdmission;
  readonly #clock: Clock;
  readonly #address: string;
  #startedAt: number;
  #proof: Credential | null = null;
  #digest: string | null = null;
  #turn: Disposable | null = null;
  #isExempted = false;
  #verdict: Verdict | null = null;
  /** Once there is one; null for a success. */
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
    // The client may have taken its time; a refusal is due a second after what it says now.
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
    this.#digest = credential.type === "proof"
      ? null
      : await this.#admission.digestOf([credential.type, credential.username, credential.secret]);
    const decision = await this.#admission.decide({
      address: this.#address,
      username: credential.username,
      digest: this.#digest,
      isExempted: this.#isExempted,
      abandoned: this.#abandoned,
    });
    // A turn that came late tells nothing either of whether the provider was asked.
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
      await this.#admission.noteWrong(this.#address, this.#digest, this.#verdict === "ask");
    }
    const bannedSeconds = await this.#admission.bannedSeconds(this.#address);
    const reason = this.#verdict === "banned" ? "banned" : "wrong";
    return bannedSeconds === null ? { reason } : { reason, bannedSeconds };
  }
}
