// Shows the text of a message in an element, whose textContent stays the text.
import { markup } from './markup.js';

let splitLinks = null; // of links.js, which is loaded with the first message that needs it

const mayLink = (text) => /:\/\/|www\./i.test(text);

// showText keeps what is there already, from the server.
export function showText(element, text) {
  const links = mayLink(text);
  if (element.textContent !== text || (links && splitLinks)) element.replaceChildren(...markup(text).flatMap(nodesOf));
  for (const quote of element.getElementsByClassName('quote')) {
    quote.setAttribute('role', 'link');
    quote.tabIndex = -1; // see RowsView
  }
  if (links && !splitLinks) loadLinks(() => { if (element.textContent === text) showText(element, text); });
}

// loadLinks calls show when splitLinks is there. A page that cannot load it shows texts.
function loadLinks(show) {
  import('./links.js').then((links) => {
    ({ splitLinks } = links);
    show();
  }, () => {});
}

function nodesOf(part) {
  if (typeof part === 'string') return splitLinks && mayLink(part) ? splitLinks(part).map(linkOf) : part;
  const { kind, parts } = part;
  const span = Object.assign(document.createElement('span'), { className: kind });
  span.append(...(kind === 'quote' ? parts.flatMap(nodesOf) : parts.map((inner) => (inner.kind ? nodesOf(inner) : inner))));
  return span;
}

function linkOf({ text, href, host }) {
  if (!href) return text;
  const link = Object.assign(document.createElement('a'), {
    // An address is written from left to right in every language.
    href, textContent: text, rel: 'noopener noreferrer nofollow ugc', target: '_blank', dir: 'ltr',
  });
  if (host) link.dataset.host = host;
  return link;
}
