import { assertEquals } from "@std/assert";
import { mboxMailbox } from "../../lib/mailbox/mbox/mbox_mailbox.ts";
import { DATE, mboxWith, messagesOf } from "./mbox_with.ts";

/** A separator with a date, which is never text. */
const F = `From joe@example.org ${DATE}\n`;

const forms: readonly (readonly [string, string, readonly string[]])[] = [
  ["an empty file", "", []],
  ["one message", "From a\nSubject: 1\n\nbody\n", ["Subject: 1\n\nbody\n"]],
  [
    "the blank line before the next From line, and one at the end, belong to the form",
    "From a\nSubject: 1\n\nbody\n\nFrom b\nSubject: 2\n\nbody\n\n",
    ["Subject: 1\n\nbody\n", "Subject: 2\n\nbody\n"],
  ],
  [
    "CRLF",
    "From a\r\nSubject: 1\r\n\r\nbody\r\n\r\nFrom b\r\nSubject: 2\r\n\r\n",
    ["Subject: 1\r\n\r\nbody\r\n", "Subject: 2\r\n"],
  ],
  [
    "a From line without a blank line before it is text",
    "From a\nSubject: 1\n\nbody\nFrom here on\nFromage\n",
    ["Subject: 1\n\nbody\nFrom here on\nFromage\n"],
  ],
  [
    "quoted From lines",
    "From a\nSubject: 1\n\n>From x\n>>From y\n> From z\n",
    ["Subject: 1\n\nFrom x\n>From y\n> From z\n"],
  ],
  [
    "a right Content-Length makes From lines text, and no line is unquoted",
    "From a\nContent-Length: 20\n\nFrom me\n\nFrom you\n>\n\nFrom b\nSubject: 2\n\nx\n",
    ["Content-Length: 20\n\nFrom me\n\nFrom you\n>\n", "Subject: 2\n\nx\n"],
  ],
  [
    "a wrong Content-Length is not trusted",
    "From a\nContent-Length: 7\n\nlonger than that\n\nFrom b\nSubject: 2\n\nx\n",
    ["Content-Length: 7\n\nlonger than that\n", "Subject: 2\n\nx\n"],
  ],
  [
    "Content-Length without the last line end, no blank line after it (Netscape)",
    `${F}Content-Length: 1\n\na\n${F}Content-Length: 1\n\nb\n${F}Content-Length: 1\n\nc\n`,
    ["a", "b", "c"].map((body) => `Content-Length: 1\n\n${body}\n`),
  ],
  [
    "Content-Length without the last line end, and a blank line after it",
    `${F}Content-Length: 1\n\na\n\n${F}Subject: 2\n\nb\n`,
    ["Content-Length: 1\n\na\n", "Subject: 2\n\nb\n"],
  ],
  [
    "Content-Length that counts the blank line",
    `${F}Content-Length: 3\n\na\n\n${F}Subject: 2\n\nb\n`,
    ["Content-Length: 3\n\na\n\n", "Subject: 2\n\nb\n"],
  ],
  [
    "Content-Length that leads into a line that holds a separator",
    `${F}Content-Length: 4\n\nsee ${F}and so on\n\n${F}Subject: 2\n\nb\n`,
    [`Content-Length: 4\n\nsee ${F}and so on\n`, "Subject: 2\n\nb\n"],
  ],
  [
    "Content-Length that leads to prose at the start of a line",
    `${F}Content-Length: 2\n\na\nFrom my end: 2\n\n${F}Subject: 2\n\nb\n`,
    ["Content-Length: 2\n\na\nFrom my end: 2\n", "Subject: 2\n\nb\n"],
  ],
  [
    "Content-Length beyond the end of the file",
    `${F}Content-Length: 99999\n\na\n\n${F}Subject: 2\n\nb\n`,
    ["Content-Length: 99999\n\na\n", "Subject: 2\n\nb\n"],
  ],
  [
    "Content-Length of 0, and separators that follow each other",
    `${F}Content-Length: 0\n\n${F}${F}Subject: 3\n\nc\n`,
    ["Content-Length: 0\n\n", "", "Subject: 3\n\nc\n"],
  ],
  [
    "a Content-Length to the end of the file makes a separator in it text",
    `${F}Content-Length: ${F.length + 13}\n\na\n\n${F}Subject: 2`,
    [`Content-Length: ${F.length + 13}\n\na\n\n${F}Subject: 2`],
  ],
  [
    "a first message that has lost its separator",
    `Received: x\nSubject: 1\n\na\n\n${F}Subject: 2\n\nb\n`,
    ["Received: x\nSubject: 1\n\na\n", "Subject: 2\n\nb\n"],
  ],
  [
    "the same after blank lines",
    `\n\nSubject: 1\n\na\n\n${F}Subject: 2\n\nb\n`,
    ["Subject: 1\n\na\n", "Subject: 2\n\nb\n"],
  ],
  ["one message without a separator", "Subject: 1\n\na\n", ["Subject: 1\n\na\n"]],
  [
    "text before the first separator belongs to no message",
    `exported on Monday\n\n${F}Subject: 1\n\na\n`,
    ["Subject: 1\n\na\n"],
  ],
  [
    "prose that begins with From, after a blank line",
    `${F}Subject: 1\n\nHello\n\nFrom my (non technical end) some queries;\nyes\n\nFrom: nobody\n\n${F}Subject: 2\n\nb\n`,
    [
      "Subject: 1\n\nHello\n\nFrom my (non technical end) some queries;\nyes\n\nFrom: nobody\n",
      "Subject: 2\n\nb\n",
    ],
  ],
  [
    "prose of one word, after a blank line",
    `${F}Subject: 1\n\nHello\n\nFrom joe\nSubject: x\n`,
    ["Subject: 1\n\nHello\n\nFrom joe\nSubject: x\n"],
  ],
  [
    "a separator with a date and a header after it, but no blank line before it",
    `${F}Subject: 1\n\na\n${F}Subject: 2\n\nb\n`,
    ["Subject: 1\n\na\n", "Subject: 2\n\nb\n"],
  ],
  [
    "a separator within a header",
    `${F}Subject: 1\n${F}Subject: 2\n\nb\n`,
    ["Subject: 1\n", "Subject: 2\n\nb\n"],
  ],
  [
    "a separator without a blank line before it and a header after it",
    `${F}Subject: 1\n\na\n${F}he wrote\n`,
    [`Subject: 1\n\na\n${F}he wrote\n`],
  ],
  [
    "a blank line that holds spaces",
    `${F}Subject: 1\n\na\n \t\n${F}Subject: 2\n\nb\n`,
    ["Subject: 1\n\na\n", "Subject: 2\n\nb\n"],
  ],
  [
    "a bare From - after a blank line, and nowhere else",
    `From -\nSubject: 1\n\na\n\nFrom -\nSubject: 2\n\nb\nFrom -\nSubject: 3\n`,
    ["Subject: 1\n\na\n", "Subject: 2\n\nb\nFrom -\nSubject: 3\n"],
  ],
  [
    "a bare From - at the place to which a length leads",
    `From -\nContent-Length: 2\n\na\nFrom -\nSubject: 2\n\nb\n`,
    ["Content-Length: 2\n\na\n", "Subject: 2\n\nb\n"],
  ],
  [
    "separators without a date, in a file that begins with one",
    "From a\nSubject: 1\n\na\n\nFrom b\nSubject: 2\n\nb\n",
    ["Subject: 1\n\na\n", "Subject: 2\n\nb\n"],
  ],
  [
    ">From as the first line of a header, also twice",
    `${F}>From - ${DATE}\n>From x remote from y\nSubject: 1\n\n>From a\n\n${F}Subject: 2\n\nb\n`,
    ["Subject: 1\n\nFrom a\n", "Subject: 2\n\nb\n"],
  ],
  [
    "From without a date as the first line of a header",
    `${F}From joe and others\nSubject: 1\n\na\n`,
    ["Subject: 1\n\na\n"],
  ],
  ["a byte order mark", `\xef\xbb\xbf${F}Subject: 1\n\na\n`, ["Subject: 1\n\na\n"]],
  ["no blank line at all", `${F}Subject: 1\nTo: a`, ["Subject: 1\nTo: a"]],
  ["only separators", `${F}\n${F}\n`, ["", ""]],
  ["blank lines only", "\n\n", []],
  [
    "a long line across the chunks of the scan, and a separator at their border",
    `${F}Subject: 1\n\n${"x".repeat(300_000)}\n\n${F}Subject: 2\n\n${
      "y\n".repeat(262_144)
    }\n${F}Subject: 3\n\nc\n`,
    [
      `Subject: 1\n\n${"x".repeat(300_000)}\n`,
      `Subject: 2\n\n${"y\n".repeat(262_144)}`,
      "Subject: 3\n\nc\n",
    ],
  ],
  ["no final line end", "From a\nSubject: 1\n\nbody", ["Subject: 1\n\nbody"]],
];

for (const [name, text, messages] of forms) {
  Deno.test(`mbox: ${name}`, async () => {
    await using mbox = await mboxWith(text);
    assertEquals(await messagesOf(mboxMailbox(mbox.file)), [...messages]);
  });
}
