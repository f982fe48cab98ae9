// The file checker: offline once it is loaded, by choosing, dropping and pasting, without script, and on every vector.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { keyboard, launch, look, open, ready } from "./browser.mjs";

const vectors = join(import.meta.dirname, "../../licensing/vectors");
const vector = (name) => join(vectors, `${name}.I3Lic`);

let browser;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
});

/** The checker with the vectors' key instead of the portal's. */
async function checker(options) {
  const key = (await readFile(join(vectors, "keys.txt"), "utf8")).trim();
  const opened = await open(browser, options);
  await opened.page.route("**/check", async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replaceAll(/licensing\.meridian\.example\/2026a\+[0-9a-f]{8}\+[A-Za-z0-9+/]+=*/g, key);
    await route.fulfill({ response, body });
  });
  await opened.page.goto("/check");
  return opened;
}

const verdict = (page) => page.locator("#verdict");

test("the checker works without a network once it is loaded", async () => {
  const { context, page, problems } = await checker();
  await ready(page);
  await look(page, "checker");
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  await context.setOffline(true);

  await page.getByLabel("Activation file", { exact: true }).setInputFiles(vector("production"));
  await verdict(page).getByText("Valid").waitFor();
  await page.getByText("Signed by licensing.example/2026a and unchanged.").waitFor();
  await page.getByText("A3155D1E8B32").waitFor();
  await look(page, "checker-valid");

  await page.getByLabel("Compare with a second file").setInputFiles(vector("changed-count"));
  await page.getByText("The second file is: altered. The text was changed after it was signed.").waitFor();
  assert.deepEqual(await page.getByRole("row", { name: "I3_ACCESS_CLIENT 5 6" }).count(), 1);
  await look(page, "checker-compared");

  await page.getByLabel("Or its text").fill((await readFile(vector("changed-count"))).toString());
  await verdict(page).getByText("Altered").waitFor();
  await page.getByText("Contents, which are not to be relied on").waitFor();

  const dropped = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], "dropped.I3Lic"));
    return data;
  }, (await readFile(vector("expired"))).toString());
  await page.dispatchEvent("form.checker", "drop", { dataTransfer: dropped });
  await verdict(page).getByText("Expired").waitFor();
  await page.getByText("The file was valid through 29 Feb 2020.").first().waitFor();
  await look(page, "checker-expired");

  assert.deepEqual(requests, [], "nothing is sent");
  assert.deepEqual(problems, []);
  await context.close();
});

test("the checker gives the answer that the rules ask for to every vector", async () => {
  const { context, page, problems } = await checker();
  await ready(page);
  const table = await readFile(join(vectors, "README.md"), "utf8");
  const rows = table.split("\n").map((line) => line.match(/^\| `([^`]+)` \|.*?\| [^|]+ \| ([^|]+) \|/)).filter(Boolean);
  assert.ok(rows.length > 60, `${rows.length} vectors`);
  const file = page.getByLabel("Activation file", { exact: true });
  for (const [, name, expected] of rows) {
    await file.setInputFiles([]);
    await verdict(page).waitFor({ state: "detached" });
    await file.setInputFiles(vector(name));
    const said = (await verdict(page).textContent()).toLowerCase();
    assert.equal(said, expected, name);
  }
  assert.deepEqual(problems, []);
  await context.close();
});

test("without script a file is posted to the checker", async () => {
  const { context, page, problems } = await open(browser, { javaScriptEnabled: false });
  await page.goto("/check");
  await page.getByLabel("Activation file", { exact: true }).setInputFiles(vector("expired"));
  await page.getByRole("button", { name: "Check", exact: true }).click();
  await verdict(page).getByText("Unknown key").waitFor();
  await page.getByRole("button", { name: "Check", exact: true }).click();
  await page.getByRole("link", { name: "Choose an activation file, or paste its text." }).waitFor();
  assert.deepEqual(problems, []);
  await context.close();
});

test("the checker with the keyboard alone", async () => {
  const { context, page, problems } = await checker();
  await ready(page);
  const { to } = keyboard(page);
  const choosing = page.waitForEvent("filechooser");
  await to(page.getByLabel("Activation file", { exact: true }));
  await page.keyboard.press("Enter");
  await (await choosing).setFiles(vector("production"));
  await verdict(page).getByText("Valid").waitFor();
  await to(page.getByLabel("Or its text"));
  await page.keyboard.insertText((await readFile(vector("changed-count"))).toString());
  await verdict(page).getByText("Altered").waitFor();
  assert.deepEqual(problems, []);
  await context.close();
});
