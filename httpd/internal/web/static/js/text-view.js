import { splitLinks } from './links.js';

// showText fills an element with a message: text nodes, and links as nodes of
// their own.
export function showText(element, text) {
  element.replaceChildren(...splitLinks(text).map((part) => {
    if (!part.href) return document.createTextNode(part.text);
    const link = document.createElement('a');
    link.href = part.href;
    link.rel = 'noopener noreferrer nofollow ugc';
    link.target = '_blank';
    link.dir = 'ltr'; // an address reads from the left in any sentence, and stays in one piece
    link.textContent = part.text;
    return link;
  }));
}
