/** Hashes of `correct horse` made by other programs, each with its command. */
export const PASSWORD = "correct horse";

// deno-fmt-ignore
export const foreignHashes: readonly (readonly [string, string])[] = [
  ["doveadm pw -s PLAIN", "{PLAIN}correct horse"],
  ["doveadm pw -s SSHA256", "{SSHA256}9YuwKICw3DfZIBzUsq5BIItSqnRT2Yrl/Bd9+woS1cZP53Q8"],
  ["doveadm pw -s SSHA256.HEX", "{SSHA256.HEX}0d95003746225b578cddbf24ee0d8e87d5fe10da24925977476398f14196d0793f4abc58"],
  ["doveadm pw -s SSHA512", "{SSHA512}mNknOb4/RKzFmWrM2Jgik1NBJuZD1VmEEPtGF9WnRGQHs7PtfHFY572qkTECvhHFDkmccyQHcVqe5IHMlTDLaIU3DCI="],
  ["doveadm pw -s SHA256-CRYPT", "{SHA256-CRYPT}$5$mEp1/ng5T5IVtlqc$Mo9mXmF1PI8cCeCriCF/PY0Jt9j9Koau2mTeZtb.QW."],
  ["doveadm pw -s SHA512-CRYPT", "{SHA512-CRYPT}$6$sD6P/Ke30GlhOywE$Ow6t3xAoxqwARexK9en/4BJS2KIE3x53B6duxpUdZbkvp.iaQIPZcJAzI1ChZ04a78zIllcPhNhFx.YhrGOb8."],
  ["doveadm pw -s SHA512-CRYPT -r 10000", "{SHA512-CRYPT}$6$rounds=10000$PxuVuMGuwYlJ7N08$iefyQAVj1z3Z/1gL8jqdiaHSnFXlhP/cO.6.OKh4O6FPku0zzK1abIaDsUcwRP12vWQU4X.YKXdovmK.ZsHeO/"],
  ["doveadm pw -s BLF-CRYPT", "{BLF-CRYPT}$2y$05$siSy.DPeawSV48.JKRhOleAFP9B3Xn4lXSlWvRGTjReb64dHS9CRS"],
  ["doveadm pw -s CRYPT", "{CRYPT}$2y$05$a3k6OvhaYvzsS3XS3w5jxegE0Oure61Sj9O/XCEWyuBy8Kw.rRvAi"],
  ["doveadm pw -s ARGON2ID", "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$2opwdW1WwVe6FYWqbIzMgQ$wWzQn96nt4tzBs4xJNVt5JQKiPXC8dONLdJ5ZvzjX48"],
  ["doveadm pw -s ARGON2I", "{ARGON2I}$argon2i$v=19$m=32768,t=4,p=1$7HLfdzNLu3qalWRl38I/2A$OQisHEhcccDEBZZ2mqY8qzyYHSuIt/0RPvnaXAh0Pdg"],
  ["doveadm pw -s PBKDF2", "{PBKDF2}$1$wQxynE1a9yARL44O$5000$c95a6a700851a135636eb8ceb4ef007a6a944623"],
  ["doveadm pw -s SCRAM-SHA-256", "{SCRAM-SHA-256}4096,4R7fl8OH9QRXahK/GMVWwQ==,Q9BhteT95aeq92wuj3FpBu478pyuhPIglIEVsf9/LSI=,ktvV1bsKZ0cuFAVGlYSCEs7gjkFDQm9Z8Lpbwq3iNoE="],
  ["htpasswd -nb -B", "$2y$05$oZTzDqX6pETw.JXrWMn/auciqp6YUQmHYFgxOjl4sFAZ6kyEla/FK"],
  ["htpasswd -nb -2", "$5$o0KE1rUMicvPMR.2$UXRYJRMM2loPI6Qq44bijAf6pQIIOgrkzhJMUfyh168"],
  ["htpasswd -nb -5", "$6$D1poKTJa4HAp8xEe$7h83.zEQxEqthgcyv74I6BL9o5W.HI/TFCQ5ZCyy0ZmE2u./90KQVIvTJOMegADtJuqTiVpMhCvyd9ANY5yXu0"],
  ["openssl passwd -5", "$5$5SLGX7zXWhdvJ8tq$Cdddv0Y6U2GYm88sunTtL3YuLip2Hn4wXGKiuDWoH81"],
  ["openssl passwd -6", "$6$bGTcNSG0akXZs2US$4LZDBRs49KY.iZL.ZmNlzUIbJgN4M3FmyazY0j9JoWlzuxXBr4yCiF2KreVGL4YDYAibGtI.n8z7mwiOILACI/"],
  ["passlib.hash.scrypt.using(rounds=14).hash", "$scrypt$ln=14,r=8,p=1$B0CIkRLiPEeIsbb23jsn5A$LvYJ444ClxVOgVHnpYbGfFxH5jtG5z+x41SQiZc5ssw"],
  ["passlib.hash.pbkdf2_sha256.hash", "$pbkdf2-sha256$29000$LsW415qTsrZWKsUYIyTEeA$AGoXuy2wHGdtM0oXaRKpE0JWU4ZyhH9XClJmJobZYMg"],
  ["passlib.hash.pbkdf2_sha512.hash", "$pbkdf2-sha512$25000$vtd6j/GeU6pVypnzXgtBSA$isSoUBDDn7g9z8yk52DZzOzETdYgAAF9UvOFvzsQiHdtqpTDE17X6z/3vAgz7L22Ozg3odFboNS8gytAcWeiUw"],
  ["passlib.hash.pbkdf2_sha1.hash", "$pbkdf2$131000$srZWag1hjLE2RghBqNX6vw$aksjbJx6WheGmcfYsItGJbcQ4uc"],
  ["passlib.hash.sha512_crypt.using(rounds=7000).hash", "$6$rounds=7000$8thL5fb9Gb51aiHV$AhVYqjLSzQdu4iQWUGGONFIT69wDZFqLsC1RRp9a6azUSgDIQtl6644mclir9ktU/QV7EXLONfpJKWWh0fawp1"],
];
