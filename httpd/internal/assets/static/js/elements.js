// make returns a new element with a class, '' for none, and its children.
export function make(name, className, ...children) {
  const element = Object.assign(document.createElement(name), { className });
  element.append(...children);
  return element;
}
