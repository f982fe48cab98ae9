// A vendor from nothing: the link of the terminal, a catalogue, mail that was tried, an analyst, an import, a customer who was invited by mail, and their
// first file. Without demo data, with script and without.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { keyboard, label, launch, look, open, out, ready } from "./browser.mjs";

const { arrived, link, catalogue, script } = JSON.parse(process.env.AFMT_MAIL ?? "{}");

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const password = "seven lamps burn by the quay";

/** What an authenticator app shows now for a secret in base 32. RFC 6238. */
function code(secret) {
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
  const digest = createHmac("sha1", key).update(counter).digest();
  const at = digest.at(-1) & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, "0");
}

/** The path of the invitation that was mailed to somebody. */
async function invitation(email) {
  for (let tries = 0; tries < 600; tries++) {
    for (const name of await readdir(arrived)) {
      const text = (await readFile(join(arrived, name), "latin1")).replace(/=\r?\n/g, "").replaceAll("=3D", "=");
      const path = text.includes(`To: ${email}`) && /\/invitation\/[A-Za-z0-9_-]+/.exec(text);
      if (path) return path[0];
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no invitation to ${email}`);
}

const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();

/** Accepts an invitation, in a browser of one's own, with the keyboard alone. */
async function accept(path, name) {
  const opened = await open(browser, { javaScriptEnabled: script });
  const { page } = opened;
  await page.goto(path);
  await heading(page, "Invitation");
  if (script) await look(page, "invitation");
  const { to, type } = keyboard(page);
  await type("Your name", name);
  await type("Choose a password", password);
  await to(page.getByRole("button", { name: "Accept the invitation" }));
  await page.keyboard.press("Enter");
  return opened;
}

/** Sets up the second factor that the page shows, with the keyboard alone. */
async function secondFactor(page) {
  await heading(page, "Set up a second factor");
  if (script) await look(page, "second-factor");
  const secret = await page.locator("input[name=secret]").inputValue();
  const { to, type } = keyboard(page);
  await type("Code that the app shows", code(secret));
  await to(page.getByRole("button", { name: "Set it up" }));
  await page.keyboard.press("Enter");
  await heading(page, "Recovery codes");
  assert.equal(await page.locator("tbody tr").count(), 10);
  if (script) await look(page, "recovery-codes");
  await page.getByRole("link", { name: "Go on" }).click();
}

/** Asks for the page again until it says `words`. Without script there is nothing that does so by itself. */
async function until(page, words) {
  for (let tries = 0; tries < 600; tries++) {
    if (await page.getByText(words).first().isVisible()) return;
    await page.reload();
  }
  throw new Error(`the page does not say ${words}`);
}

test(`a vendor from nothing, script ${script ? "on" : "off"}`, async () => {
  const sam = await accept(link, "Sam Okafor");
  await secondFactor(sam.page);
  await heading(sam.page, /checklist|needs/i);
  if (script) await look(sam.page, "checklist");
  await sam.page.getByRole("button", { name: "Send me a test mail" }).click();
  await sam.page.getByRole("link", { name: "Products, versions and parts" }).click();
  await heading(sam.page, "Catalogue");
  await sam.page.locator("input[type=file]").setInputFiles(catalogue);
  await sam.page.getByRole("button", { name: "Compare" }).click();
  await heading(sam.page, "Apply a catalogue");
  await sam.page.getByRole("button", { name: "Apply the catalogue" }).click();
  await heading(sam.page, "Catalogue");
  await sam.page.goto("/people");
  await label(sam.page, "E-mail address").fill("lena.fischer@vendor.example");
  await sam.page.getByRole("radio", { name: /^Licensing analyst/ }).check();
  await sam.page.getByRole("button", { name: "Invite", exact: true }).click();
  await sam.page.getByText("lena.fischer@vendor.example is invited.").waitFor();

  const lena = await accept(await invitation("lena.fischer@vendor.example"), "Lena Fischer");
  await secondFactor(lena.page);
  await heading(lena.page, "Accounts");
  await lena.page.getByRole("link", { name: "Import accounts and orders" }).click();
  const table = [
    "garn,account,licence_model,time_zone,sales_order,line,purchase_order,ordered_on,part,assigned,maintenance_end,site,site_country",
    "FJORD-1,Fjord Kundesenter AS,perpetual,Europe/Oslo,SO-300001,1,PO-7,2019-05-06,SW-001-4.0-SV02,1,2099-05-05,Bergen,Norway",
    "FJORD-1,,,,SO-300001,2,PO-7,2019-05-06,SW-001-4.0-AL01,30,2099-05-05,,",
  ];
  const file = { name: "orders.csv", mimeType: "text/csv", buffer: Buffer.from(table.join("\n")) };
  await lena.page.locator("input[type=file]").setInputFiles(file);
  await lena.page.getByRole("button", { name: "Compare" }).click();
  await until(lena.page, "Nothing is changed yet.");
  if (script) await look(lena.page, "import");
  await lena.page.getByRole("button", { name: "Apply all lines" }).click();
  await until(lena.page, "All lines are applied.");
  await lena.page.goto("/accounts/FJORD-1/people");
  await label(lena.page, "E-mail address").fill("ingrid.dahl@fjord.example");
  await lena.page.getByRole("button", { name: "Invite", exact: true }).click();
  await lena.page.getByText("ingrid.dahl@fjord.example is invited.").waitFor();

  const ingrid = await accept(await invitation("ingrid.dahl@fjord.example"), "Ingrid Dahl");
  await heading(ingrid.page, "Fjord Kundesenter AS");
  // A second factor is hers to choose.
  await ingrid.page.goto("/profile");
  if (script) await look(ingrid.page, "profile");
  await ingrid.page.getByRole("link", { name: "Set up a second factor" }).click();
  await secondFactor(ingrid.page);
  await heading(ingrid.page, "Fjord Kundesenter AS");

  await lena.page.goto("/accounts/FJORD-1/people");
  await lena.page.getByRole("link", { name: "Change what Ingrid Dahl may do" }).click();
  await label(lena.page, "Product").selectOption("CIC");
  await label(lena.page, "First day").fill("2020-01-01");
  await label(lena.page, "Last day").fill("2099-12-31");
  await lena.page.getByRole("button", { name: "Enter", exact: true }).click();
  await lena.page.getByText("2099").first().waitFor();

  await ingrid.page.goto("/accounts/FJORD-1/files/new");
  await label(ingrid.page, "Install site").selectOption("Bergen");
  await label(ingrid.page, "Product").selectOption("CIC");
  await label(ingrid.page, "Product version").selectOption("2020 R2");
  await ingrid.page.getByRole("button", { name: "Go" }).click();
  await label(ingrid.page, "Host id").fill("00-50-56-84-E9-A1");
  if (script) await ready(ingrid.page);
  await label(ingrid.page, "Machine name").fill("bergen-cic-01");
  await label(ingrid.page, "Mail connector").selectOption("Exchange");
  await ingrid.page.getByLabel("CIC Server, Intermediate").check();
  await label(ingrid.page, "Basic Station, assigned").fill("30");
  await ingrid.page.getByRole("button", { name: "Continue" }).click();
  await ingrid.page.getByRole("button", { name: "Generate activation file" }).click();
  await ingrid.page.getByText(/^Activation file AF-\d{7} was generated\.$/).waitFor();
  const [download] = await Promise.all([
    ingrid.page.waitForEvent("download"),
    ingrid.page.getByRole("link", { name: /^Download AF-/ }).click(),
  ]);
  await writeFile(join(out, "first.I3Lic"), await readFile(await download.path()));
  for (const tool of ["openssl", "python", "node"]) {
    await writeFile(join(out, `first.${tool}`), await ingrid.page.locator(`#${tool}`).textContent());
  }
  await writeFile(join(out, "first.name"), download.suggestedFilename());

  // What was done is told, to each as far as it is theirs.
  await ingrid.page.getByRole("link", { name: "History" }).click();
  await ingrid.page.getByText(/^Generated activation file AF-/).waitFor();
  if (script) await look(ingrid.page, "history");
  await sam.page.goto("/setup");
  assert.equal(await sam.page.locator("ol.checklist .badge", { hasText: "To do" }).count(), 0);
  for (const { context, problems } of [sam, lena, ingrid]) {
    assert.deepEqual(problems, []);
    await context.close();
  }
});
