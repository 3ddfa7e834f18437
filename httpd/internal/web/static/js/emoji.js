// Finds the messages that are nothing but a few emoji: they are shown larger.

const most = 8; // more of them are a wall, and stay small

// A cluster that is drawn as a picture: by itself, by a variation selector, by a
// skin tone, as a flag or as a keycap. What is joined to it is part of it. A
// letter of a flag without its other half is a letter.
const picture = /^(?!\p{RI}(?!\p{RI}))(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|\p{Emoji_Modifier_Base}\p{Emoji_Modifier}|[0-9#*]\uFE0F?\u20E3)/u;

// A browser without it shows all messages in one size.
const clusters = globalThis.Intl?.Segmenter && new Intl.Segmenter();

// onlyEmoji tells whether a text is one to eight emoji, with or without spaces.
export function onlyEmoji(text) {
  if (!clusters || text.length > most * 40 || !/\P{ASCII}/u.test(text)) return false;
  let count = 0;
  for (const { segment } of clusters.segment(text.replace(/\s+/g, ''))) {
    count += 1;
    if (count > most || !picture.test(segment)) return false;
  }
  return count > 0;
}
