// Every page of every role, with long names and wrong input: nothing scrolls sideways at any width or zoom, and axe finds nothing.
//
// AFMT_WIDTHS are the widths to look at, 375 alone if it is not set; with it, 200 % zoom, forced colours and reduced motion are looked at, too.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, fits, launch, open, ready, signIn } from "../browser.mjs";

const all = process.env.AFMT_WIDTHS;
const widths = (all ?? "375").split(",").map(Number);

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const acme = "/accounts/ACME-1001";
const long = "x".repeat(100);
const machine = `${"oslo-fornebu-contact-center-production".repeat(2)}.example`;

const pages = {
  "amelia.hart@acme.example": [
    "/",
    `${acme}/summary`,
    `${acme}/software`,
    `${acme}/files?active=all`,
    `${acme}/files?from=tomorrow&to=x&active=perhaps`,
    `${acme}/files?machine=nothing`,
    `${acme}/files?sort=machine&rows=100`,
    `${acme}/upgrade`,
    `${acme}/upgrade?without`,
    `${acme}/upgrade?history`,
    `${acme}/files/new`,
    `${acme}/files/new?step=go`,
    `${acme}/files/new?product=CIC&version=2020+R4&type=production`,
    `${acme}/files/new?product=CIC&version=3.0&type=production`,
    `${acme}/sites?inactive`,
    `${acme}/sites/new`,
    `${acme}/sites/1`,
    `${acme}/batches`,
    `${acme}/nothing`,
    `/search?account=ACME-1001&q=${long}`,
    "/search?account=ACME-1001&q=o",
    "/help?account=ACME-1001",
    "/check?account=ACME-1001",
    "/keys?account=ACME-1001",
    "/request?account=ACME-1001",
    "/request/new?account=ACME-1001&kind=file&category=genesys&type=new-deployment",
    "/requests?account=ACME-1001",
    `${acme}/people`,
    `${acme}/orders`,
    `${acme}/orders?order=SO-104417`,
    `${acme}/history`,
    `${acme}/history?from=yesterday`,
    "/profile/second-factor",
  ],
  "ruth.vance@acme.example": [acme, `${acme}/summary`, `${acme}/files/new`],
  "hanna.vogt@helios.example": ["/", "/accounts/HELIOS-2002/upgrade", "/accounts/HELIOS-2002/cloud", "/accounts/HELIOS-2002/files/new"],
  "petra.novak@brightwater.example": ["/accounts", "/accounts/NORDIC-3003/upgrade", "/accounts/BRIGHTWATER-9001/files/new"],
  "lena.fischer@meridian.example": [
    "/accounts",
    "/accounts/HELIOS-2002/files/new?product=CIC&version=2020+R4&type=production",
    "/accounts/HELIOS-2002/cloud",
    "/accounts/NORDIC-3003",
    "/imports",
    "/new-account",
    "/certifications",
    "/accounts/ACME-1001/files/AF-0000001/revoke",
    "/accounts/ACME-1001/settings",
    "/accounts/ACME-1001/orders/new",
    "/accounts/ACME-1001/people/1",
    "/requests",
    "/requests?view=all&q=nobody@contoso.example",
  ],
  "sam.okafor@meridian.example": ["/setup", "/people", "/people/1", "/catalogue", "/accounts", "/jobs", "/history", "/profile", "/nothing"],
};

/** A file for a pair whose names are as long as names can be, at a site of the same kind. */
async function fill(page) {
  await page.goto(`${acme}/sites/new`);
  await page.getByLabel("Name", { exact: true }).fill(long);
  await page.getByLabel("Country").fill("Norway");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText(/was saved\./).waitFor();
  await page.goto(`${acme}/files/new?product=CIC&version=2020+R4&type=production`);
  await page.getByLabel("Install site", { exact: true }).selectOption(long);
  await page.getByLabel("Host id", { exact: true }).fill("630027000001");
  await page.getByLabel("Machine name", { exact: true }).fill(machine);
  await page.getByLabel("Mail connector").selectOption("Exchange");
  await page.getByLabel("CIC Server, Advanced").check();
  await page.getByLabel("Host id of the switchover server").fill("630027000002");
  await page.getByLabel("Machine name of the switchover server").fill(`b-${machine}`);
  await page.getByLabel("CIC Switchover Server, Advanced").check();
  await page.getByRole("button", { name: "Continue", exact: true }).last().click();
  await page.getByRole("button", { name: "Generate activation file" }).click();
  await page.getByText(/was generated\.$/).waitFor();
  const file = new URL(page.url()).pathname;
  pages["amelia.hart@acme.example"].push(file, `${file}/update`, `${file}/deactivate`);
}

async function seen(page, what) {
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    await fits(page, `${what} at ${width} px`);
    if (width < 640 && (await page.locator(".menu").count()) > 0) {
      const height = await page.locator("header.site").evaluate((header) => header.getBoundingClientRect().height);
      assert.ok(height <= 120, `the header of ${what} is ${height} px high at ${width} px`);
    }
  }
  await accessible(page, what);
  if (!all) return;
  // 200 % of zoom is half of the width.
  await page.setViewportSize({ width: 640, height: 450 });
  await fits(page, `${what} at 200 %`);
  for (const media of [{ forcedColors: "active" }, { forcedColors: "none", reducedMotion: "no-preference" }]) {
    await page.emulateMedia(media);
    await fits(page, `${what}, ${JSON.stringify(media)}`);
  }
  await page.emulateMedia({ reducedMotion: "reduce" });
}

test("every page fits and is accessible, with the longest names", async () => {
  const { context, page } = await open(browser);
  await signIn(page, "amelia.hart@acme.example");
  await page.getByRole("heading", { name: "Acme Contact Centers" }).waitFor();
  await fill(page);
  await context.close();
  for (const [email, addresses] of Object.entries(pages)) {
    const { context, page, problems } = await open(browser);
    await signIn(page, email);
    await page.waitForURL((url) => url.pathname !== "/sign-in");
    for (const address of addresses) {
      await page.goto(address);
      await seen(page, `${address} of ${email}`);
    }
    assert.deepEqual(problems, []);
    await context.close();
  }
});

test("on a phone the preview stays in sight, covers no focus, and opens", async () => {
  const { context, page, problems } = await open(browser, { viewport: { width: 375, height: 700 } });
  await signIn(page, "amelia.hart@acme.example");
  await page.getByRole("heading", { name: "Acme Contact Centers" }).waitFor();
  await page.goto(`${acme}/files/new?product=CIC&version=2020+R4&type=production&server_item=SW-001-4.0-SV03`);
  await ready(page);
  const preview = page.getByRole("region", { name: "Preview" });
  const inSight = () => preview.evaluate((element) => element.getBoundingClientRect().bottom <= innerHeight);
  assert.ok(await inSight(), "at the beginning of the form");
  const quantity = page.getByLabel("Contact Center Level 1, assigned");
  await quantity.focus();
  const covered = () => page.evaluate(() => {
    const { x, y, width, height } = document.activeElement.getBoundingClientRect();
    return document.elementFromPoint(x + width / 2, y + height - 2) !== document.activeElement;
  });
  assert.equal(await covered(), false);
  await quantity.fill("9999");
  await preview.getByText("This cannot be generated yet").waitFor();
  const details = preview.getByRole("button", { name: "Details of the preview" });
  const keys = preview.getByText("Resulting keys");
  assert.equal(await keys.isVisible(), false);
  await details.press("Enter");
  await keys.waitFor();
  assert.ok(await inSight(), "when it is open");
  await accessible(page, "the open preview");
  await details.press("Enter");
  assert.equal(await keys.isVisible(), false);
  assert.deepEqual(problems, []);
  await context.close();
});

test("the heads of all tabs stand at one height", async () => {
  const { context, page, problems } = await open(browser);
  await signIn(page, "amelia.hart@acme.example");
  await page.getByRole("heading", { name: "Acme Contact Centers" }).waitFor();
  const heights = {};
  for (const tab of ["", "/summary", "/software", "/files", "/upgrade", "/files/new", "/sites", "/batches"]) {
    await page.goto(`${acme}${tab}`);
    heights[tab] = await page.locator("main h1").evaluate((head) => {
      const { top, bottom } = head.getBoundingClientRect();
      return Math.round((top + bottom) / 2);
    });
  }
  assert.deepEqual([...new Set(Object.values(heights))].length, 1, JSON.stringify(heights));
  assert.deepEqual(problems, []);
  await context.close();
});
