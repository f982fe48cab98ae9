// The main job: sign in, generate a production file for a switchover pair, download it. With script and without.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { keyboard, launch, look, open, out, ready, signIn } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
});

const pair = {
  "Host id": "63:00:27:0e:26:df",
  "Machine name": "indy-contact-center-production-01.acme-contact-centers.example",
  "Host id of the switchover server": "A3155D1E8B32",
  "Machine name of the switchover server": "indy-contact-center-production-02.acme-contact-centers.example",
};

async function choose(page) {
  await page.getByLabel("Install site").selectOption("Indianapolis DC 1");
  await page.getByLabel("Product", { exact: true }).selectOption("CIC");
  await page.getByLabel("Product version").selectOption("2020 R2");
  await page.getByRole("button", { name: "Go" }).click();
}

async function fillIn(page) {
  for (const [label, value] of Object.entries(pair)) await page.getByLabel(label, { exact: true }).fill(value);
  await page.getByLabel("Mail connector").selectOption("Exchange");
  await page.getByLabel("CIC Server, Advanced").check();
  await page.getByLabel("CIC Switchover Server, Advanced").check();
  await page.getByLabel("Contact Center Level 1, assigned").fill("5");
  await page.getByLabel("Contact Center Level 1, pooled").fill("25");
}

async function download(page) {
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: /^Download AF-/ }).click(),
  ]);
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

for (const javaScriptEnabled of [true, false]) {
  test(`the main job, script ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const { context, page, problems } = await open(browser, { javaScriptEnabled });
    const seen = async (name) => {
      if (!javaScriptEnabled) return;
      await ready(page);
      await look(page, name);
    };
    await page.goto("/accounts/ACME-1001/files/new");
    await seen("sign-in");
    await page.getByLabel("E-mail address").fill("amelia.hart@acme.example");
    await page.getByLabel("Password").fill("walk the ledger");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "New activation file" }).waitFor();
    assert.match(page.url(), /\/accounts\/ACME-1001\/files\/new$/);
    await seen("new-file-choices");

    await choose(page);
    await seen("new-file-empty");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("heading", { name: "There is a problem" }).waitFor();
    assert.match(await page.title(), /^Error: /);
    await seen("new-file-refused");

    await fillIn(page);
    await page.getByLabel("Interaction Tracker, assigned").fill("51");
    if (javaScriptEnabled) {
      const preview = page.getByRole("region", { name: "Preview" });
      await preview.getByText("Only 50 of 50 assigned Interaction Tracker are available; you asked for 51.").waitFor();
      await preview.getByText("I3_LICENSE_BASIC_STATION").waitFor();
      await page.getByText("Read as 6300270E26DF.").waitFor();
    }
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("link", { name: "Only 50 of 50 assigned Interaction Tracker are available; you asked for 51." }).waitFor();
    assert.equal(await page.getByLabel("Host id", { exact: true }).inputValue(), pair["Host id"]);
    await seen("new-file-shortfall");
    await page.getByLabel("Interaction Tracker, assigned").fill("");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("heading", { name: "Check your answers" }).waitFor();
    await seen("check");

    await page.getByRole("button", { name: "Change" }).click();
    assert.equal(await page.getByLabel("Machine name", { exact: true }).inputValue(), pair["Machine name"]);
    await seen("new-file");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("button", { name: "Generate activation file" }).click();
    await page.getByText(/^Activation file AF-\d{7} was generated\.$/).waitFor();
    await seen("file");

    const first = await download(page);
    const second = await download(page);
    assert.deepEqual(first, second);
    assert.match(first.name, /^AF-\d{7}\.I3Lic$/);
    const text = first.bytes.toString();
    for (const line of ['host_id = "6300270E26DF"', 'host_id = "A3155D1E8B32"', "I3_LICENSE_BASIC_STATION = 30"]) {
      assert.ok(text.includes(line), line);
    }
    const folder = javaScriptEnabled ? "script-on" : "script-off";
    await writeFile(join(out, `${folder}.I3Lic`), first.bytes);
    for (const tool of ["openssl", "python", "node"]) {
      await writeFile(join(out, `${folder}.${tool}`), await page.locator(`#${tool}`).textContent());
    }
    await writeFile(join(out, `${folder}.name`), first.name);

    await page.goto("/check");
    if (javaScriptEnabled) await ready(page);
    await page.getByLabel("Activation file", { exact: true }).setInputFiles(join(out, `${folder}.I3Lic`));
    if (!javaScriptEnabled) await page.getByRole("button", { name: "Check", exact: true }).click();
    await page.locator("#verdict").getByText("Valid").waitFor();
    assert.deepEqual(problems, []);
    await context.close();
  });
}

test("every other page, in both themes and widths", async () => {
  const { context, page, problems } = await open(browser);
  await page.goto("/keys");
  await ready(page);
  await look(page, "keys");
  await page.goto("/no-such-page");
  await look(page, "not-found");
  await signIn(page, "amelia.hart@acme.example");
  await page.getByRole("heading", { name: "Acme Contact Centers" }).waitFor();
  await look(page, "overview");
  await page.goto("/accounts/ACME-1001/files");
  await look(page, "files");
  assert.deepEqual(problems, []);
  await context.close();

  const analyst = await open(browser);
  await signIn(analyst.page, "lena.fischer@meridian.example");
  await analyst.page.getByRole("heading", { name: "Accounts" }).waitFor();
  await look(analyst.page, "accounts");
  await analyst.page.goto("/accounts?q=nobody");
  await look(analyst.page, "accounts-no-match");
  await analyst.page.goto("/accounts/NORDIC-3003/files");
  await look(analyst.page, "files-empty");
  await analyst.page.goto("/accounts/HELIOS-2002/files/new?product=CIC&version=2020+R2&type=production");
  await ready(analyst.page);
  await look(analyst.page, "new-file-subscription");
  // For a virtual cloud the form asks for no host, and for what the enforcement needs.
  await analyst.page.getByLabel("Host id", { exact: true }).waitFor();
  await analyst.page.getByLabel("Virtual cloud").check();
  await analyst.page.getByLabel("Host id", { exact: true }).waitFor({ state: "hidden" });
  await analyst.page.getByLabel("Ramp date").fill("2099-01-01");
  await analyst.page.getByLabel("Grace period, in days").fill("0");
  await analyst.page.getByLabel("Machine name", { exact: true }).fill("frankfurt-contact-center-virtual-cloud-01.helios-energie.example");
  await analyst.page.getByLabel("CIC Server, Advanced").check();
  await analyst.page.getByLabel("Provide switchover information at another time").check();
  await analyst.page.getByRole("button", { name: "Continue" }).click();
  await analyst.page.getByRole("link", { name: "The grace period is a number of days from 1 to 365." }).waitFor();
  await ready(analyst.page);
  await look(analyst.page, "new-file-virtual-cloud");
  await analyst.page.goto("/accounts/HELIOS-2002/cloud");
  await look(analyst.page, "cloud-connection");
  for (const type of ["development-bundled", "development-ordered-large", "trial", "evaluation"]) {
    await analyst.page.goto(`/accounts/ACME-1001/files/new?product=CIC&version=2020+R2&type=${type}`);
    await ready(analyst.page);
    await look(analyst.page, `new-file-${type}`);
  }
  assert.deepEqual(analyst.problems, []);
  await analyst.context.close();

  const uncertified = await open(browser);
  await signIn(uncertified.page, "owen.blake@acme.example");
  await uncertified.page.goto("/accounts/ACME-1001/files/new?product=CIC&version=2020+R2&type=production");
  await uncertified.page.getByText("You hold no certification for CIC.").waitFor();
  await look(uncertified.page, "not-eligible");
  assert.deepEqual(uncertified.problems, []);
  await uncertified.context.close();
});

test("what is refused or interrupted is a page, too", async () => {
  const { context, page, problems } = await open(browser);
  await signIn(page, "amelia.hart@acme.example", "not her password");
  await page.getByRole("heading", { name: "There is a problem" }).waitFor();
  await look(page, "sign-in-refused");

  await signIn(page, "amelia.hart@acme.example");
  const form = "/accounts/ACME-1001/files/new?site=1&product=MediaServer&version=2020+R2&type=production";
  const complete = `${form}&server_item=SW-002-4.0-SV01&machine_name=MS-ONCE&host_id=0A0B0C0D0E11`;
  await page.goto(complete);
  await context.clearCookies();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("Your session ended.").waitFor();
  await look(page, "sign-in-interrupted");
  await page.getByLabel("E-mail address").fill("amelia.hart@acme.example");
  await page.getByLabel("Password").fill("walk the ledger");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "New activation file" }).waitFor();
  await ready(page);
  assert.equal(await page.getByLabel("Machine name", { exact: true }).inputValue(), "MS-ONCE");

  // The form of a file that was generated already, sent again with other content: as from a page that was left open.
  const key = await page.locator("input[name=key]").inputValue();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Generate activation file" }).click();
  await page.getByText(/was generated\.$/).waitFor();
  await page.goto(complete.replace("MS-ONCE", "MS-TWICE"));
  await page.locator("input[name=key]").evaluate((input, used) => (input.value = used), key);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Generate activation file" }).click();
  await page.getByRole("heading", { name: "This form was already used" }).waitFor();
  await ready(page);
  await look(page, "already-used");

  await page.getByLabel("Machine name", { exact: true }).evaluate((input) => (input.value = "x".repeat(70_000)));
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "Too large" }).waitFor();
  await look(page, "too-large");
  assert.deepEqual(problems, []);
  await context.close();
});

test("the main job with the keyboard alone", async () => {
  const { context, page, problems } = await open(browser);
  const { to, type } = keyboard(page);
  await page.goto("/accounts/ACME-1001/files/new");
  await type("E-mail address", "amelia.hart@acme.example");
  await type("Password", "walk the ledger");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "New activation file" }).waitFor();
  await type("Install site", "Ind");
  await type("Product", "CIC");
  await type("Product version", "2020 R2");
  await to(page.getByRole("button", { name: "Go" }));
  await page.keyboard.press("Enter");
  await page.getByLabel("Host id", { exact: true }).waitFor();
  await ready(page);
  await type("Host id", "0A0B0C0D0E0F");
  await type("Machine name", "IC-LAB-01");
  await type("Mail connector", "None");
  await to(page.getByLabel("CIC Server, Basic"));
  await page.keyboard.press("Space");
  await to(page.getByLabel("Provide switchover information at another time"));
  await page.keyboard.press("Space");
  await page.getByLabel("Host id of the switchover server").waitFor({ state: "hidden" });
  // Enter in a field continues; it does not press Go.
  await type("Basic Station, assigned", "1");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Check your answers" }).waitFor();
  await to(page.getByRole("button", { name: "Generate activation file" }));
  await page.keyboard.press("Enter");
  await page.getByText(/^Activation file AF-\d{7} was generated\.$/).waitFor();
  assert.deepEqual(problems, []);
  await context.close();
});

test("a file for a virtual cloud with the keyboard alone", async () => {
  const { context, page, problems } = await open(browser);
  const { to, type } = keyboard(page);
  await page.goto("/accounts/HELIOS-2002/files/new?site=4&product=CIC&version=2020+R2&type=production");
  await type("E-mail address", "lena.fischer@meridian.example");
  await type("Password", "walk the ledger");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Enter your code" }).waitFor();
  await type("Code", await page.locator(".demo-code").textContent());
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "New activation file" }).waitFor();
  await ready(page);
  // The radio buttons are one stop: arrows choose, and what the choice needs comes next.
  await to(page.getByLabel("The server uploads its usage by itself"));
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.getByLabel("Virtual cloud").isChecked(), true);
  // Enforcement starts on the server's own today, whatever its clock says.
  const [, year, month, day] = (await page.content()).match(/today[^0-9]{1,20}(\d{4})-(\d{2})-(\d{2})/);
  await to(page.getByLabel("Ramp date"));
  await page.keyboard.type(`${month}${day}${year}`);
  await type("Grace period, in days", "7");
  await type("Machine name", "frankfurt-virtual-cloud-01");
  await type("Mail connector", "None");
  await to(page.getByLabel("CIC Server, Advanced"));
  await page.keyboard.press("Space");
  await to(page.getByLabel("Provide switchover information at another time"));
  await page.keyboard.press("Space");
  await to(page.getByRole("button", { name: "Continue" }));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Check your answers" }).waitFor();
  await to(page.getByRole("button", { name: "Generate activation file" }));
  await page.keyboard.press("Enter");
  await page.getByText(/^Activation file AF-\d{7} was generated\.$/).waitFor();
  assert.deepEqual(problems, []);
  await context.close();
});
