/** A certificate authority for tests, made for each run. */
import type { Certificate } from "../lib/mod.ts";
import { CertificateAuthority, type Validity } from "../lib/testing/certificate_authority.ts";

export type { Validity };

const DAY_MS = 86_400_000;

/** Issues certificates that a client accepts when it trusts `pem`. */
export class TestAuthority {
  readonly #authority: CertificateAuthority;

  private constructor(authority: CertificateAuthority) {
    this.#authority = authority;
  }

  static async create(): Promise<TestAuthority> {
    return new TestAuthority(await CertificateAuthority.create(aroundNow()));
  }

  get pem(): string {
    return this.#authority.pem;
  }

  /** A certificate for `localhost` and 127.0.0.1. */
  async issue(commonName = "localhost", validity: Validity = aroundNow()): Promise<Certificate> {
    const names = ["localhost", new Uint8Array([127, 0, 0, 1])];
    return await this.#authority.issue({ commonName, names, ...validity });
  }
}

function aroundNow(): Validity {
  return { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
}

/** The authority that all tests of a file share. */
export const authority: TestAuthority = await TestAuthority.create();
/** A certificate that it has issued. */
export const certificate: Certificate = await authority.issue();
