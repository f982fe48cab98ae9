// Activation file requests: a stranger sends one, a customer gets a file by one, and an analyst answers both.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { choose, fits, generateInCloud, keyboard, label, launch, look, open, ready, signIn } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
});

const picture = { name: "host.png", mimeType: "image/png", buffer: Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1") };
const order = { name: "order.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7\n") };
const program = { name: "tool.exe", mimeType: "application/octet-stream", buffer: Buffer.from("MZ") };


for (const script of [true, false]) {
  const how = script ? "on" : "off";

  test(`a stranger sends a request with two attachments, script ${how}`, async () => {
    const { context, page, problems } = await open(browser, { javaScriptEnabled: script });
    const looks = script ? look : fits;
    await page.goto("/sign-in");
    await page.getByRole("link", { name: "send an activation file request" }).click();
    await looks(page, "request-welcome");
    await page.getByRole("link", { name: "Continue" }).click();
    // What is asked follows from what is chosen, also without script.
    assert.equal(await label(page, "Primary MAC id or host id *").isVisible(), false);
    await choose(page, "Activation file request");
    await choose(page, "Genesys");
    await choose(page, "Reallocation or rehost");
    await label(page, "Primary MAC id or host id *").waitFor();
    await choose(page, "Temporary");
    assert.equal(await label(page, "Primary MAC id or host id *").isVisible(), false);
    await label(page, "MAC id or host id *").waitFor();
    await page.getByText("A picture of GetHostID on the server").waitFor();
    await looks(page, "request-form");
    await page.getByRole("button", { name: "Submit and continue" }).click();
    await page.getByRole("link", { name: "Corporate e-mail: Enter your e-mail address at work." }).waitFor();
    await looks(page, "request-refused");

    const typed = {
      "First name *": "Dana",
      "Last name *": "Reyes",
      "Corporate e-mail *": `dana.${how}@contoso.example`,
      "Confirm corporate e-mail *": `dana.${how}@contoso.example`,
      "Employer *": "Contoso Contact Centers International",
      "End user account *": "Contoso Contact Centers International",
      "Subject *": "Our server died",
      "Description *": "It burnt on Friday.\n</textarea><b>Nobody</b> can call us.",
      "MAC id or host id *": "63:00:27:0e:26:df",
      "Please clarify your request *": "The old one is gone.",
    };
    for (const [name, value] of Object.entries(typed)) await label(page, name).fill(value);
    if (script) {
      // A closed tab loses nothing: script has kept it meanwhile.
      await page.getByText("What you type is kept in this browser.").waitFor();
      await page.waitForResponse((response) => response.url().endsWith("/draft") && response.status() === 204);
      await page.close();
      const again = await context.newPage();
      await again.goto("/request");
      await again.getByRole("link", { name: "Continue it" }).click();
      for (const [name, value] of Object.entries(typed)) assert.equal(await label(again, name).inputValue(), value, name);
      await finish(again, "Select a deployment type.", looks);
    } else {
      await finish(page, "Select a deployment type.", looks);
    }
    assert.deepEqual(problems, []);
    await context.close();
  });
}

/** Corrects what is refused, attaches files, and ends the form. */
async function finish(page, refused, looks) {
  await page.getByRole("button", { name: "Submit and continue" }).click();
  await page.getByRole("link", { name: `Deployment type: ${refused}` }).waitFor();
  await label(page, "Deployment type *").selectOption("Production");
  await page.getByRole("button", { name: "Submit and continue" }).click();
  await page.getByText("Step 2 of 2: attachments").waitFor();
  await label(page, "Add files").setInputFiles([picture, program]);
  await page.getByRole("button", { name: "Upload" }).click();
  await page.getByRole("link", { name: /^tool\.exe has a name that ends in “exe”\./ }).waitFor();
  await looks(page, "request-attachments");
  await label(page, "Add files").setInputFiles([order, { ...order, name: "twice.pdf" }]);
  await page.getByRole("button", { name: "Upload" }).click();
  await page.getByRole("row", { name: /twice\.pdf/ }).getByRole("button", { name: "Remove twice.pdf" }).click();
  await page.getByRole("row", { name: /twice\.pdf/ }).waitFor({ state: "detached" });
  assert.equal(await page.locator("tbody tr").count(), 2);
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("heading", { name: /^Request AFR-\d{7} is with us$/ }).waitFor();
  await looks(page, "request-done");
}

test("a customer gets a file by a request that an analyst generates it from", async () => {
  const customer = await open(browser);
  await signIn(customer.page, "hanna.vogt@helios.example");
  await customer.page.goto("/accounts/HELIOS-2002/files/new");
  await customer.page.getByRole("link", { name: "Send an activation file request" }).first().click();
  assert.equal(await label(customer.page, "End user GARN").inputValue(), "HELIOS-2002");
  await choose(customer.page, "Pay per use or hosted");
  await choose(customer.page, "New deployment");
  await label(customer.page, "Deployment type *").selectOption("Production");
  await label(customer.page, "Cloud organisation id of a virtual cloud").fill("5f0c2c6e-8d1b-4a53-9d0e-1b7f6a2c9e44");
  await label(customer.page, "SO# or PO# *").fill("SO-20001");
  await label(customer.page, "Subject *").fill("A virtual cloud in Frankfurt");
  await label(customer.page, "Description *").fill("We move there.");
  await customer.page.getByRole("button", { name: "Submit and continue" }).click();
  const heading = await customer.page.getByRole("heading", { name: /^Request AFR-/ }).textContent();
  const number = heading.replace("Request ", "");
  await customer.page.getByRole("button", { name: "Done" }).click();

  const analyst = await open(browser);
  await signIn(analyst.page, "lena.fischer@meridian.example");
  const { to } = keyboard(analyst.page);
  await analyst.page.getByRole("link", { name: "Requests" }).click();
  await look(analyst.page, "requests");
  await analyst.page.getByRole("link", { name: number }).click();
  await to(analyst.page.getByRole("button", { name: "Claim" }));
  await analyst.page.keyboard.press("Enter");
  await analyst.page.getByText("You have this request.").waitFor();
  await label(analyst.page, "Note").fill("Sales knows about it.");
  await analyst.page.getByRole("button", { name: "Add note" }).click();
  await label(analyst.page, "Reply").fill("From which day on?");
  await analyst.page.getByRole("button", { name: "Send reply" }).click();
  await analyst.page.getByText("From which day on?").waitFor();
  await look(analyst.page, "request-workbench");

  await customer.page.goto("/requests");
  await customer.page.getByRole("link", { name: number }).click();
  await customer.page.getByText("We need something from you").waitFor();
  assert.equal(await customer.page.getByText("Sales knows about it.").count(), 0);
  await label(customer.page, "Message").fill("From January on.");
  await customer.page.getByRole("button", { name: "Send message" }).click();
  await customer.page.getByText("Your message was sent.").waitFor();
  await look(customer.page, "request-followed");

  await analyst.page.reload();
  await analyst.page.getByText("From January on.").waitFor();
  await generateInCloud(analyst.page);
  await label(analyst.page, "Reply").fill("Here it is.");
  await label(analyst.page, "State after it").selectOption("Fulfilled");
  const hand = analyst.page.getByRole("checkbox", { name: /^Hand over AF-/ });
  assert.equal(await hand.isChecked(), true);
  await analyst.page.getByRole("button", { name: "Send reply" }).click();
  await analyst.page.getByText("Here it is.").waitFor();

  await customer.page.reload();
  const download = customer.page.waitForEvent("download");
  await customer.page.getByRole("link", { name: /^AF-\d{7}\.I3Lic$/ }).click();
  const file = await (await download).path();
  await customer.page.goto("/check");
  await ready(customer.page);
  const chosen = { name: "file.I3Lic", mimeType: "application/octet-stream", buffer: await readFile(file) };
  await label(customer.page, "Activation file").setInputFiles(chosen);
  await customer.page.locator("#verdict").getByText("Valid").waitFor();
  assert.deepEqual([customer.problems, analyst.problems], [[], []]);
  await customer.context.close();
  await analyst.context.close();
});
