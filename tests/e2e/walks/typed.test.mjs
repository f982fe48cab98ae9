// Nothing that was typed is lost: Back, Forward, help, another theme, a refusal, a closed form; and after signing out Back shows nothing private.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, ready, signIn } from "../browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const acme = "/accounts/ACME-1001";

/** Fields of the new file as somebody fills them in. */
async function fillIn(page) {
  await page.getByLabel("Install site", { exact: true }).selectOption("Indianapolis DC 1");
  await page.getByLabel("Host id", { exact: true }).fill("63:00:27:0E:26:DF");
  await page.getByLabel("Machine name", { exact: true }).fill("indianapolis-dc-1-production-01");
  await page.getByLabel("Mail connector").selectOption("Exchange");
  await page.getByLabel("CIC Server, Advanced").check();
  await page.getByLabel("Provide switchover information at another time").check();
  await page.getByLabel("Business Client, assigned").fill("3");
}

async function filledIn(page, what) {
  const values = await Promise.all([
    page.getByLabel("Host id", { exact: true }).inputValue(),
    page.getByLabel("Machine name", { exact: true }).inputValue(),
    page.getByLabel("Mail connector").inputValue(),
    page.getByLabel("Business Client, assigned").inputValue(),
    page.getByLabel("CIC Server, Advanced").isChecked(),
    page.getByLabel("Provide switchover information at another time").isChecked(),
  ]);
  assert.deepEqual(values, ["63:00:27:0E:26:DF", "indianapolis-dc-1-production-01", "exchange", "3", true, true], what);
}

for (const javaScriptEnabled of [true, false]) {
  test(`a form survives every way of leaving it, script ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const { context, page, problems } = await open(browser, { javaScriptEnabled });
    const settled = async () => {
      if (javaScriptEnabled) await ready(page);
    };
    const form = page.getByRole("heading", { name: "New activation file" });
    await signIn(page, "amelia.hart@acme.example");
    await page.getByRole("heading", { name: "Acme Contact Centers" }).waitFor();
    await page.goto(`${acme}/files/new?product=CIC&version=2020+R4&type=production`);
    await settled();
    await fillIn(page);

    // Help, and back.
    await page.getByRole("link", { name: "Help", exact: true }).click();
    await page.getByRole("link", { name: "All help" }).click();
    assert.equal(await page.getByRole("link", { name: "Install sites" }).first().isVisible(), true, "help keeps the tabs");
    await page.goBack();
    await page.goBack();
    await form.waitFor();
    await settled();
    await filledIn(page, "after help");
    if (javaScriptEnabled) {
      await page.getByRole("region", { name: "Preview" }).getByText(/^\d+ → \d+ assigned$/).first().waitFor();
    }
    // Another theme leaves the page as it is.
    const scheme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
    const kept = page.waitForResponse((response) => response.url().endsWith("/theme"));
    await page.getByRole("radio", { name: "Dark" }).check();
    assert.equal(await scheme(), "dark");
    if (!javaScriptEnabled) await page.getByRole("button", { name: "Keep this theme for all pages" }).click();
    assert.equal((await kept).status(), 204);
    await filledIn(page, "in the dark");

    // Answers, changed by Back, and forward again.
    await page.getByRole("button", { name: "Continue", exact: true }).last().click();
    await page.getByRole("heading", { name: "Check your answers" }).waitFor();
    await page.goBack();
    await form.waitFor();
    await filledIn(page, "before the answers");
    await page.goForward();
    await page.getByRole("heading", { name: "Check your answers" }).waitFor();
    await page.goBack();
    await form.waitFor();
    await settled();

    // Refused: everything that is wrong at once, by name; Back and Forward without a question.
    await page.getByLabel("Host id", { exact: true }).fill("zz");
    await page.getByLabel("Business Client, assigned").fill("three");
    await page.getByRole("button", { name: "Continue", exact: true }).last().click();
    await page.getByRole("link", { name: /^Business Client, assigned: “three” is not a whole number/ }).waitFor();
    await page.getByRole("link", { name: /^Host id: / }).waitFor();
    await page.getByRole("link", { name: "Help", exact: true }).click();
    await page.getByRole("heading", { name: "New activation file" }).waitFor();
    await page.goBack();
    await page.getByRole("link", { name: /^Business Client, assigned: “three” is not a whole number/ }).waitFor();
    assert.equal(await page.getByLabel("Business Client, assigned").inputValue(), "three");
    await settled();
    await page.getByLabel("Host id", { exact: true }).fill("63:00:27:0E:26:DF");
    await page.getByLabel("Business Client, assigned").fill("3");
    await page.getByRole("button", { name: "Continue", exact: true }).last().click();
    await page.getByRole("heading", { name: "Check your answers" }).waitFor();

    // Generated once, however often somebody goes back and forth.
    await page.getByRole("button", { name: "Generate activation file" }).click();
    await page.getByText(/was generated\.$/).waitFor();
    const serial = await page.locator("#serial").textContent();
    await page.goBack();
    await page.getByRole("heading", { name: "Check your answers" }).waitFor();
    await page.getByRole("button", { name: "Generate activation file" }).click();
    await page.getByText(/was generated\.$/).waitFor();
    assert.equal(await page.locator("#serial").textContent(), serial);

    // Given back, so that the other walk finds the same.
    await page.getByRole("link", { name: /^Deactivate/ }).click();
    await page.getByLabel("It was generated wrongly").check();
    await page.getByLabel("Machine name").fill("another");
    await page.getByRole("button", { name: `Deactivate ${serial}` }).click();
    await page.getByRole("link", { name: /^Machine name: / }).waitFor();
    await page.getByRole("link", { name: "Back to the file" }).click();
    await page.locator("#serial").waitFor();
    await page.goBack();
    assert.equal(await page.getByLabel("It was generated wrongly").isChecked(), true);
    await page.getByLabel("Machine name").fill("indianapolis-dc-1-production-01");
    await page.getByRole("button", { name: `Deactivate ${serial}` }).click();
    await page.getByText(/was deactivated\. Its quantities are available again\.$/).waitFor();

    // After signing out Back shows nothing private.
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.goBack();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    assert.equal((await page.content()).includes("indianapolis"), false);
    assert.deepEqual(problems, []);
    await context.close();
  });
}

test("the search, the boxes of a page and what is copied work with the keyboard", async () => {
  const { context, page, problems } = await open(browser);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await signIn(page, "lena.fischer@meridian.example");
  await page.getByRole("heading", { name: "Accounts" }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("helios");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Helios Energie Kundenservice GmbH" }).waitFor();
  await page.goto("/accounts/ACME-1001/files?active=all");
  await page.getByRole("link", { name: /^View AF-/ }).first().click();
  await page.locator("#serial").waitFor();
  await page.getByRole("button", { name: "Copy the serial" }).press("Enter");
  await page.getByRole("button", { name: "Copied the serial" }).waitFor();
  const serial = await page.locator("#serial").textContent();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), serial);
  // Back to the list as it was filtered.
  await page.getByRole("link", { name: "Back to the list" }).click();
  assert.equal(new URL(page.url()).search, "?active=all");
  assert.deepEqual(problems, []);
  await context.close();
});
