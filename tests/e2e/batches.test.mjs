// Bulk actions: from a table and from a selection, with their progress. With script, without, and with the keyboard alone.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { keyboard, launch, look, open, ready, signIn } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
});

const acme = "/accounts/ACME-1001";

const mediaServer = (number) => `indianapolis-dc-1-media-server-${number}.acme-contact-centers.example`;

async function downloaded(page, name) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name }).click()]);
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

for (const javaScriptEnabled of [true, false]) {
  test(`many files from a table and a selection, script ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const { context, page, problems } = await open(browser, { javaScriptEnabled });
    const settled = async () => {
      if (javaScriptEnabled) await ready(page);
    };
    const seen = async (name) => {
      if (!javaScriptEnabled) return;
      await ready(page);
      await look(page, name);
    };
    const done = async (lines) => {
      await page.getByRole("heading", { name: / – done$/ }).waitFor();
      assert.equal(await page.locator("main .note[role=status] strong").textContent(), lines);
    };
    await signIn(page, "amelia.hart@acme.example");
    await page.getByRole("heading", { name: "Acme Contact Centers" }).waitFor();

    // What all have in common is filled in once.
    await page.goto(`${acme}/files/new?product=MediaServer&version=2020+R2&type=production&site=1`);
    await settled();
    await page.getByRole("radio", { name: /^Media Server/ }).check();
    await page.getByLabel("Media Server Sessions, assigned").fill("25");
    await page.getByRole("button", { name: "Use for several machines" }).click();
    await page.getByRole("heading", { name: "Bulk actions" }).waitFor();
    await page.getByText("Media Server 2020 R2").waitFor();
    await seen("batch-new");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("link", { name: "Choose a table, or paste its lines." }).waitFor();
    await seen("batch-refused");
    const hosts = javaScriptEnabled ? ["005056B10001", "005056B10002"] : ["005056B20001", "005056B20002"];
    const table = [
      "Machine name;Host id;Site",
      ...hosts.map((host, number) => `${mediaServer(number + 1)};${host};${number ? "Columbus DR" : ""}`),
      `${mediaServer(3)};${hosts[0].slice(1)};`,
      `${mediaServer(4)};${hosts[0].slice(0, 11)}F;Old Mill Road`,
    ].join("\r\n");
    await page.getByLabel("Table", { exact: true }).setInputFiles({ name: "machines.csv", mimeType: "text/csv", buffer: Buffer.from(table) });
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("heading", { name: /generate 2 files$/ }).waitFor();
    await page.getByText("A host id has 12 hexadecimal digits; this one has 11.").waitFor();
    await page.getByText("Install site Old Mill Road is not active. Choose an active site.").waitFor();
    await seen("batches");
    await page.getByText("All or nothing is not offered: 2 lines are refused.").waitFor();
    assert.equal(await page.getByRole("radio", { name: /^Line by line/ }).isChecked(), true);
    await page.getByRole("button", { name: "Generate 2 files" }).click();
    await done("Lines: 2 generated, 2 refused.");
    await seen("batch");
    const zip = await downloaded(page, "Download files (ZIP)");
    assert.match(zip.name, /^BT-\d{7}\.zip$/);
    assert.equal(zip.bytes.subarray(0, 4).toString("latin1"), "PK\u0003\u0004");
    assert.ok(zip.bytes.includes("host_id = \"" + hosts[1] + "\""));
    const lines = await downloaded(page, "Download CSV");
    assert.match(lines.bytes.toString(), /3,refused,Host id: A host id has 12/);

    await page.goto(`${acme}/files?active=all`);
    await seen("activity");

    // A selection in the list: nothing was renewed, so refreshing leaves them; deactivating gives them back.
    const chosen = async (button) => {
      await page.goto(`${acme}/files?machine=indianapolis-dc-1-media*`);
      await settled();
      for (const box of await page.getByRole("checkbox", { name: /^Select AF-/ }).all()) await box.check();
      await page.getByRole("button", { name: button }).click();
    };
    await page.goto(`${acme}/files`);
    await page.getByRole("button", { name: "Refresh selected" }).click();
    await page.getByRole("link", { name: "Select at least one file." }).waitFor();
    await seen("selection-refused");
    await chosen("Refresh selected");
    await page.getByText("No line has anything to do.").waitFor();
    await seen("batch-nothing");
    await chosen("Deactivate selected");
    await page.getByRole("button", { name: "Deactivate 2 files" }).click();
    await page.getByRole("link", { name: "Select a reason." }).waitFor();
    await seen("batch-deactivate-refused");
    await page.getByLabel("A server was added or replaced").check();
    await page.getByLabel("Number of files").fill("2");
    await page.getByRole("button", { name: "Deactivate 2 files" }).click();
    await done("Lines: 2 deactivated.");
    await page.goto(`${acme}/batches`);
    await seen("batch-list");
    assert.deepEqual(problems, []);
    await context.close();
  });

  test(`a batch of many lines tells how far it is, script ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const { context, page, problems } = await open(browser, { javaScriptEnabled });
    await signIn(page, "petra.novak@brightwater.example");
    await page.getByRole("heading", { name: "Accounts" }).waitFor();
    await page.goto("/accounts/BRIGHTWATER-9001/files/new?product=MediaServer&version=2020+R2&type=development-partner&site=7");
    if (javaScriptEnabled) await ready(page);
    await page.getByRole("radio", { name: /^Media Server/ }).check();
    await page.getByRole("button", { name: "Use for several machines" }).click();
    await page.getByRole("heading", { name: "Bulk actions" }).waitFor();
    const count = 1_500;
    const first = javaScriptEnabled ? 0xa0000000 : 0xb0000000;
    const machines = Array.from({ length: count }, (_, at) => `LAB-${at},0050${(first + at).toString(16)}`);
    await page.getByLabel("Table", { exact: true }).setInputFiles({
      name: "lab.csv",
      mimeType: "text/csv",
      buffer: Buffer.from(["machine_name,host_id", ...machines].join("\n")),
    });
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("heading", { name: /generate 1,500 files$/ }).waitFor();
    await page.getByRole("radio", { name: /^Line by line/ }).check();
    const under = page.waitForResponse((answer) => /\/batches\/BT-\d+$/.test(answer.url()) && answer.status() === 200);
    await page.getByRole("button", { name: "Generate 1,500 files" }).click();
    const running = await (await under).text();
    assert.match(running, /Under way\./);
    // The page comes to the end by itself.
    await page.getByRole("heading", { name: / – done$/ }).waitFor();
    assert.equal(await page.locator("main .note[role=status] strong").textContent(), "Lines: 1,500 generated.");
    if (javaScriptEnabled) {
      const address = page.url();
      await page.route(address, (route) => route.fulfill({ contentType: "text/html", body: running }));
      await page.goto(address);
      await page.getByRole("progressbar").waitFor();
      await look(page, "batch-running");
      await page.unroute(address);
      await page.getByRole("heading", { name: / – done$/ }).waitFor();
      await page.getByRole("link", { name: "Next page" }).click();
      await page.getByRole("rowheader", { name: "101", exact: true }).waitFor();
    }
    assert.deepEqual(problems, []);
    await context.close();
  });
}

test("a batch with the keyboard alone", async () => {
  const { context, page, problems } = await open(browser);
  await signIn(page, "amelia.hart@acme.example");
  await page.getByRole("heading", { name: "Acme Contact Centers" }).waitFor();
  const { to, type } = keyboard(page);
  await page.goto(`${acme}/batches?kind=generate&product=MediaServer&version=2020+R2&type=production&site=1&server_item=SW-002-4.0-SV01`);
  await ready(page);
  await type("Or paste its lines here", `machine_name,host_id\n${mediaServer(9)},005056B30001`);
  await to(page.getByRole("button", { name: "Continue" }));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /generate 1 file$/ }).waitFor();
  await to(page.getByRole("radio", { name: /^All or nothing/ }));
  await page.keyboard.press("ArrowDown");
  await to(page.getByRole("button", { name: "Generate 1 file" }));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: / – done$/ }).waitFor();
  await page.goto(`${acme}/files?machine=indianapolis-dc-1-media*`);
  await to(page.getByRole("checkbox", { name: /^Select AF-/ }));
  await page.keyboard.press("Space");
  await to(page.getByRole("button", { name: "Deactivate selected" }));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /deactivate 1 file$/ }).waitFor();
  await to(page.getByLabel("It was generated wrongly"));
  await page.keyboard.press("Space");
  await type("Number of files", "1");
  await to(page.getByRole("button", { name: "Deactivate 1 file" }));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: / – done$/ }).waitFor();
  assert.deepEqual(problems, []);
  await context.close();
});

test("many add-on items are found with the keyboard alone, and the chosen ones stand on top", async () => {
  const { context, page, problems } = await open(browser);
  const { to, type } = keyboard(page);
  await signIn(page, "lena.fischer@meridian.example");
  await page.getByRole("heading", { name: "Accounts" }).waitFor();
  await page.goto(`${acme}/files/new?product=CIC&version=2020+R2&type=trial`);
  await ready(page);
  const level = page.getByLabel("Contact Center Level 2, assigned");
  assert.equal(await level.isVisible(), false, "groups are closed");
  await to(page.getByLabel("Find an item"));
  await page.keyboard.type("contact level");
  await page.getByText(/^3 of \d+ items\.$/).waitFor();
  assert.equal(await page.locator("details.group:visible").count(), 1);
  // Enter in the box sends nothing.
  await page.keyboard.press("Enter");
  await type("Contact Center Level 2, assigned", "5");
  await to(page.getByLabel("Find an item"));
  for (const _ of "contact level") await page.keyboard.press("Backspace");
  await page.getByText(/items by kind/).waitFor();
  assert.equal(await level.isVisible(), true, "what is filled in stays in sight");
  await to(page.getByRole("button", { name: "Go" }));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Chosen" }).waitFor();
  assert.equal(await level.inputValue(), "5");
  const address = new URL(page.url());
  assert.deepEqual([...address.searchParams].filter(([, value]) => value === ""), [], "no field is empty");
  assert.equal(address.searchParams.get("assigned.SW-001-4.0-AL05"), "5");
  await ready(page);
  await look(page, "new-file-chosen");
  assert.deepEqual(problems, []);
  await context.close();
});

test("an administrator sees what waits", async () => {
  const { context, page, problems } = await open(browser, { javaScriptEnabled: false });
  await signIn(page, "sam.okafor@meridian.example");
  await page.getByRole("heading", { name: "Checklist" }).waitFor();
  await page.getByRole("link", { name: "Background jobs" }).click();
  await page.getByRole("heading", { name: "Background jobs" }).waitFor();
  await context.close();
  assert.deepEqual(problems, []);
});
