// An activation file request whose requester has no sign-in, and answers by mail: through a mailbox and through a pipe.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { choose, generateInCloud, label, launch, look, open, ready, signIn } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
});

const { arrived, curl, receive } = JSON.parse(process.env.AFMT_MAIL ?? "{}");

/** The mail to somebody that says `words`, once it has arrived. */
async function mail(to, words) {
  for (let tries = 0; tries < 600; tries++) {
    for (const name of await readdir(arrived)) {
      const text = (await readFile(join(arrived, name), "latin1")).replace(/=\r?\n/g, "").replaceAll("=3D", "=");
      if (text.includes(`To: ${to}`) && text.includes(words)) return text;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no mail to ${to} says ${words}`);
}

const field = (mail, name) => new RegExp(`^${name}: (.*)$`, "m").exec(mail)[1].trim();

/** Runs a program with a mail as its input. */
function pipe([program, ...words], text, env = {}) {
  const ran = spawnSync(program, words, { input: text.replaceAll("\n", "\r\n"), env: { ...process.env, ...env } });
  assert.equal(ran.status, 0, String(ran.stderr));
  return String(ran.stdout);
}

test("a stranger answers by mail, and gets a file by mail and by link that the checker finds valid", async () => {
  const email = "dana@contoso.example";
  const stranger = await open(browser);
  await stranger.page.goto("/request/new");
  await choose(stranger.page, "Activation file request");
  await choose(stranger.page, "Pay per use or hosted");
  await choose(stranger.page, "New deployment");
  const typed = {
    "First name *": "Dana",
    "Last name *": "Reyes",
    "Corporate e-mail *": email,
    "Confirm corporate e-mail *": email,
    "Employer *": "Helios Energy",
    "End user account *": "Helios Energy",
    "End user GARN": "HELIOS-2002",
    "Subject *": "A virtual cloud",
    "Description *": "We move to Frankfurt.",
    "Cloud organisation id of a virtual cloud": "5f0c2c6e-8d1b-4a53-9d0e-1b7f6a2c9e44",
    "SO# or PO# *": "SO-20001",
  };
  for (const [name, value] of Object.entries(typed)) await label(stranger.page, name).fill(value);
  await label(stranger.page, "Deployment type *").selectOption("Production");
  await stranger.page.getByRole("button", { name: "Submit and continue" }).click();
  const files = [
    { name: "order.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7\n") },
    { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("The old one is gone.") },
  ];
  await label(stranger.page, "Add files").setInputFiles(files);
  await stranger.page.getByRole("button", { name: "Upload" }).click();
  await stranger.page.getByRole("row", { name: /notes\.txt/ }).waitFor();
  await stranger.page.getByRole("button", { name: "Done" }).click();
  await stranger.page.getByRole("heading", { name: /is with us$/ }).waitFor();
  const confirmation = await mail(email, "has received your request");
  const number = /AFR-\d{7}/.exec(confirmation)[0];
  const replyTo = field(confirmation, "Reply-To");

  const analyst = await open(browser);
  await signIn(analyst.page, "lena.fischer@meridian.example");
  await analyst.page.goto("/requests");
  await analyst.page.keyboard.press("j");
  await analyst.page.keyboard.press("Enter");
  await analyst.page.waitForURL(new RegExp(number));
  await analyst.page.keyboard.press("?");
  await analyst.page.getByRole("heading", { name: "Keys" }).waitFor();
  await look(analyst.page, "request-keys");
  await analyst.page.keyboard.press("Escape");
  await analyst.page.getByRole("heading", { name: "Keys" }).waitFor({ state: "hidden" });
  await analyst.page.keyboard.press("c");
  await analyst.page.getByText("You have this request.").waitFor();
  await analyst.page.keyboard.press("r");
  await analyst.page.keyboard.type("From which day on?");
  await analyst.page.getByRole("button", { name: "Preview the mail" }).click();
  await analyst.page.getByRole("heading", { name: "The mail as it will go" }).waitFor();
  assert.equal(await label(analyst.page, "Reply").inputValue(), "From which day on?");
  await look(analyst.page, "request-preview");
  await analyst.page.getByRole("button", { name: "Send reply" }).click();

  const question = await mail(email, "From which day on?");
  const answer = (text, id) =>
    `From: Dana Reyes <${email}>\nTo: ${replyTo}\nSubject: Re: ${field(question, "Subject")}\nMessage-ID: <${id}@contoso.example>\n` +
    `In-Reply-To: ${field(question, "Message-ID")}\n\n${text}\n\nOn Friday ${field(question, "From")} wrote:\n> From which day on?\n`;
  pipe([...curl, "--mail-from", email, "--mail-rcpt", replyTo], answer("From January on.", "1"));
  assert.match(pipe(receive.words, answer("And with recording.", "2"), receive.env), /Message/);
  await assert.doesNotReject(async () => {
    for (let tries = 0; tries < 120; tries++) {
      await analyst.page.reload();
      if ((await analyst.page.getByText("From January on.").count()) === 1) return;
      await analyst.page.waitForTimeout(500);
    }
    throw new Error("the reply does not come in");
  });
  await analyst.page.getByText("And with recording.").waitFor();
  assert.equal(await analyst.page.getByText("Quoted history").count(), 2);
  await look(analyst.page, "request-by-mail");

  await generateInCloud(analyst.page);
  await label(analyst.page, "Reply").fill("Here it is.");
  await label(analyst.page, "State after it").selectOption("Fulfilled");
  await analyst.page.getByRole("button", { name: "Send reply" }).click();
  await analyst.page.getByText("Here it is.").waitFor();

  const handed = await mail(email, "Here it is.");
  const [, name, encoded] = /filename="(AF-\d{7}\.I3Lic)"[^]*?\r?\n\r?\n([A-Za-z0-9+/=\r\n]+)/.exec(handed);
  const mailed = Buffer.from(encoded.replace(/\s/g, ""), "base64");
  const link = new RegExp(`https?://\\S+/files/${name.replace(".I3Lic", "")}`).exec(handed)[0];
  const linked = await stranger.page.request.get(link);
  assert.deepEqual(Buffer.compare(mailed, await linked.body()), 0);
  await stranger.page.goto("/check");
  await ready(stranger.page);
  await label(stranger.page, "Activation file").setInputFiles({ name, mimeType: "application/octet-stream", buffer: mailed });
  await stranger.page.locator("#verdict").getByText("Valid").waitFor();
  // The same file fills in the next request.
  await stranger.page.goto("/request/new");
  await label(stranger.page, "Activation file that it is about").setInputFiles({ name, mimeType: "application/octet-stream", buffer: mailed });
  await stranger.page.getByText(`Filled in from ${name.replace(".I3Lic", "")}`).waitFor();
  assert.equal(await label(stranger.page, "End user GARN").inputValue(), "HELIOS-2002");
  assert.match(await label(stranger.page, "Subject *").inputValue(), /^About AF-\d{7}: CIC 2020 R2$/);
  await label(stranger.page, "Activation file that it is about").setInputFiles({ name: "a.I3Lic", mimeType: "text/plain", buffer: Buffer.from("nothing") });
  await stranger.page.getByText("This is no activation file.").waitFor();
  assert.deepEqual([stranger.problems, analyst.problems], [[], []]);
  await stranger.context.close();
  await analyst.context.close();
});

test("an unverified mail is added to its request, and the workbench's other pages are sound", async () => {
  pipe(receive.words, "From: eve@evil.example\nSubject: Who is there?\n\nHello.\n", receive.env);
  const { context, page, problems } = await open(browser);
  await signIn(page, "lena.fischer@meridian.example");
  await page.goto("/requests?view=all");
  await look(page, "requests-all");
  await page.getByRole("link", { name: /^Unverified mail/ }).click();
  await look(page, "mail-tray");
  await label(page, "Number of the request").fill("AFR-0000001");
  await page.getByRole("button", { name: "Add to request: Who is there?" }).click();
  await page.getByText("Hello.").waitFor();
  for (const [address, name] of [
    ["/requests/figures", "request-figures"],
    ["/requests/answers", "canned-answers"],
  ]) {
    await page.goto(address);
    await look(page, name);
  }
  await page.goto("/sign-in");
  await signIn(page, "sam.okafor@meridian.example");
  await page.goto("/requests/form");
  await look(page, "request-form-document");
  assert.deepEqual(problems, []);
  await context.close();
});
