// Prints the scores that Google's Lighthouse gives the three pages of a Chatter that runs, as
// a phone on a slow line sees them:
//
//	node audit.mjs http://127.0.0.1:8080/ [RUNS]
//
// Each page is audited several times and the run with the median performance counts, because
// a busy machine costs points. The exit code is 1 if a score is below the least one.

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import lighthouse from 'lighthouse';
import { launch } from 'chrome-launcher';

const categories = ['performance', 'accessibility', 'best-practices', 'seo'];
const leastScore = 95;
const startTimeout = 60_000;

const messages = ['Is anybody watering the tomatoes today?', 'I can, around six.', '🙈', 'The plan: https://example.org/plan'];

// They keep Chromium from requesting anything but the page.
const chromeFlags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
	'--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Waits until the site answers with a page. */
async function awaitSite(site) {
	let answer;
	for (const deadline = Date.now() + startTimeout; Date.now() < deadline; await sleep(200)) {
		try {
			const response = await fetch(site);
			if (response.ok) {
				return;
			}
			answer = response.status;
		} catch (error) {
			answer = error.cause ?? error;
		}
	}
	throw new Error(`no page at ${site}: ${answer}`);
}

/** Sends a form and returns the response, which must be a redirect. */
async function post(url, fields, headers = {}) {
	const response = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), headers, redirect: 'manual' });
	if (response.status !== 303) {
		throw new Error(`POST ${url} answered ${response.status}`);
	}
	return response;
}

/** Audits a page so many times and returns the report with the median performance. */
async function audit(url, headers, runs) {
	const reports = [];
	// On a busy machine Lighthouse sometimes loses the beginning of a page's trace.
	for (let spare = runs; reports.length < runs;) {
		const chrome = await launch({ chromePath: chromium(), chromeFlags });
		try {
			const { lhr } = await lighthouse(url, {
				port: chrome.port, logLevel: 'error', onlyCategories: categories, extraHeaders: headers,
			});
			if (lhr.runtimeError) {
				throw new Error(lhr.runtimeError.message);
			}
			reports.push(lhr);
		} catch (error) {
			if (spare-- === 0) {
				throw error;
			}
		} finally {
			const ended = once(chrome.process, 'exit');
			chrome.kill();
			await ended;
		}
	}
	reports.sort((a, b) => a.categories.performance.score - b.categories.performance.score);
	return reports[Math.floor(runs / 2)];
}

/** The path of the browser, undefined to let chrome-launcher search. */
function chromium() {
	for (const dir of (process.env.PATH ?? '').split(':')) {
		for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
			try {
				accessSync(join(dir, name), constants.X_OK);
				return join(dir, name);
			} catch {
				// not here
			}
		}
	}
	return undefined;
}

/** Prints the scores of a page and what costs points. Returns the scores. */
function print(name, report) {
	const scores = categories.map((category) => Math.round(100 * report.categories[category].score));
	console.log(name.padEnd(10) + scores.map((score, i) => String(score).padStart(categories[i].length)).join('  '));
	const value = (id) => report.audits[id].displayValue;
	console.log(' '.repeat(10) + `first paint ${value('first-contentful-paint')}, largest ${value('largest-contentful-paint')}, ` +
		`blocked ${value('total-blocking-time')}, moved ${value('cumulative-layout-shift')}`);
	for (const category of categories.slice(1)) {
		for (const { id, weight } of report.categories[category].auditRefs) {
			const { score, title } = report.audits[id];
			if (weight > 0 && score !== null && score < 1) {
				console.log(' '.repeat(10) + `${category}: ${title}`);
			}
		}
	}
	return scores;
}

const [address, runs = '3'] = process.argv.slice(2);
if (!URL.canParse(address) || !(Number(runs) >= 1)) {
	console.error('usage: node audit.mjs URL [RUNS]');
	process.exit(2);
}
const site = new URL('/', address);
const room = new URL('chat/Garden/', site);
await awaitSite(site);
const [cookie] = (await post(new URL('index/', site), { user: 'Lena' })).headers.get('set-cookie').split(';');
const session = { Cookie: cookie };
for (const message of messages) {
	await post(room, { message, nonce: randomUUID() }, session);
}
console.log(' '.repeat(10) + categories.join('  '));
let least = 100;
for (const [name, url, headers] of [['sign-in', site, {}], ['index', new URL('index/', site), session], ['room', room, session]]) {
	least = Math.min(least, ...print(name, await audit(url.href, headers, Number(runs))));
}
if (least < leastScore) {
	console.error(`a score is below ${leastScore}`);
	process.exitCode = 1;
}
