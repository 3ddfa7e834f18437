// Every text that the scripts show, in one place; those of the pages are in
// the templates.

export const texts = {
  state: {
    connecting: 'Connecting…',
    live: 'Live',
    reconnecting: (seconds) => (seconds > 1 ? `Reconnecting in ${seconds} seconds` : 'Reconnecting…'), // short: one line of a phone
    offline: 'Offline. What you say waits here.',
    signedout: 'You are signed out.',
    noroom: 'There is no room of that name.',
    paused: '',
  },
  signIn: 'Sign in again',

  waiting: 'Waiting to be sent',
  sent: 'Sending…',
  stored: 'Sent',
  patience: (seconds) => `Not sent yet. Trying again in ${seconds} seconds.`,
  ask: 'This has waited for long and may have been sent already. Send it again?',
  refused: {
    too_long: 'Too long: a message has at most 2,000 characters.',
    empty: 'There is nothing in it.',
    bad_text: 'It holds characters that cannot be sent.',
    other: 'The server refused it.',
  },

  own: 'yours',
  olderFailed: 'Older messages could not be loaded. Try again',
  signOutLoses: 'Some of what you said has not been sent yet. Sign out and lose it?',

  ago(milliseconds) {
    const minutes = Math.floor(milliseconds / 60000);
    if (minutes < 5) return 'just now';
    if (minutes < 60) return `${minutes - (minutes % 5)} minutes ago`;
    const hours = Math.floor(minutes / 60);
    return hours === 1 ? '1 hour ago' : `${hours} hours ago`;
  },
};
