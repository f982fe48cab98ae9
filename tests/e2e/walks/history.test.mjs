// Every flow of every role, script on and off. At each step Back shows what was left, with all that was typed there, and Forward what was seen, without
// a question; axe finds nothing in any of these states, each looked at once.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, open, ready, signIn } from "../browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** Titles of the pages that axe has looked at. */
const looked = new Set();

/** What somebody sees of a page, and has typed into it. */
async function shown(page) {
  return page.evaluate(() => {
    const fields = document.querySelectorAll("main input:not([type=hidden], [type=file]), main select, main textarea");
    const value = (field) => (["checkbox", "radio"].includes(field.type) ? field.checked : field.value);
    return {
      title: document.title,
      heading: document.querySelector("main h1")?.textContent,
      typed: [...fields].filter((field) => field.name).map((field) => `${field.name} ${field.type === "radio" ? field.value : ""}: ${value(field)}`),
    };
  });
}

/** Walks as `email`: each step does something that leads to a page with that heading. */
async function walk(email, javaScriptEnabled, path) {
  const { context, page, problems } = await open(browser, { javaScriptEnabled });
  await signIn(page, email);
  await page.waitForURL((url) => url.pathname !== "/sign-in");
  const settled = async (heading, what) => {
    await page.getByRole("heading", { level: 1, name: heading }).waitFor();
    if (javaScriptEnabled) await ready(page);
    const { heading: seen } = await shown(page);
    assert.ok(typeof heading === "string" ? seen === heading : heading.test(seen), `${what}: “${seen}”`);
  };
  let last;
  const step = async (heading, action) => {
    const what = `${email}, script ${javaScriptEnabled ? "on" : "off"}, on the way to ${heading}`;
    await action(page);
    await settled(heading, what);
    const here = await shown(page);
    if (javaScriptEnabled && !looked.has(here.title)) await accessible(page, what);
    looked.add(here.title);
    if (last) {
      await page.goBack();
      await settled(last.heading, `${what}, back`);
      assert.deepEqual(await shown(page), last.shown(), `${what}, back`);
      await page.goForward();
      await settled(heading, `${what}, forward`);
      assert.deepEqual(await shown(page), here, `${what}, forward`);
    }
    let left = here;
    last = { heading, shown: () => left };
    // What is typed from now on is what Back must bring.
    return async (type) => {
      await type(page);
      left = await shown(page);
    };
  };
  await path(step, page);
  assert.deepEqual(problems, []);
  await context.close();
}

const link = (name) => (page) => page.getByRole("link", { name, exact: typeof name === "string" }).first().click();
const button = (name) => (page) => page.getByRole("button", { name, exact: typeof name === "string" }).last().click();
const at = (address) => (page) => page.goto(address);

/** A machine and a server, as somebody fills them in. */
async function fillIn(page, host, machine, site, server) {
  await page.getByLabel("Install site", { exact: true }).selectOption(site);
  await page.getByLabel("Host id", { exact: true }).fill(host);
  await page.getByLabel("Machine name", { exact: true }).fill(machine);
  await page.getByLabel("Mail connector").selectOption("Exchange");
  await page.getByLabel(server).check();
  await page.getByLabel("Provide switchover information at another time").check();
}

const flows = {
  "amelia.hart@acme.example": (host) => async (step) => {
    const acme = "/accounts/ACME-1001";
    await step("Acme Contact Centers", at(acme));
    await step("Account summary", link("Account summary"));
    let type = await step("New activation file", link("Generate a file with CIC Server, Advanced"));
    await type((page) => fillIn(page, "not a host id", "ic-history", "Indianapolis DC 1", "CIC Server, Advanced"));
    type = await step("New activation file", button("Continue"));
    await type(async (page) => {
      await page.getByLabel("Host id", { exact: true }).fill(host);
      await page.getByLabel("Business Client, assigned").fill("2");
    });
    await step("Check your answers", button("Continue"));
    await step(/^Activation file AF-/, button("Generate activation file"));
    type = await step(/^Update AF-/, link(/^Update/));
    await type((page) => page.getByLabel("Business Client, assigned").fill("3"));
    await step(/^Check the update of AF-/, button("Continue"));
    await step(/^Activation file AF-/, button("Create revision 2"));
    type = await step("Activation file activity", link("Activation file activity"));
    await type(async (page) => {
      await page.locator("details.filters").evaluate((details) => (details.open = true));
      await page.getByLabel("Machine name").fill("ic-hist*");
    });
    await step("Activation file activity", button("Show"));
    await step("Activation file activity", link(/^Install site.*sort/));
    type = await step(/^Deactivate AF-/, link(/^Deactivate AF-.* of ic-history/));
    await type((page) => page.getByLabel("It was generated wrongly").check());
    type = await step(/^Deactivate AF-/, button(/^Deactivate AF-/));
    await type((page) => page.getByLabel("Machine name").fill("ic-history"));
    await step(/^Activation file AF-/, button(/^Deactivate AF-/));
    await step("Software details", link("Software details"));
    await step("Install sites", link("Install sites"));
    type = await step("New install site", at(`${acme}/sites/new`));
    await type((page) => page.getByLabel("Name", { exact: true }).fill(`Site ${host}`));
    type = await step("New install site", button("Save"));
    await type((page) => page.getByLabel("Country").fill("Norway"));
    await step("Install sites", button("Save"));
    type = await step("Bulk actions", at(`${acme}/batches`));
    await type(async (page) => {
      await page.getByLabel("Refresh files").check();
      await page.getByLabel(/^Or paste/).fill("serial\nAF-9999999\n");
    });
    await step(/^BT-/, button("Continue"));
    await step("Bulk actions", at(`${acme}/batches`));
    await step("Search", at("/search?account=ACME-1001&q=o"));
    await step("Help", at("/help?account=ACME-1001"));
    await step("Check a file", at("/check?account=ACME-1001"));
  },
  "petra.novak@brightwater.example": () => async (step) => {
    let type = await step("Accounts", at("/accounts"));
    await type((page) => page.getByRole("searchbox", { name: "Name or GARN" }).fill("nordic"));
    await step("Accounts", button("Search"));
    await step(/^Nordic Mutual/, link(/^Nordic/));
    type = await step("Upgrade software", link("Upgrade software"));
    await type((page) => page.getByLabel("CIC 3.0 Server, Intermediate becomes").selectOption("SW-001-4.0-SV03"));
    type = await step("Upgrade software", button(/^Upgrade all/));
    await type((page) => page.getByLabel("CIC 3.0 Switchover Server, Intermediate becomes").selectOption("SW-001-4.0-SO03"));
    await step("Check the upgrade", button(/^Upgrade all/));
    await step("Upgrade software", button("Change"));
    await step("Upgrade software", link(/^Without upgrade options|^Parts without upgrade options/));
    await step("Accounts", link("Change account"));
  },
  "hanna.vogt@helios.example": () => async (step) => {
    await step(/^Helios/, at("/"));
    await step("Cloud connection", at("/accounts/HELIOS-2002/cloud"));
    await step("New activation file", link("New activation file"));
  },
  "ruth.vance@acme.example": () => async (step) => {
    await step("Acme Contact Centers", at("/"));
    await step("New activation file", link("New activation file"));
    await step("Account summary", link("Account summary"));
  },
  "lena.fischer@meridian.example": () => async (step) => {
    await step("Accounts", at("/accounts"));
    await step(/^Helios/, link(/^Helios/));
    await step("Cloud connection", at("/accounts/HELIOS-2002/cloud"));
    let type = await step("New activation file", link("New activation file"));
    await type((page) => page.getByLabel("Product", { exact: true }).selectOption("CIC"));
    await step("New activation file", button("Go"));
    await step("Accounts", link("Change account"));
  },
  "sam.okafor@meridian.example": () => async (step) => {
    await step("Checklist", at("/"));
    await step("People", link("People"));
    await step("Catalogue", link("Catalogue"));
    await step("Background jobs", link("Background jobs"));
    await step("Help", at("/help"));
    await step("Not found", at("/nothing"));
  },
};

for (const [email, path] of Object.entries(flows)) {
  for (const [javaScriptEnabled, host] of [[true, "630027110001"], [false, "630027110002"]]) {
    test(`Back and Forward at every step of ${email}, script ${javaScriptEnabled ? "on" : "off"}`, () =>
      walk(email, javaScriptEnabled, path(host)));
  }
}
