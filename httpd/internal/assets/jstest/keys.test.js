import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { Keyboard, typesText } from '../static/js/keys.js';

const press = (key, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, isComposing: false, getModifierState: () => false, ...more });

test('keys that type a text', () => {
  for (const key of ['a', 'Ä', 'я', '1', '?', '🌱', 'Dead', 'Process']) assert.equal(typesText(press(key)), true, key);
  assert.equal(typesText(press('@', { ctrlKey: true, altKey: true, getModifierState: (name) => name === 'AltGraph' })), true);
});

test('keys that do something else', () => {
  for (const key of [' ', 'Enter', 'Tab', 'Escape', 'ArrowUp', 'PageDown', 'Shift', 'F5', 'Unidentified']) assert.equal(typesText(press(key)), false, key);
  for (const more of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }, { isComposing: true }]) {
    assert.equal(typesText(press('c', more)), false, JSON.stringify(more));
  }
});

describe('Enter on a tablet', () => {
  let view;
  let keyboard;
  const real = (key, code) => keyboard.press({ key, code, keyCode: 65 });
  const screen = (key) => keyboard.press({ key, code: '', keyCode: 229 });

  beforeEach(() => {
    view = { width: 800, height: 1000 };
    keyboard = new Keyboard(() => view);
  });

  test('on a keyboard it sends', () => {
    real('a', 'KeyA');
    keyboard.typed();
    assert.equal(real('Enter', 'Enter'), true);
    assert.equal(real('Enter', 'NumpadEnter'), true);
  });

  test('on a screen it does not', () => {
    screen('Unidentified');
    keyboard.typed();
    assert.equal(screen('Enter'), false);
    assert.equal(real('Enter', 'Enter'), false, 'some screens give this key a code, and others none');
  });

  test('a text from a menu or from speech is not typed', () => {
    real('a', 'KeyA');
    keyboard.typed();
    keyboard.typed();
    assert.equal(real('Enter', 'Enter'), false);
    real('b', 'KeyB');
    keyboard.typed();
    assert.equal(real('Enter', 'Enter'), true);
  });

  test('without a key before it, it is not known', () => assert.equal(real('Enter', 'Enter'), false));

  test('a keyboard that covers the page is on the screen, whatever its codes are', () => {
    view = { width: 800, height: 600 };
    keyboard.resized();
    real('a', 'KeyA');
    keyboard.typed();
    assert.equal(real('Enter', 'Enter'), false);
    view = { width: 800, height: 940 }; // a bar with suggestions
    keyboard.resized();
    assert.equal(real('Enter', 'Enter'), true);
  });

  test('turning the tablet is no keyboard', () => {
    view = { width: 1000, height: 740 };
    keyboard.resized();
    real('a', 'KeyA');
    keyboard.typed();
    assert.equal(real('Enter', 'Enter'), true);
  });
});
