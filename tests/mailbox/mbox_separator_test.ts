import { assert, assertEquals } from "@std/assert";
import { isBlankLine, isFieldStart, separatorForm } from "../../lib/mailbox/mbox/separator.ts";

const forms: Readonly<Record<string, readonly string[]>> = {
  certain: [
    "From joe@example.org Thu Jan  1 00:00:00 2026\n",
    "From joe@example.org Thu Jan  1 00:00:00 2026\r\n",
    "From joe@example.org  Thu Jan 01 00:00:00 2026  ",
    "From - Thu Jan 01 00:00:00 2026\n",
    "From MAILER-DAEMON Thu Jan  1 00:00:00 2026\n",
    "From joe@example.org Thu Jan  1 00:00:00 +0100 2026\n",
    "From joe@example.org Thu Jan  1 00:00:00 2026 +0100\n",
    "From joe@example.org Thu Jan  1 00:00:00 MET DST 2026\n",
    "From 1712345678901234567@xxx Mon Jan 01 00:00:00 +0000 2024\n",
    "From joe@example.org Thu, 1 Jan 2026 00:00:00 +0000 (UTC)\n",
    "From joe@example.org 2026-01-01T00:00:00Z\n",
    "From joe at example.org  Thu Jan  1 00:00:00 2026\n",
    'From "joe \\"x\\" doe"@example.org Thu Jan  1 00:00:00 2026\n',
    "From joe Thu Jan  1 00:00:00 2026 remote from host\n",
    "From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\n",
  ],
  possible: [
    "From Thu Jan  1 00:00:00 2026\n",
    "From joe@example.org Thu Jan  1 00:00 2026\n",
    "From joe@example.org Thu Jan  1 00:00:00 98\n",
    "From joe doe smith Thu Jan  1 00:00:00 2026\n",
  ],
  bare: ["From -\n", "From - \r\n", "From \n"],
  undated: ["From joe@example.org\n", "From a"],
  null: [
    "From my (non technical end) some queries;\n",
    "From Thu on, nothing: 12:00 is late\n",
    "From joe@example.org Thu Jan 32 00:00:00 2026\n",
    "From joe@example.org Thu Jan  1 25:00:00 2026\n",
    "From joe@example.org Thu Jan  1 00:00:00 2026 and more words here\n",
    "from joe@example.org Thu Jan  1 00:00:00 2026\n",
    "Fromage\n",
    ">From joe@example.org Thu Jan  1 00:00:00 2026\n",
    " From joe@example.org Thu Jan  1 00:00:00 2026\n",
    `From ${"x".repeat(2_000)} Thu Jan  1 00:00:00 2026\n`.slice(0, 1_024),
  ],
};

for (const [form, lines] of Object.entries(forms)) {
  for (const line of lines) {
    Deno.test(`${JSON.stringify(line.slice(0, 80))} is ${form}`, () => {
      assertEquals(String(separatorForm(line)), form);
    });
  }
}

Deno.test("the first line of a field, and nothing else, begins a header", () => {
  for (const line of ["Subject: x", "X-1:", "A :b", "a.b/c: d"]) assert(isFieldStart(line), line);
  for (const line of [" folded: x", "no field", ":", "From x", "caf\xe9: x", ""]) {
    assert(!isFieldStart(line), line);
  }
});

Deno.test("a line of spaces is blank", () => {
  for (const line of ["\n", "\r\n", " \n", " \t\r\n"]) assert(isBlankLine(line));
  for (const line of ["", " ", "x\n", "\u00a0\n"]) assert(!isBlankLine(line));
});

Deno.test("hostile lines take time in proportion to their length", () => {
  const lines = [
    `From ${"a dst ".repeat(160)}`,
    `From ${" ".repeat(1_000)}:`,
    `From a Mon Jan 1 00:00 ${"a dst ".repeat(150)}:`,
    `From ${"Mon Jan 1 00:00:00 ".repeat(50)}`,
    `From "${"\\a".repeat(480)} Mon Jan  1 00:00:00 2026`,
    `From ${"x at ".repeat(190)} Mon Jan  1 00:00:00 2026`,
  ];
  // Each would not come to an end in a day if its parts could be tried in all ways.
  for (const line of lines) for (let times = 0; times < 1_000; times++) separatorForm(line);
});
