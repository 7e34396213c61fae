// Drives Chromium for test_html_browser.py: a JSON command a line in, a JSON answer a line out.
"use strict";
const { chromium } = require("playwright-core");
const readline = require("node:readline");

// Nothing of the browser's own goes to the network either.
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

let browser, context, page, seen;

const commands = {
  async open({ file, ...options }) {
    await context?.close();
    seen = { console: [], requests: [] };
    context = await browser.newContext({ offline: true, ...options });
    page = await context.newPage();
    page.on("console", (message) => seen.console.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => seen.console.push(`error: ${error.message}`));
    page.on("dialog", (dialog) => { seen.console.push("dialog"); dialog.dismiss(); });
    page.on("request", (request) => seen.requests.push(request.url()));
    await page.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) =>
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
    });
    await page.goto(file);
  },
  evaluate: ({ script }) => page.evaluate(script),
  async fill({ label, text }) { await page.getByLabel(label, { exact: true }).fill(text); },
  async choose({ label, text }) {
    await page.getByLabel(label, { exact: true }).selectOption({ label: text });
  },
  async click({ selector, text }) {
    await page.locator(selector, text ? { hasText: text } : {}).first().click();
  },
  async press({ key }) { await page.keyboard.press(key); },
  async media(options) { await page.emulateMedia(options); },
  seen: () => seen,
};

(async () => {
  browser = await chromium.launch({ executablePath: process.argv[2], args: FLAGS });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { command, ...options } = JSON.parse(line);
    let answer;
    try {
      answer = { value: (await commands[command](options)) ?? null };
    } catch (error) {
      answer = { error: String(error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  await browser.close();
})();
