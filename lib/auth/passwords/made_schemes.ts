/** The schemes of hashes that `pop3svc hash` can make, the best first. */
export const MADE_SCHEMES = ["argon2id", "scrypt", "bcrypt", "sha512-crypt"] as const;
/** One of them. */
export type MadeScheme = (typeof MADE_SCHEMES)[number];
