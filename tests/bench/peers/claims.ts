/**
 * The project's aims and claims, as ratios to other servers in the same run. `deno task bench:check` checks the claims,
 * which are a little lower than the measured ratios, since runs differ.
 */

/** A ratio with its aim and its claim. */
export interface Claim {
  readonly scenario: string;
  readonly figure: string;
  readonly is: "more" | "less";
  /** The ratio that the project aims at. */
  readonly aim: number;
  /** The least ratio that the project claims. */
  readonly times: number;
  readonly than: string;
}

const FAST = "Dovecot, high-performance";

function more(
  scenario: string,
  figure: string,
  aim: number,
  times: number = aim,
  than: string = FAST,
): Claim {
  return { scenario, figure, is: "more", aim, times, than };
}

function less(scenario: string, figure: string, aim: number, times: number = aim): Claim {
  return { scenario, figure, is: "less", aim, times, than: FAST };
}

export function claims(many: number): readonly Claim[] {
  return [
    more("sessions, 1 client", "rate", 8, 5),
    more("sessions, 16 clients", "rate", 8, 6),
    more("sessions, 128 clients", "rate", 8, 5.5),
    more("sessions, 1 client", "per CPU second", 10, 6),
    more("sessions, 16 clients", "per CPU second", 12, 9),
    more("sessions, 128 clients", "per CPU second", 12, 7.5),
    more("sessions, TLS, 1 client", "rate", 2),
    less("sessions, TLS, 1 client", "median ms", 2),
    more("sessions, TLS, 16 clients", "rate", 2),
    more("4 KB messages, 8 clients, one RETR at a time", "per CPU second", 2, 1.5),
    more("4 KB messages, 8 clients, ten RETR pipelined", "per CPU second", 1),
    more("50 MB, CRLF and clean", "rate", 4, 2.5),
    more("50 MB, CRLF and clean", "rate", 0.5, 0.5, "bare copy"),
    more("50 MB, LF and leading dots", "rate", 3, 2.5),
    more("50 MB over implicit TLS", "rate", 4, 2.3),
    more("50 MB over STLS", "rate", 1.5),
    less(`${many} messages`, "first", 3, 1.5),
    less(`${many} messages`, "again", 5, 3.5),
    less(`${many} messages, one delivery before each login`, "login and STAT, ms", 3),
    less(`${many} messages, first login ever`, "login and STAT, ms", 3, 0.4),
    less("idle logins", "KB each", 50, 30),
    less("idle logins over TLS", "KB each", 20, 14),
  ];
}
