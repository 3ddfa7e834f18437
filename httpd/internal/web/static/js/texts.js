// The texts that the scripts say, in the page's language. They stand in
// texts/LANG.json, from which the server makes the module imported here.
import { Wording } from './wording.js';

const { lang } = document.documentElement;
const { default: words } = await import(`./words-${lang}.js`);

export const texts = new Wording(lang, words);
