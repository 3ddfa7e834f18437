// A quiet sound of two short notes.
let context = null;

// ready prepares the sound; browsers allow it only after an action of the guest.
export function ready() {
  context ??= new AudioContext();
  if (context.state === 'suspended') context.resume();
}

export function play() {
  if (context?.state !== 'running') return;
  [[784, 0], [1175, 0.12]].forEach(([pitch, after]) => {
    const from = context.currentTime + after;
    const [tone, loudness] = [context.createOscillator(), context.createGain()];
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, from);
    loudness.gain.linearRampToValueAtTime(0.08, from + 0.01);
    loudness.gain.exponentialRampToValueAtTime(0.0001, from + 0.6);
    tone.connect(loudness).connect(context.destination);
    tone.start(from);
    tone.stop(from + 0.6);
  });
}
