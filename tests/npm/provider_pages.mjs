// SPDX-License-Identifier: Apache-2.0
// Chromium signs a User in on the provider's pages, as people do: by labels and keys.
//   node provider_pages.mjs CHROMIUM AUTHORIZE_URL EMAIL PASSWORD CALLBACK FOLDER
// What it finds is printed as JSON; pictures go into the folder.
import puppeteer from "puppeteer-core";

const [executablePath, url, email, password, callback, folder] = process.argv.slice(2);
const browser = await puppeteer.launch({ executablePath, headless: true, args: ["--no-sandbox"] });
const page = await browser.newPage();
const found = { violations: [], contrast: [], widths: [] };
page.on("console", (message) => found.violations.push(message.text()));
page.on("pageerror", (error) => found.violations.push(String(error)));

// What the page has, as it is drawn: contrast of texts by WCAG, and whether it fits.
async function look(name) {
  for (const [scheme, width] of [["light", 1000], ["light", 320], ["dark", 320]]) {
    await page.setViewport({ width, height: 700 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.screenshot({ path: `${folder}/${name}-${scheme}-${width}.png`, fullPage: true });
    const seen = await page.evaluate(() => {
      const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
        .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
      const rgb = (text) => text.match(/[\d.]+/g).map(Number);
      const back = (element) => {
        for (let one = element; one; one = one.parentElement) {
          const colour = rgb(getComputedStyle(one).backgroundColor);
          if (colour.length < 4 || colour[3] > 0) return colour;
        }
        return [255, 255, 255];
      };
      const texts = [...document.querySelectorAll("h1,p,label,li,button,input:not([type=hidden]),.hint")];
      const ratios = texts.map((one) => {
        const [a, b] = [light(rgb(getComputedStyle(one).color)), light(back(one))].sort((x, y) => y - x);
        return [one.tagName, (a + 0.05) / (b + 0.05)];
      });
      return { least: Math.min(...ratios.map(([, ratio]) => ratio)),
               wide: document.documentElement.scrollWidth > window.innerWidth,
               title: document.title, focus: document.activeElement.tagName };
    });
    found.contrast.push([name, scheme, seen.least]);
    found.widths.push([name, width, seen.wide]);
  }
}

// The field of that label.
const field = (label) => page.locator(`::-p-aria([name="${label}"][role="textbox"])`);

await page.goto(url);
found.titles = [await page.title()];
await look("sign-in");
await page.type("#email", email);
await page.keyboard.press("Tab");
await page.keyboard.type("wrong");
await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
found.titles.push(await page.title());
found.alert = await page.$eval("[role=alert]", (one) => one.textContent);
found.kept = await page.$eval("#email", (one) => one.value);
await look("wrong");
await field("E-mail address").fill(email);
await page.focus("#password");
const outline = await page.$eval("#password", (one) => getComputedStyle(one).outlineWidth);
found.outline = outline;
await page.keyboard.type(password);
await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
found.titles.push(await page.title());
await look("consent");
// What the client gets, without leaving this machine. Its callback leads on to another site, as many do.
const onwards = "https://app.example/signed-in";
await page.setRequestInterception(true);
page.on("request", (request) => {
  if (request.url() === onwards) return request.respond({ status: 200, contentType: "text/html", body: "back" });
  if (!request.url().startsWith(callback)) return request.continue();
  found.returned = request.url();
  return request.respond({ status: 302, headers: { location: onwards } });
});
const [allow] = await page.$$("button[value=allow]");
await Promise.all([page.waitForNavigation(), allow.press("Enter")]);
found.end = await page.evaluate(() => document.body.textContent);
await browser.close();
console.log(JSON.stringify(found));
