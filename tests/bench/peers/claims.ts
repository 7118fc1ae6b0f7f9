/** What the project claims, as ratios to others in the same run. `deno task bench:check` holds it to them. */

/** One ratio. */
export interface Claim {
  readonly scenario: string;
  readonly figure: string;
  readonly is: "more" | "less";
  /** So many times at least. */
  readonly times: number;
  readonly than: string;
}

const FAST = "Dovecot, high-performance";

function more(scenario: string, figure: string, times: number, than = FAST): Claim {
  return { scenario, figure, is: "more", times, than };
}

function less(scenario: string, figure: string, times: number, than = FAST): Claim {
  return { scenario, figure, is: "less", times, than };
}

export function claims(many: number): readonly Claim[] {
  return [
    more("sessions, 1 client", "rate", 10),
    more("sessions, 16 clients", "rate", 10),
    more("sessions, 128 clients", "rate", 10),
    more("sessions, 1 client", "per CPU second", 10),
    more("sessions, 16 clients", "per CPU second", 10),
    more("sessions, 128 clients", "per CPU second", 10),
    more("sessions, TLS, 1 client", "rate", 2),
    less("sessions, TLS, 1 client", "median ms", 2),
    more("sessions, TLS, 16 clients", "rate", 2),
    more("4 KB messages, 8 clients, one RETR at a time", "per CPU second", 2),
    more("4 KB messages, 8 clients, ten RETR pipelined", "per CPU second", 3),
    more("50 MB, CRLF and clean", "rate", 4),
    more("50 MB, CRLF and clean", "rate", 0.5, "bare copy"),
    more("50 MB, LF and leading dots", "rate", 3),
    more("50 MB over implicit TLS", "rate", 4),
    more("50 MB over STLS", "rate", 1.5),
    less(`${many} messages`, "first", 3),
    less(`${many} messages`, "again", 5),
    less("idle logins", "KB each", 50),
    less("idle logins over TLS", "KB each", 20),
  ];
}
