// What every browser test shares: a Chromium of its own, and the rule that nothing may appear on its console.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

export const base = process.env.AFMT_URL;
export const out = process.env.AFMT_OUT;
const pictures = process.env.AFMT_PICTURES;

export const narrow = { width: 375, height: 812 };
export const wide = { width: 1280, height: 900 };

// Chromium calls a refused page an error. Only the page itself may be one: its files may not.
const expected = /^Failed to load resource: the server responded with a status of (401|403|404|409|413|422) /;

export async function launch() {
  await mkdir(out, { recursive: true });
  return chromium.launch({
    executablePath: process.env.AFMT_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      "--disable-quic",
    ],
  });
}

/** A page in a fresh context. `problems` fills with whatever the console or the page complains about. */
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: wide, acceptDownloads: true, reducedMotion: "reduce", baseURL: base, ...options });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (message) => {
    const ofThePage = expected.test(message.text()) && message.location().url === page.url();
    if (["error", "warning"].includes(message.type()) && !ofThePage) problems.push(`${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  return { context, page, problems };
}

/** Islands have taken over what was typed. Without script there are none to wait for. */
export async function ready(page) {
  await page.waitForFunction(() => [...document.querySelectorAll("[data-ready]")].every((island) => island.dataset.ready === "true"));
}

export async function signIn(page, email, password = "walk the ledger") {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  if (/^(lena|sam)\./.test(email)) await enterCode(page);
}

/** Types the code of a demo sign-in, which the page tells. */
export async function enterCode(page) {
  await page.getByRole("heading", { name: "Enter your code" }).waitFor();
  await page.getByLabel("Code", { exact: true }).fill(await page.locator(".demo-code").textContent());
  await page.getByRole("button", { name: "Sign in" }).click();
}

export const label = (page, name) => page.getByLabel(name, { exact: true });
/** Chooses what may have an explanation behind its name. */
export const choose = (page, name) => page.getByRole("radio", { name: new RegExp(`^${name}`) }).check();

/** Generates a file for a virtual cloud of Helios from the request that the page shows. */
export async function generateInCloud(page) {
  await page.getByRole("link", { name: "Generate from this request" }).click();
  await label(page, "Product").selectOption("CIC");
  await label(page, "Product version").selectOption("2020 R2");
  await label(page, "Licence type").selectOption("Production");
  await page.getByRole("button", { name: "Go" }).click();
  await ready(page);
  await label(page, "Install site").selectOption("Frankfurt RZ 2");
  await choose(page, "Virtual cloud");
  // Enforcement starts on the server's own today, whatever its clock says.
  const [, today] = (await page.content()).match(/today[^0-9]{1,20}(\d{4}-\d{2}-\d{2})/);
  await label(page, "Ramp date").fill(today);
  await label(page, "Grace period, in days").fill("7");
  await label(page, "Machine name").fill("IC-VC-01");
  await label(page, "Mail connector").selectOption("Exchange");
  await choose(page, "CIC Server, Advanced");
  await page.getByLabel("Provide switchover information at another time").check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Generate activation file" }).click();
}

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** The rules that look at colours: all that another theme can break. */
const colours = ["color-contrast", "link-in-text-block"];

/** axe finds nothing, in both themes. */
export async function accessible(page, what) {
  for (const theme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: theme });
    const axe = new AxeBuilder({ page });
    const { violations } = await (theme === "light" ? axe.withTags(tags) : axe.withRules(colours)).analyze();
    const found = violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
    assert.deepEqual(found, [], `${what}, ${theme}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

/** No page is wider than its window. */
export async function fits(page, what) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(over, 0, `${what} is ${over} px too wide`);
}

/** Every look at a page: both widths, both themes. Pictures of the window and of the whole page are kept when they are asked for. */
export async function look(page, name) {
  for (const [width, viewport] of Object.entries({ narrow, wide })) {
    await page.setViewportSize(viewport);
    await fits(page, `${name} ${width}`);
    await accessible(page, `${name} ${width}`);
    if (!pictures) continue;
    await page.evaluate(() => scrollTo(0, 0));
    for (const theme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: theme });
      await page.screenshot({ path: join(pictures, `${name}-${width}-${theme}.png`) });
      await page.screenshot({ path: join(pictures, "whole", `${name}-${width}-${theme}.png`), fullPage: true });
    }
    await page.emulateMedia({ colorScheme: "light" });
  }
}

/** What hands on a keyboard can do: go to something by Tab, and type into it. The focus is always in sight. */
export function keyboard(page) {
  const to = async (locator) => {
    for (let tabs = 0; tabs < 120; tabs++) {
      if (await locator.evaluate((element) => element === document.activeElement)) return;
      await page.keyboard.press("Tab");
      const hidden = await page.evaluate(() => {
        const { x, y, width, height } = document.activeElement.getBoundingClientRect();
        return width > 1 && (y + height <= 0 || y >= innerHeight || x + width <= 0);
      });
      assert.equal(hidden, false, "the focus is out of sight");
    }
    assert.fail(`Tab does not reach ${locator}`);
  };
  const type = async (label, text) => {
    await to(page.getByLabel(label, { exact: true }));
    await page.keyboard.type(text);
  };
  return { to, type };
}
